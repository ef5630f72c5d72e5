using Dalle2.Gpu.Ir;

namespace Dalle2.Gpu.Passes;

/// <summary>The passes in their order. Each leaves a well-formed function that computes the same bits.</summary>
static class Pipeline
{
    /// <summary>Every pass, in order; some come again, for what the others uncovered.</summary>
    public static readonly (string Name, Action<Function> Run)[] Passes =
    [
        ("block-arguments", BlockArguments.Run),
        ("fold", ConstantFolding.Run),
        ("branches", Branches.Run),
        ("number-values", ValueNumbering.Run),
        ("dead-code", DeadCode.Run),
        ("block-arguments", BlockArguments.Run),
        ("branches", Branches.Run),
        ("hoist", LoopInvariants.Run),
        ("number-values", ValueNumbering.Run),
        ("block-arguments", BlockArguments.Run),
        ("branches", Branches.Run),
        ("dead-code", DeadCode.Run),
    ];

    /// <summary>Runs all passes.</summary>
    /// <param name="function">The function, changed in place.</param>
    /// <param name="afterEach">Called with the pass's name and the function after each; null for nothing.</param>
    public static void Run(Function function, Action<string, Function>? afterEach = null)
    {
        foreach (var (name, run) in Passes)
        {
            run(function);
            afterEach?.Invoke(name, function);
        }
    }
}
