using System.Reflection;
using Dalle2.Gpu.Extensions;
using Dalle2.Gpu.Ir;

namespace Dalle2.Gpu.Frontend;

/// <content>What is an operation only where the target has matrix units, and copies to shared memory with them; for all others its C# is inlined.</content>
static partial class Intrinsics
{
    static readonly Dictionary<(Module Module, int Token), Intrinsic> MatrixTable = [];

    /// <summary>The same of members that are operations only with matrix units.</summary>
    public static Intrinsic? FindMatrix(MethodBase method) => MatrixTable.GetValueOrDefault((method.Module, method.MetadataToken));

    static void AddMatrix()
    {
        void AddTo(Type type, string name, Intrinsic intrinsic)
        {
            foreach (MethodInfo method in type.GetMethods().Where(method => method.Name == name))
                MatrixTable.Add((method.Module, method.MetadataToken), intrinsic);
        }

        void Matrices(string name, Intrinsic intrinsic) => AddTo(typeof(Matrix), name, intrinsic);

        AddTo(typeof(SharedCopy), nameof(SharedCopy.Begin), (t, _, a) => BeginCopy(t, Op.CopyBegin, a));
        AddTo(typeof(SharedCopy), nameof(SharedCopy.BeginFour), (t, _, a) => BeginCopy(t, Op.CopyBeginFour, a));
        AddTo(typeof(SharedCopy), nameof(SharedCopy.Commit), (t, _, _) => Emit(t, Op.CopyCommit));
        AddTo(typeof(SharedCopy), nameof(SharedCopy.Wait),
            (t, _, a) => Emit(t, Op.CopyWait, new PendingCopies(a.Length == 1
            && Value(a[0]) is Constant groups ? (int)groups.Bits : null)));
        Matrices(nameof(Matrix.LoadRows), LoadRows);
        Matrices(nameof(Matrix.ToTensorFloat), (t, _, a) => new Data([t.Builder.Emit(Op.ToTensorFloat, Value(a[0]))]));
        Matrices(nameof(Matrix.ToBrainFloats), (t, _, a) => new Data([t.Builder.Emit(Op.ToBrainFloats, Value(a[0]), Value(a[1]))]));
        Matrices(nameof(Matrix.MultiplyAddTensorFloats), (t, _, a) => MultiplyAdd(t, MatrixFormat.TensorFloat, a));
        Matrices(nameof(Matrix.MultiplyAddBrainFloats), (t, _, a) => MultiplyAdd(t, MatrixFormat.BrainFloat, a));
    }

    static Data? Emit(MethodTranslator translator, Op op, Immediate? immediate = null)
    {
        translator.Builder.Emit(op, IrType.None, immediate);
        return null;
    }

    // What is not inside is not looked at, so that its place may be anywhere.
    static Data? BeginCopy(MethodTranslator translator, Op op, Item[] arguments)
    {
        SsaBuilder builder = translator.Builder;
        Value[] target = ((Data)arguments[0]).Values, source = ((Data)arguments[2]).Values;
        Value isInside = Value(arguments[4]), from = builder.Emit(Op.Select, isInside, Value(arguments[3]), builder.Function.Constant(0));
        Bounds(builder, Value(arguments[1]), target[1], op == Op.CopyBeginFour);
        Bounds(builder, from, source[1], op == Op.CopyBeginFour);
        builder.Emit(op, IrType.None, new Access(MemoryType.F32, sizeof(float), 0), target[0], Value(arguments[1]), source[0], from,
            isInside);
        return null;
    }

    // Of one element, or of four from there on.
    static void Bounds(SsaBuilder builder, Value index, Value length, bool isOfFour)
    {
        builder.Emit(Op.Bounds, index, length);
        if (isOfFour)
            builder.Emit(Op.Bounds, builder.Emit(Op.Add, index, builder.Function.Constant(3)), length);
    }

    static Data LoadRows(MethodTranslator translator, MethodBase method, Item[] arguments)
    {
        SsaBuilder builder = translator.Builder;
        Value[] view = ((Data)arguments[0]).Values;
        Bounds(builder, Value(arguments[1]), view[1], isOfFour: true);
        return Parts(builder, builder.Emit(Op.MatrixLoad, IrType.I32, new Access(MemoryType.F32, sizeof(float), 0), view[0],
            Value(arguments[1])));
    }

    static Data MultiplyAdd(MethodTranslator translator, MatrixFormat format, Item[] arguments)
    {
        SsaBuilder builder = translator.Builder;
        Value[] operands = [.. arguments.SelectMany(argument => ((Data)argument).Values)];
        return Parts(builder, builder.Emit(Op.MatrixMultiplyAdd, IrType.F32, new MatrixProduct(format), operands));
    }

    // The instruction itself is the first of four results; it gives the others to instructions behind it.
    static Data Parts(SsaBuilder builder, Value first) =>
        new([first, .. Enumerable.Range(1, 3).Select(part => builder.Emit(Op.MatrixPart, first.Type, new ResultIndex(part), first))]);
}
