namespace Dalle2.Gpu.Runtime.Ilgpu;

/// <summary>Opens a <see cref="SimdAccelerator"/> where a program of ILGPU's opens its accelerator.</summary>
public static class SimdAcceleratorExtensions
{
    /// <summary>Opens the device <c>cpu</c> as an accelerator of this context.</summary>
    /// <param name="context">Any context; it needs no devices of its own.</param>
    /// <param name="threads">Host threads that run kernels; 0 takes one per processor.</param>
    /// <param name="isChecked">Checked mode, as in <see cref="Device.Open"/>.</param>
    /// <exception cref="DeviceUnavailableException">The number of threads makes no sense.</exception>
    public static SimdAccelerator CreateSimdAccelerator(this Context context, int threads = 0, bool isChecked = false) =>
        SimdAccelerator.Create(context, threads, isChecked);
}
