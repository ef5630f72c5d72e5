using ILGPU.Runtime;

namespace Dalle2.Gpu.Runtime.Ilgpu;

/// <summary>
/// What a <see cref="SimdAccelerator"/> says of itself. Its type is the CPU's, so that ILGPU copies between its memory and the host's, other accelerators' buffers and its own.
/// </summary>
[DeviceType(AcceleratorType.CPU)]
sealed class SimdAcceleratorDevice : ILGPU.Runtime.Device
{
    public SimdAcceleratorDevice(int threads, bool isChecked)
    {
        (Threads, IsChecked) = (threads, isChecked);
        Name = "SimdAccelerator";
        WarpSize = 32;
        MaxNumThreadsPerGroup = MaxNumThreadsPerMultiprocessor = 1024;
        MaxGroupSize = new Index3D(1024, 1024, 1024);
        MaxGridSize = new Index3D(int.MaxValue, int.MaxValue, int.MaxValue);
        NumMultiprocessors = threads == 0 ? Environment.ProcessorCount : threads;
        MaxSharedMemoryPerGroup = 1 << 20;
        MaxConstantMemory = int.MaxValue;
        MemorySize = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes;
        Capabilities = new SimdCapabilities();
    }

    public int Threads { get; }

    public bool IsChecked { get; }

    public override Accelerator CreateAccelerator(Context context) => SimdAccelerator.Create(context, this);

    sealed class SimdCapabilities : CapabilityContext;
}
