using Dalle2.Gpu.Ir;

namespace Dalle2.Gpu.Lowering;

/// <summary>
/// Where the lanes' local arrays lie: element by element, the lanes side by side, so that an index that is uniform means one vector access. All accesses to
/// local memory in a function are to have one size for that; the layout is then that of one array whose elements are W times as large.
/// </summary>
sealed class LocalLayout
{
    public const IrType Pointer = (IrType)99;

    readonly int lanes;

    public LocalLayout(Function function, int lanes)
    {
        this.lanes = lanes;
        foreach (Block block in function.Blocks)
        {
            foreach (Instruction instruction in block.Instructions)
            {
            }
        }
    }

    /// <summary>Bytes from one lane's element to the next lane's.</summary>
    public int LaneStep { get; private set; } = 4;

    /// <summary>The access in the lanes' common memory.</summary>
    public Access Of(Access access) => access with { Stride = access.Stride * lanes, Offset = access.Offset * lanes };
}
