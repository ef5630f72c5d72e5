using System.Reflection;
using Dalle2.Gpu.Extensions;
using Dalle2.Gpu.Ir;

namespace Dalle2.Gpu.Frontend;

/// <summary>Turns a kernel and everything that it calls into one function.</summary>
static class KernelFrontend
{
    /// <param name="kernel">The kernel.</param>
    /// <param name="specialized">Values for some of its parameters, by their places: these are constants, not parameters of the function. See <see cref="SpecializedKernel"/>.</param>
    /// <param name="hasMatrixUnits">Whether members of <see cref="Matrix"/> become operations, not the C# that says what they mean.</param>
    /// <param name="dynamicSharedBytes">How much shared memory the launch gives to <see cref="SharedMemory.GetDynamic{T}"/>.</param>
    /// <exception cref="KernelDiagnosticException">The kernel says what kernels cannot say.</exception>
    public static Function Translate(MethodInfo kernel, IReadOnlyDictionary<int, object>? specialized = null, bool hasMatrixUnits = false,
        int dynamicSharedBytes = 0)
    {
        try
        {
            return Translate(kernel, specialized, hasMatrixUnits, dynamicSharedBytes, followsConstants: false);
        }
        catch (KernelDiagnosticException e) when (e.Code == Diagnostic.SharedExtent.Code)
        {
            // An extent that branches decide: ILGPU computes those of its strided views so.
            return Translate(kernel, specialized, hasMatrixUnits, dynamicSharedBytes, followsConstants: true);
        }
    }

    /// <summary>Of an implicitly grouped kernel, the axes of the index that is its first parameter; else 0.</summary>
    public static int IndexRank(MethodInfo kernel)
    {
        ParameterInfo[] parameters = kernel.GetParameters();
        Type? first = parameters.Length == 0 ? null : parameters[0].ParameterType;
        return first == typeof(Index1D) ? 1 : first == typeof(Index2D) ? 2 : first == typeof(Index3D) ? 3 : 0;
    }

    static Function Translate(MethodInfo kernel, IReadOnlyDictionary<int, object>? specialized, bool hasMatrixUnits, int dynamicSharedBytes,
        bool followsConstants)
    {
        ParameterInfo[] parameters = kernel.GetParameters();
        var function = new Function($"{kernel.DeclaringType?.Name}.{kernel.Name}", IndexRank(kernel))
        {
            HasMatrixUnits = hasMatrixUnits,
            DynamicSharedBytes = dynamicSharedBytes
        };
        var builder = new SsaBuilder(function) { Position = new SourcePosition(kernel, 0), FollowsConstants = followsConstants };
        Item[] arguments = [.. parameters.Select(parameter => Declare(builder, parameter, specialized))];
        // A lambda's object, which it does not use.
        if (!kernel.IsStatic)
            arguments = [new Text(""), .. arguments];
        new MethodTranslator(builder, kernel, arguments, null).Run();

        var reachable = new Dominators(function).Blocks;
        function.Blocks.Clear();
        function.Blocks.AddRange(reachable);
        AddressSpaces.Run(function);
        return function;
    }

    /// <summary>Refuses a kernel with an index parameter that asks for its group, as it is after the passes.</summary>
    /// <exception cref="KernelDiagnosticException">It does.</exception>
    public static void RequireGroup(Function function)
    {
        if (function.IndexRank > 0 && function.Blocks.SelectMany(block => block.Instructions)
            .FirstOrDefault(instruction => NeedsGroup(instruction.Op)) is { } asking)
        {
            throw Diagnostic.Ungrouped.At(asking.Position);
        }
    }

    static bool NeedsGroup(Op op) =>
        op is Op.Barrier or Op.WarpBarrier or Op.Shuffle or Op.SharedAllocate or (>= Op.GridIndexX and <= Op.GroupSizeZ);

    static Data Declare(SsaBuilder builder, ParameterInfo parameter, IReadOnlyDictionary<int, object>? specialized)
    {
        TypeLayout layout = TypeLayout.Of(parameter.ParameterType)
            ?? throw Diagnostic.OfType(builder.Position, parameter.ParameterType);
        if (specialized != null && specialized.TryGetValue(parameter.Position, out object? known))
            return Constants.Of(builder.Function, known);
        var values = new List<Value>();
        foreach (Leaf leaf in layout.Leaves)
        {
            var value = new Parameter(leaf.Name.Length == 0 ? parameter.Name! : $"{parameter.Name}.{leaf.Name}", leaf.Type);
            builder.Function.Parameters.Add(value);
            values.Add(value);
        }

        return new Data([.. values]);
    }
}
