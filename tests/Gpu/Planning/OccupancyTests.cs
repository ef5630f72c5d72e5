using Dalle2.Gpu.Runtime;
using Dalle2.Gpu.Runtime.Planning;

namespace Dalle2.Tests.Gpu.Planning;

/// <summary>The arithmetic of occupancy against values of NVIDIA's occupancy calculator and worked by hand from the published rules.</summary>
public class OccupancyTests
{
    // What the calculator gives for compute capabilities 6.0 to 9.0: groups, warps, and the share of a multiprocessor's warps.
    [TestCase("a100", 256, 32, 0, 8, OccupancyLimit.Warps, 1.0)]
    [TestCase("a100", 256, 64, 0, 4, OccupancyLimit.Registers, 0.5)]
    [TestCase("a100", 256, 37, 0, 6, OccupancyLimit.Registers, 0.75)]
    [TestCase("a100", 1024, 64, 0, 1, OccupancyLimit.Registers, 0.5)]
    [TestCase("a100", 32, 16, 0, 32, OccupancyLimit.Groups, 0.5)]
    [TestCase("v100", 128, 32, 24 << 10, 4, OccupancyLimit.SharedMemory, 0.25)]
    [TestCase("v100", 256, 32, 48 << 10, 2, OccupancyLimit.SharedMemory, 0.25)]
    [TestCase("a100", 128, 32, 24 << 10, 6, OccupancyLimit.SharedMemory, 0.375)]
    [TestCase("h100", 256, 128, 48 << 10, 2, OccupancyLimit.Registers, 0.25)]
    [TestCase("h100", 128, 104, 24 << 10, 4, OccupancyLimit.Registers, 0.25)]
    [TestCase("h100", 128, 32, 32 << 10, 6, OccupancyLimit.SharedMemory, 0.375)]
    [TestCase("t4", 256, 64, 0, 4, OccupancyLimit.Warps, 1.0)]
    [TestCase("t4", 32, 32, 0, 16, OccupancyLimit.Groups, 0.5)]
    [TestCase("rtx4090", 1024, 32, 0, 1, OccupancyLimit.Warps, 2.0 / 3)]
    [TestCase("rtx4090", 256, 40, 0, 6, OccupancyLimit.Warps, 1.0)]
    [TestCase("rtx4090", 64, 168, 16888, 5, OccupancyLimit.SharedMemory, 10.0 / 48)]
    [TestCase("rtx4090", 64, 200, 0, 4, OccupancyLimit.Registers, 8.0 / 48)]
    [TestCase("p100", 128, 32, 16 << 10, 4, OccupancyLimit.SharedMemory, 0.25)]
    [TestCase("p100", 256, 255, 0, 1, OccupancyLimit.Registers, 0.125)]
    public void Groups_of_a_multiprocessor_are_those_of_the_calculator(
        string card, int threads, int registers, int sharedBytes, int groups, OccupancyLimit limit, double share)
    {
        var occupancy = Occupancy.Of(CardLimits.Of(card), threads, registers, sharedBytes);
        Assert.That((occupancy.Groups, occupancy.Limit), Is.EqualTo((groups, limit)));
        Assert.That(occupancy.Warps, Is.EqualTo(groups * (threads / 32)));
        Assert.That(occupancy.Share, Is.EqualTo(share).Within(1e-9));
    }

    [TestCase(1024, 72, 0)]
    [TestCase(32, 256, 0)]
    [TestCase(32, 32, (48 << 10) + 1)]
    public void What_fits_no_multiprocessor_has_no_groups(int threads, int registers, int sharedBytes) =>
        Assert.That(Occupancy.Of(CardLimits.Of("a100"), threads, registers, sharedBytes).Groups, Is.Zero);

    // Multiprocessors, float32 lanes of each and the boost clock in MHz, as the white papers tell them: a multiply-add of each lane in each cycle.
    [TestCase("p100", 56, 64, 1480)]
    [TestCase("v100", 80, 64, 1530)]
    [TestCase("t4", 40, 64, 1590)]
    [TestCase("a100", 108, 64, 1410)]
    [TestCase("rtx4090", 128, 128, 2520)]
    [TestCase("h100", 132, 128, 1980)]
    [TestCase("h200", 132, 128, 1980)]
    public void A_peak_is_that_of_the_lanes_and_the_clock(string name, int multiprocessors, int lanes, int megahertz)
    {
        var card = CardLimits.Of(name);
        Assert.That(card.Multiprocessors, Is.EqualTo(multiprocessors));
        Assert.That(card.Flops, Is.EqualTo(2.0 * multiprocessors * lanes * megahertz * 1e6).Within(1).Percent);
        Assert.That(card.HasMatrixUnits, Is.EqualTo(card.PeakOf(Precision.Bf16) > 0));
    }

    [Test]
    public void An_unknown_card_is_refused_with_those_there_are() =>
        Assert.That(() => CardLimits.Of("k80"),
            Throws.ArgumentException.With.Message.Contains("p100, v100, t4, a100, rtx4090, h100, h200"));
}
