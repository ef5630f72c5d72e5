using System.Globalization;
using System.Reflection;
using Dalle2.Gpu.Runtime.Planning;
using Dalle2.Gpu.Runtime;
using Dalle2.Layers;
using Dalle2.Ops;
using Dalle2.Tensors;

namespace Dalle2.Cli;

/// <summary>How a kernel's launches in the ops' benchmarks would fill a card that is not here.</summary>
static class OpPlan
{
    /// <summary>Lays out the launches of some kernels; gives what is to be said of each.</summary>
    public static Func<MethodInfo, string> For(CardLimits card, IReadOnlyCollection<MethodInfo> kernels)
    {
        Precision[] precisions = card.HasMatrixUnits ? Enum.GetValues<Precision>() : [Precision.Float32];
        var launches = precisions.SelectMany(precision => Plan(card, precision, kernels.Contains)).ToLookup(launch => launch.Method);
        return kernel => Describe(card, [.. launches[kernel].DistinctBy(launch => (launch.Groups, launch.Threads, launch.Resources))]);
    }

    static IEnumerable<LaunchPlan> Plan(CardLimits card, Precision precision, Predicate<MethodInfo> isWanted)
    {
        using var planned = new PlannedCard(card, precision);
        return planned.Plan(() =>
        {
            foreach (Type type in OpCase.All)
            {
                foreach (int[] s in OpCase.Create(type).BenchShapes)
                    Run(OpCase.Create(type), s, planned.Device);
            }
        }, isWanted).Launches;
    }

    static void Run(OpCase op, int[] s, Device device)
    {
        using var context = new Context(device, seed: 3);
        context.BeginStep(1, training: true);
        // Launchers look at integers at most, and nothing is computed.
        var args = new DeviceArguments([.. op.Arguments(s).Select(a => a.IsInteger
            ? (object)context.Upload([.. a.Draw(7).Select(v => (int)v)], a.Extents) : context.Allocate(a.Extents))]);
        OpPasses passes = op.Prepare(context, s, args);
        try
        {
            Tensor[] outputs = passes.Forward();
            passes.Backward?.Invoke([.. outputs.Select(output => context.Allocate(output.Shape))]);
        }
        finally
        {
            op.Release();
        }
    }

    static string Describe(CardLimits card, LaunchPlan[] launches)
    {
        if (launches.Length == 0)
            return $"  {card.Product}: no benchmark of an op launches it";
        return string.Join('\n', launches.GroupBy(launch => launch.Resources).SelectMany(same => (string[])
        [
            $"  {card.Product}: an estimate of {same.Key.Registers} registers a thread ({same.Key.Live} live at once, {same.Key.Declared} declared"
            + $"{(same.Key.Spills ? ", more than fit" : "")}), {same.Key.SharedBytes} bytes of shared memory",
            .. same.OrderBy(launch => launch.Groups).Select(Describe),
        ]));
    }

    static string Describe(LaunchPlan launch) => string.Create(CultureInfo.InvariantCulture,
        $"    {launch.Groups} groups of {launch.Threads} threads: {launch.Occupancy.Groups} at once a multiprocessor, by "
        + $"{PlanText.Word(launch.Occupancy.Limit.ToString())}, {100 * launch.Occupancy.Share:F0} % occupancy; {launch.Waves:F2} waves, "
        + $"{launch.WarpsPerScheduler:F1} warps a scheduler{(launch.Reason is { } reason ? $": {reason}" : "")}");
}
