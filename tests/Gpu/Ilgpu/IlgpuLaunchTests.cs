using Dalle2.Gpu.Runtime;

namespace Dalle2.Tests.Gpu.Ilgpu;

/// <summary>What launches on <c>ilgpu:cpu</c> have beside what ops use.</summary>
public class IlgpuLaunchTests
{
    [Test]
    public void Shared_memory_has_the_extent_that_the_launch_asks_for()
    {
        int[] values = Launch(24, view => IlgpuOnce.Cpu.Stream.Launch(DynamicKernel,
            new KernelConfig(3, 8, SharedMemoryConfig.RequestDynamic<int>(9)), view));
        Assert.That(values, Is.EqualTo(Enumerable.Range(0, 24).Select(i => 9 + 7 - i % 8)));
    }

    [Test]
    public void Planes_and_spaces_run_each_index_once_with_X_fastest()
    {
        int[] plane = Launch(12, view => IlgpuOnce.Cpu.Stream.Launch(PlaneKernel, new Index2D(3, 4), view, 3));
        Assert.That(plane, Is.EqualTo(Enumerable.Range(0, 12).Select(i => 10 * (i / 3) + i % 3)));
    }

    [Test]
    public void Constants_of_a_launch_are_values()
    {
        int[] values = Launch(4, view => IlgpuOnce.Cpu.Stream.Launch(ConstantKernel, 4, view, new ILGPU.Runtime.SpecializedValue<int>(5)));
        Assert.That(values, Is.EqualTo((int[])[5, 6, 7, 8]));
    }

    [Test]
    public void A_group_may_have_as_many_threads_as_everywhere()
    {
        int[] values = Launch(1024, view => IlgpuOnce.Cpu.Stream.Launch(TurnKernel, new KernelConfig(1, 1024), view));
        Assert.That(values, Is.EqualTo(Enumerable.Range(0, 1024).Reverse()));
    }

    static int[] Launch(int length, Action<ArrayView<int>> launch)
    {
        using Buffer<int> buffer = IlgpuOnce.Cpu.Allocate<int>(length);
        launch(buffer.View);
        var result = new int[length];
        IlgpuOnce.Cpu.Stream.Read<int>(buffer.View, result);
        return result;
    }

    static void DynamicKernel(ArrayView<int> x)
    {
        ArrayView<int> shared = SharedMemory.GetDynamic<int>();
        shared[Group.IdxX] = Group.IdxX;
        Group.Barrier();
        x[Grid.IdxX * Group.DimX + Group.IdxX] = (int)shared.Length + shared[Group.DimX - 1 - Group.IdxX];
    }

    static void PlaneKernel(Index2D i, ArrayView<int> x, int width) => x[i.Y * width + i.X] = 10 * i.Y + i.X;

    static void ConstantKernel(Index1D i, ArrayView<int> x, ILGPU.Runtime.SpecializedValue<int> first) => x[i] = first.Value + i.X;

    static void TurnKernel(ArrayView<int> x)
    {
        ArrayView<int> shared = SharedMemory.Allocate<int>(1024);
        shared[Group.IdxX] = Group.IdxX;
        Group.Barrier();
        x[Group.IdxX] = shared[1023 - Group.IdxX];
    }
}
