using System.Reflection;
using Dalle2.Gpu.Dialect;
using Dalle2.Gpu.Ir;

namespace Dalle2.Gpu.Frontend;

/// <content>What is an operation only where the target has matrix units; for all others its C# is inlined.</content>
static partial class Intrinsics
{
    static readonly Dictionary<(Module Module, int Token), Intrinsic> MatrixTable = [];

    /// <summary>The same of members that only matrix units have.</summary>
    public static Intrinsic? FindMatrix(MethodBase method) => MatrixTable.GetValueOrDefault((method.Module, method.MetadataToken));

    static void AddMatrix()
    {
        void Matrices(string name, Intrinsic intrinsic)
        {
            MethodInfo method = typeof(Matrix).GetMethod(name)!;
            MatrixTable.Add((method.Module, method.MetadataToken), intrinsic);
        }

        Matrices(nameof(Matrix.ToTensorFloat), (t, _, a) => new Data([t.Builder.Emit(Op.ToTensorFloat, Value(a[0]))]));
        Matrices(nameof(Matrix.ToBrainFloats), (t, _, a) => new Data([t.Builder.Emit(Op.ToBrainFloats, Value(a[0]), Value(a[1]))]));
        Matrices(nameof(Matrix.MultiplyAddTensorFloats), (t, _, a) => MultiplyAdd(t, MatrixFormat.TensorFloat, a));
        Matrices(nameof(Matrix.MultiplyAddBrainFloats), (t, _, a) => MultiplyAdd(t, MatrixFormat.BrainFloat, a));
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
