using Dalle2.Gpu.Ir;

namespace Dalle2.Gpu.Lowering;

/// <summary>
/// A kernel for W threads side by side, as a list of lines over registers that can be written again: what the targets print.
/// A scalar register holds one value for all threads, a vector register one per lane; a vector of bools is a mask. All control flow is
/// uniform: threads that do not take part are masked out. With one lane everything is scalar.
/// </summary>
sealed class LinearCode(string name, int lanes)
{
    public string Name { get; } = name;

    /// <summary>W, the threads of one vector.</summary>
    public int Lanes { get; } = lanes;

    public List<Line> Lines { get; } = [];

    /// <summary>The kernel's parameters in order, without the thread index; those that are never used are missing from the lines, not from here.</summary>
    public List<Register> Parameters { get; } = [];

    public List<Register> Registers { get; } = [];

    /// <summary>Bytes of memory that a group shares; each <see cref="MemoryStart"/> of the space says where in it.</summary>
    public int SharedBytes { get; set; }

    /// <summary>Bytes of memory for the local arrays of one vector's threads.</summary>
    public int LocalBytes { get; set; }

    /// <summary>How many <see cref="BarrierLine"/> there are; each has a number from 1 up.</summary>
    public int Barriers { get; set; }

    public int Labels { get; private set; }

    public Register NewRegister(IrType type, bool isVector)
    {
        var register = new Register(Registers.Count, type, isVector && Lanes > 1);
        Registers.Add(register);
        return register;
    }

    public Label NewLabel() => new(Labels++);
}

/// <summary>A variable of the lines. Vectors of <see cref="IrType.Bool"/> are masks; vectors of pointers are 64-bit addresses.</summary>
sealed class Register(int number, IrType type, bool isVector) : Value(type)
{
    public int Number { get; } = number;

    public bool IsVector { get; } = isVector;
}

/// <summary>The vector 0, 1, ..., W - 1 of 32-bit integers, an operand.</summary>
sealed class LaneNumbers() : Value(IrType.I32)
{
    public static LaneNumbers Value { get; } = new();
}

/// <summary>A place in the lines.</summary>
sealed record Label(int Number);

/// <summary>One line. Operands are registers, constants (uniform) or <see cref="LaneNumbers"/>; where a vector is computed, scalar operands count for every lane.</summary>
abstract record Line
{
    /// <summary>Where in the kernel's source it comes from, if that is known.</summary>
    public SourcePosition Position { get; init; }
}

/// <summary><c>target = op(operands)</c>, lane by lane if the target is a vector. Any operation whose effect is Pure, but memory and places in the grid.</summary>
/// <remarks>Lanes that are masked out compute too: a division by zero in them must not stop the kernel.</remarks>
sealed record ComputeLine(Register Target, Op Op, Value[] Operands) : Line;

/// <summary><c>target = value</c> in the lanes of the mask; everywhere if there is no mask.</summary>
sealed record MoveLine(Register Target, Value Value, Value? Mask) : Line;

/// <summary><c>target = the value that tells where in the grid this vector is</c>; scalar.</summary>
sealed record BuiltInLine(Register Target, BuiltIn Value) : Line;

/// <summary><c>target = pointer + index * stride + offset</c>: of scalars a pointer, else the lanes' addresses.</summary>
sealed record AddressLine(Register Target, Access Access, Value Pointer, Value Index) : Line;

/// <summary>
/// <c>target = memory</c>. With a scalar pointer and a scalar index, lane l reads at <c>pointer + index * stride + offset + l * LaneStep</c> (a LaneStep of the element's
/// size is one vector load); with a vector among them, each lane at its own address. A scalar target reads one value.
/// Lanes outside of the mask read nothing and have no defined value after it; a scalar load is only reached when some lane is active.
/// </summary>
sealed record LoadLine(Register Target, Access Access, Value Pointer, Value Index, int LaneStep, Value? Mask) : Line;

/// <summary>Writes memory as <see cref="LoadLine"/> reads it. A scalar address with a vector value or LaneStep 0: the last active lane's value stays.</summary>
sealed record StoreLine(Access Access, Value Pointer, Value Index, Value Value, int LaneStep, Value? Mask) : Line;

/// <summary>An atomic operation of each active lane in rising order; the target (null if nobody asks) takes the old values.</summary>
/// <param name="Target">The old value, or null.</param>
/// <param name="Op">One of the atomic operations.</param>
/// <param name="Access">The element.</param>
/// <param name="Pointer">Scalar or vector.</param>
/// <param name="Index">Scalar or vector.</param>
/// <param name="Values">The value; for a compare and exchange, what is expected and then the value.</param>
/// <param name="Mask">The active lanes; null for all.</param>
sealed record AtomicLine(Register? Target, Op Op, Access Access, Value Pointer, Value Index, Value[] Values, Value? Mask) : Line;

/// <summary><c>target (a scalar bool) = some lane of the mask is set</c>.</summary>
sealed record AnyLine(Register Target, Value Mask) : Line;

/// <summary>The label is here.</summary>
sealed record LabelLine(Label Label) : Line;

/// <summary>Control goes to the label.</summary>
sealed record JumpLine(Label Label) : Line;

/// <summary>Control goes to the label if the scalar condition is as expected.</summary>
sealed record BranchLine(Value Condition, bool Expected, Label Label) : Line;

/// <summary>All threads of the group meet here, or at least those of the warp (32 threads in a row); numbered from 1.</summary>
sealed record BarrierLine(int Number, bool WarpOnly) : Line;

/// <summary>What the threads accessed before comes before what they access after, for all other threads.</summary>
sealed record FenceLine : Line;

/// <summary>
/// <c>target = where an array in shared or local memory begins</c>, by the target's type. Local arrays of the lanes lie interleaved, which the accesses' strides and steps say.
/// </summary>
sealed record MemoryStart(Register Target, int ByteOffset) : Line;

/// <summary>In checked mode: if ok does not hold in some active lane, report the first such lane's numbers, and leave the kernel.</summary>
sealed record RequireLine(Value Ok, Value Found, Value Limit, int Check, Value? Mask) : Line
{
    /// <summary>Instead of a check's number: not all threads have come to a barrier.</summary>
    public const int Barrier = -1;
}

/// <summary>This vector's threads are done. The last line.</summary>
sealed record EndLine : Line;

/// <summary>What a vector of threads knows of its place.</summary>
enum BuiltIn
{
    /// <summary>The first lane's index along x (implicitly grouped).</summary>
    ThreadX,
    ThreadY,
    ThreadZ,

    /// <summary>The extent of the launch (implicitly grouped).</summary>
    ExtentX,
    ExtentY,
    ExtentZ,
    GridIndexX,
    GridIndexY,
    GridIndexZ,
    GridSizeX,
    GridSizeY,
    GridSizeZ,

    /// <summary>The first lane's linear index within its group (explicitly grouped).</summary>
    ThreadInGroup,

    /// <summary>The thread's index within its group, with one lane.</summary>
    GroupIndexX,
    GroupIndexY,
    GroupIndexZ,

    /// <summary>The group's extent, where it is not known when the kernel is compiled.</summary>
    GroupSizeX,
    GroupSizeY,
    GroupSizeZ,
}
