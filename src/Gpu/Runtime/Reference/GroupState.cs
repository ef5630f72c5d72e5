using System.Runtime.InteropServices;
using Dalle2.Gpu.Dialect;

namespace Dalle2.Gpu.Runtime.Reference;

/// <summary>The barrier and the shared memory of one running group.</summary>
sealed unsafe class GroupState(int threads) : IDisposable
{
    readonly Barrier barrier = new(threads);
    readonly List<(nint Address, long Bytes)> shared = [];

    public void Wait() => barrier.SignalAndWait();

    /// <summary>A thread that has left the kernel no longer counts; the others must not wait for it for ever.</summary>
    public void Leave() => barrier.RemoveParticipant();

    /// <summary>Barriers passed so far.</summary>
    public long Phase => barrier.CurrentPhaseNumber;

    public ArrayView<T> Shared<T>(int allocation, int extent)
        where T : unmanaged
    {
        long bytes = (long)extent * sizeof(T);
        lock (shared)
        {
            if (allocation == shared.Count)
            {
                // Undefined contents are made visible: all bits set is NaN for floats.
                var memory = (byte*)NativeMemory.AlignedAlloc((nuint)Math.Max(bytes, 1), 64);
                new Span<byte>(memory, checked((int)bytes)).Fill(0xFF);
                shared.Add(((nint)memory, bytes));
            }

            if (shared[allocation].Bytes != bytes)
                throw new InvalidOperationException($"threads of one group allocate shared memory of different sizes ({shared[allocation].Bytes} and {bytes} bytes); make the same calls in the same order in every thread");
            return new ArrayView<T>((T*)shared[allocation].Address, extent);
        }
    }

    public void Dispose()
    {
        barrier.Dispose();
        foreach (var (address, _) in shared)
            NativeMemory.AlignedFree((void*)address);
    }
}
