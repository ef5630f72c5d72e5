namespace Dalle2.Gpu.Ir;

/// <summary>Anything that an instruction can take: a constant, a parameter, an argument of a block, or the result of an instruction.</summary>
abstract class Value(IrType type)
{
    /// <summary>The type. Only address spaces change, while a function is being built.</summary>
    public IrType Type { get; set; } = type;
}

/// <summary>A constant, by its bits: bool 0 or 1, numbers of 32 bits zero-extended, the null pointer 0.</summary>
sealed class Constant(IrType type, ulong bits) : Value(type)
{
    public ulong Bits { get; } = bits;
}

/// <summary>A parameter of the function: one primitive part of a kernel's parameter, such as <c>x.base</c>.</summary>
sealed class Parameter(string name, IrType type) : Value(type)
{
    public string Name { get; } = name;
}

/// <summary>An argument of a block: each edge into the block gives a value for it.</summary>
sealed class BlockArgument(IrType type) : Value(type);

/// <summary>An operation with its operands; a value too, unless its type is <see cref="IrType.None"/>.</summary>
sealed class Instruction(Op op, IrType type, Value[] operands, Access access, SourcePosition position) : Value(type)
{
    public Op Op { get; } = op;

    public Value[] Operands { get; } = operands;

    /// <summary>
    /// Of loads, stores, atomics, copies (their target; the source has no offset), offsets and shared allocations: the element. For an allocation, the offset is the number of elements; for a fence,
    /// its <see cref="FenceLevel"/>; for a matrix product, its <see cref="MatrixFormat"/>, and for one of four results, which; for a wait, the groups that may be under way, or -1; for a check, its number in <see cref="Function.Checks"/>.
    /// </summary>
    public Access Access { get; set; } = access;

    public SourcePosition Position { get; } = position;

    /// <summary>Whether it may run where the kernel would not have run it.</summary>
    public bool RunsAnywhere => Op.Row().Effect == Effect.Pure;

    /// <summary>Of a division of integers, whether its divisor may be zero.</summary>
    public static bool MayBeZero(Value divisor) => divisor is not Constant { Bits: not 0 };
}
