using System.Collections.Concurrent;
using System.Reflection;
using Dalle2.Gpu.Frontend;
using Dalle2.Gpu.Ir;

namespace Dalle2.Gpu.Runtime.Tracing;

/// <summary>Which of a launch's views its kernel stores to: those that an address of a store or an atomic operation may come from.</summary>
static class WrittenViews
{
    static readonly ConcurrentDictionary<SpecializedKernel, HashSet<int>> Cache = new();

    /// <summary>The kernel's parameters that are written, with the launch's arguments for them.</summary>
    public static IEnumerable<(string Name, object Argument)> Of(Launch launch)
    {
        SpecializedKernel kernel = launch.Specialize();
        ParameterInfo[] parameters = kernel.Method.GetParameters();
        HashSet<int> written = Cache.GetOrAdd(kernel, Find);
        object[] arguments = launch.OpenArguments;
        string?[] names = [.. parameters[^launch.Arguments.Length..].Zip(launch.Arguments)
            .Where(pair => arguments.Contains(pair.Second, ReferenceEqualityComparer.Instance)).Select(pair => pair.First.Name)];
        int leaf = 0;
        for (int a = 0; a < arguments.Length; a++)
        {
            int leaves = TypeLayout.Of(arguments[a].GetType())?.Leaves.Length ?? 0;
            if (Enumerable.Range(leaf, leaves).Any(written.Contains))
                yield return (names[a] ?? "", arguments[a]);
            leaf += leaves;
        }
    }

    // Numbers of parameters of the function, without the thread's index.
    static HashSet<int> Find(SpecializedKernel kernel)
    {
        Function function = Compiler.Translate(kernel, CompileOptions.Default);
        var incoming = function.Blocks.SelectMany(block => block.Edges)
            .SelectMany(edge => edge.To.Arguments.Zip(edge.Arguments))
            .ToLookup(pair => (Value)pair.First, pair => pair.Second);
        var seen = new HashSet<Value>();
        var open = new Stack<Value>(function.Blocks.SelectMany(block => block.Instructions).Where(i => i.Op == Op.Store || i.Op.IsAtomic())
            .Select(i => i.Operands[0]));
        while (open.TryPop(out Value? address))
        {
            if (address.Type != IrType.Global || !seen.Add(address))
                continue;
            foreach (Value origin in address is Instruction instruction ? instruction.Operands : incoming[address])
                open.Push(origin);
        }

        return [.. function.Parameters.Skip(function.IndexRank).Index().Where(p => seen.Contains(p.Item)).Select(p => p.Index)];
    }
}
