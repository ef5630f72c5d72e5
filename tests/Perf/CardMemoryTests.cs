using System.Globalization;
using Dalle2.Gpu.Runtime.Cuda;
using Dalle2.Perf;
using Dalle2.Tests.Gpu.Cuda;
using Dalle2.Tests.Gpu.Ptx;

namespace Dalle2.Tests.Perf;

/// <summary>What the kernels of a training step ask of a card's memory, counted by the interpreter of PTX: whole sectors of 32 bytes, and words of different banks.</summary>
public class CardMemoryTests
{
    // Sectors that a kernel touches, by those that its bytes would fill; the rest is nearly exact.
    const double Exact = 1.02;

    static readonly Dictionary<string, string> Known = new()
    {
        ["Conv2dOp_ForwardCardKernel"] = "pictures of 3 channels, whose runs are no multiples of 16 bytes",
        ["Conv2dOp_SliceCardKernel"] = "the same",
        ["Conv2dOp_GatherKernel"] = "gradients of 3 channels",
    };

    [Test]
    public void A_step_touches_the_sectors_that_it_needs_and_has_no_bank_conflicts_but_for_what_is_known()
    {
        var driver = new StandInDriver { Capability = 80, Multiprocessors = 132, Accesses = new WarpAccesses() };
        using CudaDevice card = StandInDevice.Open(driver);
        var size = new TextVaeSize(Batch: 2, Side: 16, Words: 2, Width: 16, Vocabulary: 40, TextFeatures: 32);
        using var vae = new TextVae(card, size) { IsReplayed = false };
        vae.Step();
        var kernels = driver.Accesses.Global().GroupBy(line => line.Kernel).Select(lines => (Name: lines.Key,
            Requests: lines.Sum(line => line.Requests), Sectors: lines.Sum(line => line.Sectors), Fewest: lines.Sum(line => line.Fewest),
            Idle: lines.Sum(line => line.IdleLanes))).OrderByDescending(kernel => kernel.Sectors - kernel.Fewest).ToArray();
        foreach (var kernel in kernels)
        {
            TestContext.Out.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"{kernel.Name}: {kernel.Requests} requests, {kernel.Sectors} sectors where {kernel.Fewest} would do, "
                + $"{100.0 * kernel.Idle / kernel.Requests / 32:F0} % of the lanes idle"));
        }

        Assert.That(kernels, Has.Length.GreaterThan(25));
        Assert.That(kernels.Where(kernel => kernel.Sectors > Exact * kernel.Fewest).Select(kernel => kernel.Name),
            Is.EquivalentTo(Known.Keys));
        // Copies of 4 bytes, which rows of 3 channels need.
        Assert.That(driver.Accesses.Shared().Conflicts.Where(line => !(line.Contains("cp.async") && line.Contains(", 4, "))), Is.Empty);
    }
}
