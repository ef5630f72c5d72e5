using Dalle2.Gpu.Ir;

namespace Dalle2.Gpu.Passes;

/// <summary>The passes in their order. Each leaves a well-formed function that computes the same bits.</summary>
static class Pipeline
{
    /// <summary>Every pass after the checks, in order; some come again, for what the others uncovered.</summary>
    static readonly (string Name, Action<Function> Run)[] Passes =
    [
        ("fold", ConstantFolding.Run),
        ("simplify-control-flow", ControlFlowSimplification.Run),
        ("number-values", ValueNumbering.Run),
        ("narrow-products", ProductNarrowing.Run),
        ("dead-code", DeadCodeElimination.Run),
        ("redundant-block-arguments", RedundantBlockArguments.Run),
        ("simplify-control-flow", ControlFlowSimplification.Run),
        ("if-conversion", IfConversion.Run),
        ("unroll", LoopUnrolling.Run),
        ("fold", ConstantFolding.Run),
        ("simplify-control-flow", ControlFlowSimplification.Run),
        ("scalar-replacement", ScalarReplacement.Run),
        ("redundant-block-arguments", RedundantBlockArguments.Run),
        ("fold", ConstantFolding.Run),
        ("if-conversion", IfConversion.Run),
        ("reassociate", Reassociation.Run),
        ("fold", ConstantFolding.Run),
        ("number-values", ValueNumbering.Run),
        ("fold-offsets", OffsetFolding.Run),
        ("hoist", LoopInvariantMotion.Run),
        ("number-values", ValueNumbering.Run),
        ("eliminate-loads", LoadElimination.Run),
        ("number-values", ValueNumbering.Run),
        ("strength-reduction", StrengthReduction.Run),
        ("fold", ConstantFolding.Run),
        ("redundant-block-arguments", RedundantBlockArguments.Run),
        ("simplify-control-flow", ControlFlowSimplification.Run),
        ("dead-code", DeadCodeElimination.Run),
    ];

    /// <summary>Runs all passes.</summary>
    /// <param name="function">The function, changed in place.</param>
    /// <param name="checking">What becomes of checks; compiled targets drop them unless the user asks for checked mode.</param>
    /// <param name="afterEach">Called with the pass's name and the function after each; null for nothing.</param>
    public static void Run(Function function, CheckMode checking = CheckMode.Drop, Action<string, Function>? afterEach = null)
    {
        void Step(string name, Action<Function> run)
        {
            run(function);
            afterEach?.Invoke(name, function);
        }

        // Checks go before everything that profits from their absence, but after views' lengths are known by their parameters again.
        Step("redundant-block-arguments", RedundantBlockArguments.Run);
        Step("lower-checks", f => CheckLowering.Run(f, checking));
        foreach (var (name, run) in Passes)
            Step(name, run);
    }
}
