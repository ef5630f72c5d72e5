using Dalle2.Gpu.Ir;

namespace Dalle2.Gpu.Lowering;

/// <summary>
/// Where the lanes' local arrays lie: piece by piece, the lanes side by side, so that an index that is uniform means one vector access. A piece is as large as
/// every access to local memory in the function; the layout is then that of one array whose elements are W times as large.
/// </summary>
/// <remarks>Where accesses differ in size, each lane's arrays lie together instead.</remarks>
sealed class LocalLayout
{
    readonly int lanes;

    public LocalLayout(Function function, int lanes)
    {
        this.lanes = lanes;
        foreach (Block block in function.Blocks)
        {
            foreach (Instruction instruction in block.Instructions)
            {
                if (instruction.Op == Op.LocalAllocate)
                    LaneBytes += Aligned(((Allocation)instruction.Immediate!).Bytes);
                else if (instruction.Op is Op.Load or Op.Store && instruction.Operands[0].Type == IrType.Local)
                    Consider(instruction.Access);
            }
        }

        Interleaved = size > 0 && even;
    }

    int size;
    bool even = true;

    /// <summary>True if every access has one size; else each lane's arrays lie together, <see cref="LaneBytes"/> from the next lane's.</summary>
    public bool Interleaved { get; }

    /// <summary>Bytes of all of a thread's arrays.</summary>
    public int LaneBytes { get; }

    /// <summary>Bytes from one lane's piece to the next lane's.</summary>
    public int LaneStep => Interleaved ? size : LaneBytes;

    /// <summary>The access in the lanes' common memory.</summary>
    public Access Of(Access access) =>
        Interleaved ? access with { Stride = access.Stride * lanes, Offset = access.Offset * lanes } : access;

    void Consider(Access access)
    {
        int bytes = access.Type.Bytes();
        even &= (size == 0 || size == bytes) && access.Stride % bytes == 0 && access.Offset % bytes == 0;
        size = bytes;
    }

    /// <summary>Room for an array of so many bytes.</summary>
    public static int Aligned(long bytes) => checked((int)((bytes + 15) / 16 * 16));
}
