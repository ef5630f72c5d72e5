using Dalle2.Gpu.Runtime;
using Dalle2.IlgpuKernels;

namespace Dalle2.Tests.Gpu.Ilgpu;

/// <summary>Runs kernels of ILGPU's users on one of our devices, as they are.</summary>
sealed class DeviceRunner(Device device) : IViewFactory, IDisposable
{
    readonly List<IDisposable> buffers = [];

    /// <summary>What differs from the expectation.</summary>
    public string[] Run(KernelCase kernelCase)
    {
        var memory = new LaunchMemory(this);
        object[] arguments = kernelCase.CreateArguments(memory);
        if (kernelCase.Extent is IIntIndex extent)
            device.Stream.Launch(kernelCase.Kernel, extent, arguments);
        else
            device.Stream.Launch(kernelCase.Kernel, kernelCase.Config, arguments);
        return [.. kernelCase.Mismatches(memory)];
    }

    public ArrayView<T> Create<T>(T[] contents)
        where T : unmanaged
    {
        Buffer<T> buffer = device.Allocate<T>(contents.Length);
        buffers.Add(buffer);
        device.Stream.Write<T>(contents, buffer.View);
        return buffer.View;
    }

    public T[] Read<T>(ArrayView<T> view)
        where T : unmanaged
    {
        var values = new T[view.Length];
        device.Stream.Read<T>(view, values);
        return values;
    }

    public void Dispose()
    {
        foreach (IDisposable buffer in buffers)
            buffer.Dispose();
    }
}
