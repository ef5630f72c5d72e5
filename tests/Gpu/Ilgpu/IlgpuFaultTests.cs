using Dalle2.Gpu.Runtime;

namespace Dalle2.Tests.Gpu.Ilgpu;

/// <summary>A fault in a kernel on <c>ilgpu:cpu</c> is an exception that names it, and the device goes on.</summary>
public class IlgpuFaultTests
{
    static readonly KernelConfig Groups = new(2, 64);

    [Test]
    public void An_index_outside_of_a_view_is_named_with_thread_file_and_line() =>
        RequireFailure(() => Launch(view => IlgpuOnce.Cpu.Stream.Launch(OutsideKernel, 64, view)),
        @"^IlgpuFaultTests\.OutsideKernel, launched over 64x1x1 threads: thread (61|62|63): Index out of range, at IlgpuFaultTests\.cs:\d+$");

    [Test]
    public void An_exception_is_named() =>
        RequireFailure(() => Launch(view => IlgpuOnce.Cpu.Stream.Launch(OverflowKernel, 64, view)),
        @"^IlgpuFaultTests\.OverflowKernel, .*thread (5|[6-9]|[1-6][0-9]): Arithmetic operation resulted in an overflow, at IlgpuFaultTests\.cs:\d+$");

    [Test]
    public void A_thread_that_fails_before_a_barrier_does_not_keep_the_others_waiting() =>
        RequireFailure(() => Launch(view => IlgpuOnce.Cpu.Stream.Launch(BarrierKernel, Groups, view)),
        @"BarrierKernel, launched over 2x1x1 groups of 64x1x1 threads: thread \(7, 0, 0\) of group \([01], 0, 0\): Index out of range");

    [Test]
    public void A_thread_that_fails_before_a_shuffle_ends_the_launch() =>
        RequireFailure(() => Launch(view => IlgpuOnce.Cpu.Stream.Launch(ShuffleKernel, Groups, view)),
        @"ShuffleKernel, .*thread \(7, 0, 0\) of group \([01], 0, 0\): Index out of range");

    [Test]
    public void Threads_that_never_meet_are_an_error() =>
        RequireFailure(() => Launch(view => IlgpuOnce.Cpu.Stream.Launch(DivergentKernel, Groups, view)),
        @"DivergentKernel, .*: the threads of a group wait at different barriers or shuffles, or some do not come$");

    static void RequireFailure(Action launch, string pattern)
    {
        Assert.That(launch, Throws.TypeOf<KernelException>().With.Message.Matches(pattern));
        // Another launch on the same device, of the same size of groups.
        int[] turned = Launch(view => IlgpuOnce.Cpu.Stream.Launch(TurnKernel, new KernelConfig(1, 64), view));
        Assert.That(turned, Is.EqualTo(Enumerable.Range(0, 64).Select(i => (i & 32) + 31 - (i & 31))));
    }

    static int[] Launch(Action<ArrayView<int>> launch)
    {
        using Buffer<int> buffer = IlgpuOnce.Cpu.Allocate<int>(64);
        launch(buffer.View);
        var result = new int[64];
        IlgpuOnce.Cpu.Stream.Read<int>(buffer.View, result);
        return result;
    }

    static void OutsideKernel(Index1D i, ArrayView<int> x) => x[i.X + 3] = i.X;

    static void OverflowKernel(Index1D i, ArrayView<int> x) => x[i] = checked((byte)(251 + i.X));

    static void BarrierKernel(ArrayView<int> x)
    {
        ArrayView<int> shared = SharedMemory.Allocate<int>(64);
        shared[Group.IdxX + (Group.IdxX == 7 ? 100 : 0)] = 1;
        Group.Barrier();
        x[Group.IdxX] = shared[63 - Group.IdxX];
    }

    static void ShuffleKernel(ArrayView<int> x)
    {
        int value = x[Group.IdxX + (Group.IdxX == 7 ? 1000 : 0)];
        x[Group.IdxX] = Warp.Shuffle(value, 31 - Warp.LaneIdx);
    }

    static void DivergentKernel(ArrayView<int> x)
    {
        if (Group.IdxX < 5)
            Warp.Barrier();
        x[Group.IdxX] = 1;
    }

    static void TurnKernel(ArrayView<int> x) => x[Group.IdxX] = Warp.Shuffle(Group.IdxX, 31 - Warp.LaneIdx);
}
