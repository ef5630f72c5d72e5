using System.Runtime.InteropServices;

namespace Dalle2.Gpu.Targets.Simd;

/// <summary>What emitted code is given besides the range that it runs. One for each worker.</summary>
[StructLayout(LayoutKind.Sequential)]
unsafe struct SimdContext
{
    /// <summary>The kernel's parameters, 8 bytes each.</summary>
    public ulong* Arguments;

    /// <summary>Of an implicit launch, the extent and the row that is run.</summary>
    public int ExtentX;
    public int ExtentY;
    public int ExtentZ;
    public int Y;
    public int Z;

    /// <summary>Of a grouped launch, the groups along each axis.</summary>
    public int GridX;
    public int GridY;
    public int GridZ;

    /// <summary>The group's memory, and that of the local arrays of one vector's threads.</summary>
    public byte* Shared;
    public byte* Local;

    /// <summary>Where operations that go lane by lane keep their lanes.</summary>
    public byte* Scratch;

    /// <summary>Of a vector that waits at a barrier: its number, then the values that it goes on with.</summary>
    public byte* Frame;
}

/// <summary>
/// Emitted code. Of an implicit launch it runs the threads from start up to end along x; of a grouped one the groups; where vectors wait for
/// each other, the vector whose first thread is <c>end</c> in the group <c>start</c>, up to its next barrier.
/// </summary>
/// <returns>0 when done, else the number of the barrier.</returns>
unsafe delegate int SimdCode(SimdContext* context, int start, int end);
