using Dalle2.Gpu.Runtime;
using Dalle2.Gpu.Runtime.Ilgpu;
using Dalle2.Gpu.Targets.Ilgpu;
using ILGPU.Runtime.CPU;

namespace Dalle2.Tests.Gpu.Ilgpu;

/// <summary>ILGPU's devices of this process, opened once each: the start of its context costs more than most tests.</summary>
static class IlgpuOnce
{
    static readonly Lazy<Device> OnCpu = new(() => Device.Open("ilgpu:cpu"));
    static readonly Lazy<Device> InPlaceOfCard = new(OpenCard);

    /// <summary>The device <c>ilgpu:cpu</c>.</summary>
    public static Device Cpu => OnCpu.Value;

    /// <summary>What <c>ilgpu:cuda:N</c> and <c>ilgpu:opencl:N</c> are, on ILGPU's CPU accelerator in place of a card: ILGPU compiles and launches the kernels, and has the memory.</summary>
    public static Device Card => InPlaceOfCard.Value;

    static IlgpuCardDevice OpenCard()
    {
        var description = new CPUDevice(32, 2, 1);
        ILGPU.Context context = IlgpuContext.Create(builder => builder.CPU(description));
        return new IlgpuCardDevice("ilgpu:stand-in", context, description.CreateCPUAccelerator(context, CPUAcceleratorMode.Parallel),
            "a processor in place of a card");
    }
}
