using Dalle2.Gpu.Frontend;
using Dalle2.Gpu.Runtime;

namespace Dalle2.Tests.Gpu;

/// <summary>Kernels that are compiled before the launch that wants them.</summary>
public class PreparingTests
{
    [Test]
    public void What_is_prepared_runs_only_when_it_is_launched()
    {
        using Device device = Device.Open("cpu", 2);
        using Buffer<float> buffer = device.Allocate<float>(37);
        device.Stream.Clear(buffer.View);
        using (Device ahead = device.ForPreparing()!)
        {
            ahead.Stream.Launch(FillKernel, 37, buffer.View, 3f);
            ahead.Stream.Launch(RowKernel, new KernelConfig(1, 37), buffer.View, 5f);
        }

        var values = new float[37];
        device.Stream.Read<float>(buffer.View, values);
        Assert.That(values, Is.All.EqualTo(0f));
        device.Stream.Launch(FillKernel, 37, buffer.View, 3f);
        device.Stream.Launch(RowKernel, new KernelConfig(1, 37), buffer.View, 5f);
        device.Stream.Read<float>(buffer.View, values);
        Assert.That(values, Is.All.EqualTo(8f));
    }

    [Test]
    public void A_kernel_that_cannot_be_compiled_is_told_of_by_its_launch()
    {
        using Device device = Device.Open("cpu", 2);
        using Buffer<float> buffer = device.Allocate<float>(4);
        using (Device ahead = device.ForPreparing()!)
            ahead.Stream.Launch(NamelessKernel, 4, buffer.View);
        Assert.Throws<KernelDiagnosticException>(() => device.Stream.Launch(NamelessKernel, 4, buffer.View));
    }

    [Test]
    public void One_thread_has_nothing_to_prepare_beside_itself()
    {
        using Device device = Device.Open("cpu", 1);
        Assert.That(device.ForPreparing(), Is.Null);
    }

    static void FillKernel(Index1D i, ArrayView<float> x, float value) => x[i] = value;

    static void RowKernel(ArrayView<float> x, float value) => x[Group.IdxX] += value;

    static void NamelessKernel(Index1D i, ArrayView<float> x) => x[i] = new object().GetHashCode();
}
