using ILGPU.Runtime;
using ILGPU.Runtime.CPU;

namespace Dalle2.Gpu.Runtime.Ilgpu;

/// <summary>A buffer of a <see cref="SimdAccelerator"/>: memory of the device <c>cpu</c>, which ILGPU copies as the host's.</summary>
sealed class SimdAcceleratorMemory : CPUMemoryBuffer
{
    readonly Device device;
    readonly long bytes;

    /// <exception cref="DeviceUnavailableException">There is not enough memory; the message has the figures.</exception>
    public SimdAcceleratorMemory(Accelerator accelerator, Device device, long length, int elementSize)
        : base(accelerator, length, elementSize)
    {
        this.device = device;
        bytes = Math.Max(1, length * elementSize);
        NativePtr = device.AllocateBytes(bytes);
    }

    protected override void DisposeAcceleratorObject(bool disposing)
    {
        if (NativePtr == 0)
            return;
        device.FreeBytes(NativePtr, bytes);
        NativePtr = 0;
    }
}
