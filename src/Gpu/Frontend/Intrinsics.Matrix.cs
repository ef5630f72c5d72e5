using System.Reflection;
using Dalle2.Gpu.Dialect;
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
            MethodInfo method = type.GetMethod(name)!;
            MatrixTable.Add((method.Module, method.MetadataToken), intrinsic);
        }

        void Matrices(string name, Intrinsic intrinsic) => AddTo(typeof(Matrix), name, intrinsic);

        AddTo(typeof(SharedCopy), nameof(SharedCopy.Begin), BeginCopy);
        AddTo(typeof(SharedCopy), nameof(SharedCopy.Wait), (t, _, _) =>
        {
            t.Builder.Emit(Op.CopyWait, IrType.None, default);
            return null;
        });
        Matrices(nameof(Matrix.ToTensorFloat), (t, _, a) => new Data([t.Builder.Emit(Op.ToTensorFloat, Value(a[0]))]));
        Matrices(nameof(Matrix.ToBrainFloats), (t, _, a) => new Data([t.Builder.Emit(Op.ToBrainFloats, Value(a[0]), Value(a[1]))]));
        Matrices(nameof(Matrix.MultiplyAddTensorFloats), (t, _, a) => MultiplyAdd(t, MatrixFormat.TensorFloat, a));
        Matrices(nameof(Matrix.MultiplyAddBrainFloats), (t, _, a) => MultiplyAdd(t, MatrixFormat.BrainFloat, a));
    }

    // What is not inside is not looked at, so that its place may be anywhere.
    static Data? BeginCopy(MethodTranslator translator, MethodBase method, Item[] arguments)
    {
        SsaBuilder builder = translator.Builder;
        Value[] target = ((Data)arguments[0]).Values, source = ((Data)arguments[2]).Values;
        Value isInside = Value(arguments[4]), from = builder.Emit(Op.Select, isInside, Value(arguments[3]), builder.Function.Constant(0));
        builder.Emit(Op.Bounds, Value(arguments[1]), target[1]);
        builder.Emit(Op.Bounds, from, source[1]);
        builder.Emit(Op.CopyBegin, IrType.None, new Access(MemoryType.F32, sizeof(float), 0), target[0], Value(arguments[1]), source[0], from, isInside);
        return null;
    }

    // The instruction itself is the first of the sums; it gives the others to instructions behind it.
    static Data MultiplyAdd(MethodTranslator translator, MatrixFormat format, Item[] arguments)
    {
        SsaBuilder builder = translator.Builder;
        Value[] operands = [.. arguments.SelectMany(argument => ((Data)argument).Values)];
        Value product = builder.Emit(Op.MatrixMultiplyAdd, IrType.F32, new Access(MemoryType.None, 0, (int)format), operands);
        return new Data([product, .. Enumerable.Range(1, 3).Select(sum => builder.Emit(Op.MatrixSum, IrType.F32, new Access(MemoryType.None, 0, sum), product))]);
    }
}
