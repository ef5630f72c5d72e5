namespace Dalle2.Gpu.Runtime;

/// <summary>What memory an address means.</summary>
interface IViewSource
{
    /// <summary>A view of <paramref name="length"/> elements at an address of the device.</summary>
    ArrayView<T> View<T>(nint address, long length)
        where T : unmanaged;
}
