using System.Diagnostics;
using ILGPU.Runtime;

namespace Dalle2.Gpu.Runtime.Ilgpu;

/// <summary>A stream of a <see cref="SimdAccelerator"/>, whose work is done when it is asked for: there is nothing to wait for.</summary>
sealed class SimdAcceleratorStream(Accelerator accelerator) : AcceleratorStream(accelerator)
{
    public override void Synchronize()
    {
    }

    protected override ProfilingMarker AddProfilingMarkerInternal() => new Marker(Accelerator);

    protected override void DisposeAcceleratorObject(bool disposing)
    {
    }

    sealed class Marker(Accelerator accelerator) : ProfilingMarker(accelerator)
    {
        readonly long timestamp = Stopwatch.GetTimestamp();

        public override void Synchronize()
        {
        }

        public override TimeSpan MeasureFrom(ProfilingMarker marker) => marker is Marker start
            ? Stopwatch.GetElapsedTime(start.timestamp, timestamp)
            : throw new ArgumentException(
            $"a time is measured between two markers of {Accelerator.Name}, not from a {marker?.GetType().Name ?? "null"}", nameof(marker));

        protected override void DisposeAcceleratorObject(bool disposing)
        {
        }
    }
}

/// <summary>Host memory that the program holds in its place: the accelerator reads it as it lies.</summary>
sealed class PinnedScope<T> : PageLockScope<T>
    where T : unmanaged
{
    public PinnedScope(Accelerator accelerator, nint address, long length)
        : base(accelerator, length) => AddrOfLockedObject = address;

    protected override void DisposeAcceleratorObject(bool disposing)
    {
    }
}
