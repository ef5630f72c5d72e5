using System.Globalization;
using Dalle2.Gpu.Runtime;
using Dalle2.Gpu.Runtime.Tracing;
using Dalle2.Perf;

namespace Dalle2.Tests.Perf;

/// <summary>How a training step is cut into groups on a large card, without one: of the launches, which fill it.</summary>
public class CardStepTests
{
    // 132 multiprocessors of 2048 threads, as an H100 has.
    static readonly HardwareProperties Large = new()
    {
        Processors = 132,
        Width = 32,
        ThreadsPerProcessor = 2048,
        SharedBytesPerProcessor = 228 << 10,
    };

    // Groups of 16 threads, half a warp.
    static readonly string[] Narrow = ["TransposeOp.TransposeKernel"];

    [TestCase(64)]
    [TestCase(128)]
    public void A_step_has_groups_of_a_warp_at_least_but_for_those_that_are_known(int side)
    {
        IReadOnlyList<Noted> launches = Step(side);
        foreach (var kernel in launches.GroupBy(launch => launch.Kernel).OrderByDescending(kernel => kernel.Sum(launch => launch.Flops)))
        {
            TestContext.Out.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"{kernel.Key}: {kernel.Count()} launches, {kernel.Min(launch => launch.Groups)} to {kernel.Max(launch => launch.Groups)} "
                + $"groups of {kernel.Min(launch => launch.Threads)} to {kernel.Max(launch => launch.Threads)}, "
                + $"{kernel.Sum(launch => launch.Flops) / 1e9:F2} GFLOP"));
        }

        Assert.That(launches.Where(launch => launch.Threads < 32).Select(launch => launch.Kernel).Distinct(), Is.SubsetOf(Narrow));
        Assert.That(Narrow, Is.SubsetOf(launches.Where(launch => launch.Threads < 32).Select(launch => launch.Kernel)),
            "a kernel that is narrow no more is taken off the list");
    }

    [TestCase(64)]
    [TestCase(128)]
    public void A_product_has_groups_for_half_the_multiprocessors_or_the_smallest_tiles(int side)
    {
        Noted[] products = [.. Step(side).Where(launch => launch.Kernel.EndsWith("CardKernel", StringComparison.Ordinal))];
        Assert.That(products, Has.Length.GreaterThan(30));
        Assert.That(products.Where(launch => 2 * launch.Groups < Large.Processors && !launch.Name.Contains("SmallFloatTile")), Is.Empty);
    }

    static List<Noted> Step(int side)
    {
        using var device = new NotingDevice();
        using var vae = new TextVae(device, new TextVaeSize(Side: side));
        device.Launches.Clear();
        vae.Step();
        return device.Launches;
    }

    sealed record Noted(string Kernel, string Name, long Groups, long Threads, double Flops);

    // Gives out addresses, runs nothing, and keeps how explicitly grouped kernels are launched; the others are cut by each device.
    sealed class NotingDevice : Device
    {
        nint next = 1 << 20;

        public NotingDevice()
            : base("large card", 1) =>
            Properties = Large;

        public List<Noted> Launches { get; } = [];

        public override string Description => "notes launches";

        public override long AvailableBytes => long.MaxValue;

        internal override void Run(Launch launch)
        {
            if (launch.Config is { } config)
            {
                System.Reflection.MethodInfo method = launch.Kernel.Method;
                Launches.Add(new Noted($"{method.DeclaringType!.Name}.{method.Name}", method.ToString()!,
                    config.GridDim.Size, config.GroupDim.Size, LaunchCosts.Of(launch).Flops));
            }
        }

        internal override void CopyIn(ReadOnlySpan<byte> source, nint target)
        {
        }

        internal override void CopyOut(nint source, Span<byte> target) => target.Clear();

        internal override void CopyWithin(nint source, nint target, long bytes)
        {
        }

        internal override void ClearBytes(nint target, long bytes)
        {
        }

        private protected override nint Reserve(long bytes)
        {
            nint address = next;
            next += (nint)((bytes + 255) / 256 * 256);
            return address;
        }

        private protected override void Release(nint address)
        {
        }

        protected override void Dispose(bool disposing)
        {
        }
    }
}
