using System.Globalization;
using Dalle2.Cli;
using Dalle2.Gpu.Runtime;
using Dalle2.Gpu.Runtime.Planning;
using Dalle2.Perf;
using Dalle2.Training.Families;

namespace Dalle2.Tests.Perf;

/// <summary>How training steps fill large cards, without one: the launches that do not, and why.</summary>
public class CardStepTests
{
    // Why these have fewer groups than a card has multiprocessors, or take over a hundredth of a step with fewer than four warps a scheduler.
    static readonly Dictionary<string, string> Known = new()
    {
        ["GemmOp.CardKernel"] = "a product of few rows and columns, in the smallest tiles, or of 128 x 128 with 8 x 8 sums a thread",
        ["GemmOp.MatrixKernel"] = "the same on matrix units, which sum a long k in parts only where they are given a workspace",
        ["Conv2dOp.SliceCardKernel"] = "a weight gradient of 48 rows in slices that the order of its sum fixes",
        ["Conv2dOp.ForwardMatrixKernel"] = "a product of few pixels and channels, in the smallest tiles",
        ["Conv2dOp.InputGradientMatrixKernel"] = "the same",
        ["Conv2dOp.WeightGradientMatrixKernel"] = "the same, its k in as many parts as the order of its sum has",
        ["Conv2dOp.WeightGradientPairedMatrixKernel"] = "the same, of pictures in bfloat16",
        ["MatrixProduct.AddPartsKernel"] = "a thread for each result, which adds its parts in order",
        ["WinogradOp.PointKernel"] = "products of few channels, and tiles whose sums fill the registers",
        ["WinogradOp.SlicesKernel"] = "the same",
        ["WinogradOp.InputsKernel"] = "a thread for each tile and channel, of which there are few at the smallest pictures",
        ["WinogradOp.OutputsKernel"] = "the same",
        ["WinogradOp.GradientsKernel"] = "the same",
        ["WinogradOp.CardWeightsKernel"] = "a thread for each filter",
        ["WinogradOp.AddSlicesKernel"] = "a thread for each filter, which adds its slices in order",
        ["BiasOp.ChunkKernel"] = "a few rows for each thread, which has read its bias",
        ["BiasOp.GradientCardKernel"] = "a group for 64 rows, whose sums have an order, and 32 columns",
        ["ColumnSumOp.PartialCardKernel"] = "the same",
        ["ColumnSumOp.PartialBrainFloatsKernel"] = "the same, in bfloat16",
        ["ColumnSumOp.FoldKernel"] = "a thread for each column, which adds a few chunks in order",
        ["ColumnSumOp.FoldCardKernel"] = "the order of a sum over chunks, of few columns",
        ["ReductionOp.PartialSquaresKernel"] = "the order of a sum over 4096 elements",
        ["ReductionOp.NormKernel"] = "a sum of all",
        ["ReductionOp.TotalKernel"] = "the same",
        ["BinaryCrossEntropyWithLogitsOp.PartialKernel"] = "the order of a sum over 4096 elements",
        ["GaussianKlDivergenceOp.PartialKernel"] = "the same",
        ["GaussianKlDivergenceOp.PartialUnitKernel"] = "the same",
        ["ChannelModulationOp.SumKernel"] = "a thread for each sum, over all pixels in order",
        ["ChannelModulationOp.SumPairsKernel"] = "the same, in bfloat16",
        ["LstmOp.ForwardKernel"] = "a time step has batch x features threads",
        ["LstmOp.BackwardKernel"] = "the same",
        ["ConcatenateOp.JoinKernel"] = "a part of 64 rows and 128 columns",
        ["ConcatenateOp.SplitKernel"] = "the same",
        ["ElementwiseOp.AddKernel"] = "a thread for each element of a small tensor",
        ["TransposeOp.SquareKernel"] = "small matrices in squares of 32: at the least time of a launch",
    };

    // Each plan is asked for by several tests.
    static readonly Dictionary<string, Lazy<StepPlan>> Plans = (
        from card in (string[])["a100", "h100"]
        from precision in (Precision[])[Precision.Float32, Precision.Bf16]
        from step in (string[])["64", "128", "demo"]
        select KeyValuePair.Create($"{card} {step} {precision}", new Lazy<StepPlan>(() => Plan(card, step, precision)))).ToDictionary();

    static IEnumerable<string> Names => Plans.Keys;

    [TestCaseSource(nameof(Names))]
    public void A_step_fills_a_card_but_for_what_is_known(string name)
    {
        StepPlan plan = Plans[name].Value;
        Assert.That(plan.Launches, Has.Count.GreaterThan(30));
        TestContext.Out.WriteLine(string.Create(CultureInfo.InvariantCulture, $"predicted: {plan.Seconds * 1e3:F3} ms"));
        foreach (LaunchPlan launch in Lacking(plan))
        {
            TestContext.Out.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"{launch.Kernel}: {launch.Groups} groups of {launch.Threads}, {launch.WarpsPerScheduler:F1} warps a scheduler, "
                + $"{100 * launch.Seconds / plan.Seconds:F1} %: {launch.Reason}"));
        }

        Assert.That(plan.Launches.Where(launch => launch.IsGrouped && launch.Threads < 32).Select(launch => launch.Kernel), Is.Empty);
        Assert.That(Lacking(plan).Where(launch => launch.Reason == null).Select(launch => launch.Kernel), Is.Empty);
        Assert.That(Lacking(plan).Select(Name).Distinct(), Is.SubsetOf(Known.Keys));
    }

    [TestCaseSource(nameof(Names))]
    public void Where_multiprocessors_are_idle_tiles_are_the_smallest_and_threads_are_cut_into_warps(string name)
    {
        StepPlan plan = Plans[name].Value;
        LaunchPlan[] products = [.. plan.Launches.Where(IsProduct)];
        Assert.That(products, Has.Length.GreaterThan(10));
        Assert.That(products.Where(launch => launch.Groups < plan.Card.Multiprocessors
            && !launch.Kernel.Contains("Small", StringComparison.Ordinal)).Select(launch => launch.Kernel), Is.Empty);
        Assert.That(plan.Launches.Where(launch => !launch.IsGrouped && launch.Groups < plan.Card.Multiprocessors && launch.Threads > 32)
            .Select(launch => launch.Kernel), Is.Empty);
    }

    [Test]
    public void What_is_known_is_still_so() =>
        Assert.That(Known.Keys, Is.SubsetOf(Plans.Values.SelectMany(plan => Lacking(plan.Value)).Select(Name)),
            "a kernel that fills cards is taken off the list");

    static bool IsProduct(LaunchPlan launch) => launch.Kernel.Contains("Tile", StringComparison.Ordinal);

    static IEnumerable<LaunchPlan> Lacking(StepPlan plan) => plan.Launches.Where(launch =>
        (launch.IsGrouped && launch.Groups < plan.Card.Multiprocessors) || (launch.Reason != null && plan.Worthwhile.Contains(launch)));

    static string Name(LaunchPlan launch) => launch.Kernel.Split('<')[0];

    static StepPlan Plan(string name, string step, Precision precision)
    {
        using var card = new PlannedCard(CardLimits.Of(name), precision);
        if (int.TryParse(step, CultureInfo.InvariantCulture, out int side))
        {
            using var vae = new TextVae(card.Device, new TextVaeSize(Side: side));
            return card.Plan(() => vae.Step());
        }

        var config = ModelFamily.Default.Preset(step) with { Samples = 256, Precision = precision };
        using var training = new ProfiledTraining(card.Device, config);
        return card.Plan(() => training.Step(new StepProfiler(), 0));
    }
}
