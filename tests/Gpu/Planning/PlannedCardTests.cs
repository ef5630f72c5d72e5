using Dalle2.Gpu.Runtime;
using Dalle2.Gpu.Runtime.Planning;
using Dalle2.Gpu.Targets.Ptx;

namespace Dalle2.Tests.Gpu.Planning;

/// <summary>What a planned card tells of launches: groups, registers, and predicted times that can be worked out by hand.</summary>
public class PlannedCardTests
{
    static readonly CardLimits Card = CardLimits.Of("a100");

    [Test]
    public void A_copy_of_much_memory_takes_its_bytes_by_the_bandwidth()
    {
        const int length = 1 << 26;
        LaunchPlan plan = Plan(length, CopyKernel);
        Assert.That(plan.Bytes, Is.EqualTo(2L * length * sizeof(float)));
        Assert.That(plan.TimeLimit, Is.EqualTo(TimeLimit.Memory));
        Assert.That(plan.Seconds, Is.EqualTo(2.0 * length * sizeof(float) / 2039e9).Within(1e-9));
        Assert.That(plan.Reason, Is.Null);
        Assert.That(plan.Occupancy.Share, Is.EqualTo(1));
    }

    [Test]
    public void A_launch_over_few_threads_is_cut_into_warps_and_takes_what_a_launch_takes()
    {
        LaunchPlan plan = Plan(100, CopyKernel);
        Assert.That((plan.Groups, plan.Threads, plan.TimeLimit), Is.EqualTo((4, 32, TimeLimit.Launch)));
        Assert.That(plan.Seconds, Is.EqualTo(2e-6));
        Assert.That(plan.Reason, Is.EqualTo("only 128 threads"));
        Assert.That(plan.WarpsPerScheduler, Is.EqualTo(4 / (108.0 * 4)));
    }

    [Test]
    public void Few_warps_wait_for_memory()
    {
        // A group of one warp for all: 512 bytes in 0.6 us.
        LaunchPlan plan = Plan(device =>
        {
            using Buffer<float> x = device.Allocate<float>(1 << 16);
            device.Stream.Launch(WarpKernel, new KernelConfig(1, 32), x.View);
        });
        Assert.That(plan.TimeLimit, Is.EqualTo(TimeLimit.Latency));
        Assert.That(plan.Seconds, Is.EqualTo((1 << 16) * sizeof(float) / 512.0 * 0.6e-6).Within(1e-12));
        Assert.That(plan.Reason, Is.EqualTo("only one group"));
    }

    // All operations of the launch at the rate of as many multiprocessors as have the most groups.
    [TestCase(108, 1)]
    [TestCase(109, 2)]
    [TestCase(216, 2)]
    public void Arithmetic_takes_whole_rounds_of_the_multiprocessors(int groups, int rounds)
    {
        const double flops = 1e9;
        LaunchPlan plan = Plan(device =>
        {
            using Buffer<float> x = device.Allocate<float>(1);
            device.Stream.Launch(CostlyKernel, new KernelConfig(groups, 128), x.View, new Cost(flops * groups));
        });
        Assert.That(plan.TimeLimit, Is.EqualTo(TimeLimit.Arithmetic));
        Assert.That(plan.Seconds, Is.EqualTo(rounds * flops / (19.5e12 / 108)).Within(1e-9));
    }

    [Test]
    public void A_warp_keeps_one_scheduler_of_four_busy()
    {
        LaunchPlan plan = Plan(device =>
        {
            using Buffer<float> x = device.Allocate<float>(1);
            device.Stream.Launch(CostlyKernel, new KernelConfig(108, 32), x.View, new Cost(108e9));
        });
        Assert.That(plan.Seconds, Is.EqualTo(4 * 1e9 / (19.5e12 / 108)).Within(1e-9));
    }

    [Test]
    public void Equal_launches_are_one_row_and_copies_are_apart()
    {
        using var card = new PlannedCard(Card);
        using Buffer<float> x = card.Device.Allocate<float>(1 << 20), y = card.Device.Allocate<float>(1 << 20);
        StepPlan plan = card.Plan(() =>
        {
            for (int i = 0; i < 3; i++)
                card.Device.Stream.Launch(CopyKernel, 1 << 20, x.View, y.View);
            card.Device.Stream.Copy(x.View, y.View);
            card.Device.Stream.Clear(y.View);
        });
        Assert.That(plan.Launches.Select(launch => launch.Launches), Is.EqualTo((int[])[3]));
        Assert.That((plan.Moves, plan.MovedBytes), Is.EqualTo((2, 3L << 22)));
        Assert.That(plan.Seconds, Is.EqualTo(plan.Launches[0].Seconds + plan.MoveSeconds));
    }

    // a, b and their sum: two at once, since the sum takes the place of one; the third register is an address, of 64 bits.
    [Test]
    public void Registers_that_are_live_at_once_are_counted_in_the_text()
    {
        const string text = """
            .visible .entry k(
                .param .u64 p0
            )
            {
                .reg .pred %p<2>;
                .reg .b32 %r<4>;
                .reg .b64 %rd<3>;
                ld.param.u64 %rd1, [p0];
                mov.u32 %r1, %tid.x;
                mad.wide.s32 %rd2, %r1, 4, %rd1;
            B1:
                ld.global.u32 %r2, [%rd2];
                add.s32 %r3, %r2, %r1;
                st.global.u32 [%rd2], %r3;
                setp.lt.s32 %p1, %r3, 9;
                @%p1 bra B1;
                ret;
            }

            """;
        // The address (2), the thread's number, which the loop needs again, and what was loaded; then the sum in its place. %rd1 lies in constant memory.
        var registers = PtxRegisters.Of(text);
        Assert.That(registers.Live, Is.EqualTo(4));
        Assert.That(registers.Declared, Is.EqualTo(3 + 2 * 2));
    }

    [Test]
    public void A_card_without_matrix_units_refuses_their_precision() =>
        Assert.That(() => new PlannedCard(CardLimits.Of("v100"), Precision.Bf16), Throws.TypeOf<DeviceUnavailableException>());

    static LaunchPlan Plan(int length, Action<Index1D, ArrayView<float>, ArrayView<float>> kernel) => Plan(device =>
    {
        using Buffer<float> x = device.Allocate<float>(length), y = device.Allocate<float>(length);
        device.Stream.Launch(kernel, length, x.View, y.View);
    });

    static LaunchPlan Plan(Action<Device> work)
    {
        using var card = new PlannedCard(Card);
        return card.Plan(() => work(card.Device)).Launches.Single();
    }

    static void CopyKernel(Index1D i, ArrayView<float> x, ArrayView<float> y) => y[i] = x[i];

    static void WarpKernel(ArrayView<float> x) => x[Group.IdxX] = 1;

    static void CostlyKernel(ArrayView<float> x, Cost cost) => x[0] = (float)cost.Flops;

    readonly record struct Cost(double Flops) : ILaunchCost;
}
