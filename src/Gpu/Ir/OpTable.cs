namespace Dalle2.Gpu.Ir;

/// <summary>What the operands of an operation may be.</summary>
enum OperandRule
{
    /// <summary>No operands.</summary>
    None,

    /// <summary>All of one type, an integer or a float.</summary>
    Number,

    /// <summary>All of one integer type.</summary>
    Integer,

    /// <summary>All of one float type.</summary>
    Float,

    /// <summary>All floats of 32 bits.</summary>
    SingleFloat,

    /// <summary>All of one integer type or bool.</summary>
    Logic,

    /// <summary>All of one type, no pointer.</summary>
    Scalar,

    /// <summary>An integer, then a 32-bit count, of which the bits below the integer's width count.</summary>
    Shift,

    /// <summary>A bool, then two of one type.</summary>
    Choice,

    /// <summary>One value of a type that the conversion takes.</summary>
    Conversion,

    /// <summary>A pointer.</summary>
    Pointer,

    /// <summary>A pointer and an index of 32 or 64 bits, signed.</summary>
    Element,

    /// <summary>A pointer, an index, and the value to store.</summary>
    ElementAndValue,

    /// <summary>A pointer, an index, and the value that an atomic operation takes; of a comparison and exchange, before it the value to compare with.</summary>
    Atomic,

    /// <summary>The same, of integers alone.</summary>
    AtomicInteger,

    /// <summary>A number, and the lane of 32 bits to take it from.</summary>
    Lane,

    /// <summary>Four words, two words, four floats: a thread's parts of the left side, the right side and the sums.</summary>
    Matrices,

    /// <summary>A pointer to shared memory and an index, a pointer to device memory and an index, and whether there is anything to copy.</summary>
    Copy,

    /// <summary>A <see cref="Op.MatrixMultiplyAdd"/> or <see cref="Op.MatrixLoad"/> of the same block.</summary>
    Parts,

    /// <summary>Indices of 32 or 64 bits, signed, then a length of 64 bits.</summary>
    Indices,

    /// <summary>A bool, then two integers of 64 bits.</summary>
    Requirement,
}

/// <summary>How the type of the result follows.</summary>
enum ResultRule
{
    None,
    Bool,
    I32,
    F32,

    /// <summary>A pointer to shared memory.</summary>
    Shared,

    /// <summary>A pointer to local memory.</summary>
    Local,

    /// <summary>That of the first operand.</summary>
    First,

    /// <summary>That of the second operand.</summary>
    Second,

    /// <summary>That of a value loaded from the <see cref="Access"/>.</summary>
    Loaded,

    /// <summary>One that <see cref="OpRow.Converts"/> allows.</summary>
    Converted,
}

/// <summary>What an operation does besides giving its result; decides what passes may do with it.</summary>
enum Effect
{
    /// <summary>Nothing: may be removed, merged with an equal one and moved anywhere.</summary>
    Pure,

    /// <summary>Stops the kernel for some operands and has no result: may be merged with an equal one that came before.</summary>
    Check,

    /// <summary>Depends on memory.</summary>
    Read,

    /// <summary>Changes memory, or is one of the places where all threads of a group or of a warp meet.</summary>
    Write,
}

/// <summary>One operation.</summary>
/// <param name="Op">Which one.</param>
/// <param name="Name">In texts.</param>
/// <param name="Arity">How many operands it has.</param>
/// <param name="Operands">What they may be.</param>
/// <param name="Result">What it gives.</param>
/// <param name="Effect">What it does besides.</param>
/// <param name="Foldable">Whether a known result replaces it.</param>
/// <param name="Immediate">What it is told besides its operands; null for nothing.</param>
/// <param name="Converts">Of a conversion, whether it leads from one type to the other.</param>
/// <param name="Simplify">
/// Finds a value that is there already for what it would compute, where not all operands are known; null where there is never one.
/// </param>
readonly record struct OpRow(
    Op Op,
    string Name,
    int Arity,
    OperandRule Operands,
    ResultRule Result,
    Effect Effect,
    bool Foldable,
    Type? Immediate = null,
    Func<IrType, IrType, bool>? Converts = null,
    Simplification? Simplify = null)
{
    /// <summary>The type that it works on: of a choice, that of the values to choose from.</summary>
    public IrType OperandType(ReadOnlySpan<Value> operands) => operands[Operands == OperandRule.Choice ? 1 : 0].Type;

    /// <summary>The type of the result, where that follows from the operands.</summary>
    public IrType ResultType(ReadOnlySpan<Value> operands) => Result switch
    {
        ResultRule.None => IrType.None,
        ResultRule.Bool => IrType.Bool,
        ResultRule.I32 => IrType.I32,
        ResultRule.F32 => IrType.F32,
        ResultRule.Second => operands[1].Type,
        _ => operands[0].Type,
    };
}

/// <summary>Gives the value that an operation's result always is, or null if it must be computed.</summary>
delegate Value? Simplification(Function function, Op op, IrType type, ReadOnlySpan<Value> operands);

/// <summary>The operations of the intermediate representation, a row each.</summary>
static class OpTable
{
    static readonly OpRow[] Rows =
    [
        new(Op.Add, "add", 2, OperandRule.Number, ResultRule.First, Effect.Pure, true, Simplify: Folding.OfIntegers),
        new(Op.Subtract, "sub", 2, OperandRule.Number, ResultRule.First, Effect.Pure, true, Simplify: Folding.OfIntegers),
        new(Op.Multiply, "mul", 2, OperandRule.Number, ResultRule.First, Effect.Pure, true, Simplify: Folding.OfIntegers),
        new(Op.MultiplyHighUnsigned, "mul.high.unsigned", 2, OperandRule.Integer, ResultRule.First, Effect.Pure, true,
        Simplify: Folding.OfIntegers),
        new(Op.Divide, "div", 2, OperandRule.Number, ResultRule.First, Effect.Pure, true, Simplify: Folding.OfIntegers),
        new(Op.DivideUnsigned, "div.unsigned", 2, OperandRule.Integer, ResultRule.First, Effect.Pure, true, Simplify: Folding.OfIntegers),
        new(Op.Remainder, "rem", 2, OperandRule.Integer, ResultRule.First, Effect.Pure, true, Simplify: Folding.OfIntegers),
        new(Op.RemainderUnsigned, "rem.unsigned", 2, OperandRule.Integer, ResultRule.First, Effect.Pure, true,
        Simplify: Folding.OfIntegers),
        new(Op.And, "and", 2, OperandRule.Logic, ResultRule.First, Effect.Pure, true, Simplify: Folding.OfIntegers),
        new(Op.Or, "or", 2, OperandRule.Logic, ResultRule.First, Effect.Pure, true, Simplify: Folding.OfIntegers),
        new(Op.Xor, "xor", 2, OperandRule.Logic, ResultRule.First, Effect.Pure, true, Simplify: Folding.OfIntegers),
        new(Op.Not, "not", 1, OperandRule.Logic, ResultRule.First, Effect.Pure, true, Simplify: Folding.Undone),
        new(Op.Negate, "neg", 1, OperandRule.Number, ResultRule.First, Effect.Pure, true),
        new(Op.ShiftLeft, "shl", 2, OperandRule.Shift, ResultRule.First, Effect.Pure, true, Simplify: Folding.OfIntegers),
        new(Op.ShiftRight, "shr", 2, OperandRule.Shift, ResultRule.First, Effect.Pure, true, Simplify: Folding.OfIntegers),
        new(Op.ShiftRightUnsigned, "shr.unsigned", 2, OperandRule.Shift, ResultRule.First, Effect.Pure, true, Simplify: Folding.OfIntegers),
        new(Op.Equal, "eq", 2, OperandRule.Scalar, ResultRule.Bool, Effect.Pure, true, Simplify: Folding.OfIntegers),
        new(Op.NotEqual, "ne", 2, OperandRule.Scalar, ResultRule.Bool, Effect.Pure, true, Simplify: Folding.Condition),
        new(Op.Less, "lt", 2, OperandRule.Number, ResultRule.Bool, Effect.Pure, true, Simplify: Folding.OfIntegers),
        new(Op.LessOrEqual, "le", 2, OperandRule.Number, ResultRule.Bool, Effect.Pure, true, Simplify: Folding.OfIntegers),
        new(Op.LessUnsigned, "lt.unsigned", 2, OperandRule.Integer, ResultRule.Bool, Effect.Pure, true, Simplify: Folding.OfIntegers),
        new(Op.LessOrEqualUnsigned, "le.unsigned", 2, OperandRule.Integer, ResultRule.Bool, Effect.Pure, true,
        Simplify: Folding.OfIntegers),
        new(Op.Select, "select", 3, OperandRule.Choice, ResultRule.Second, Effect.Pure, true, Simplify: Folding.Chosen),
        Conversion(Op.SignExtend, "extend.signed", (from, to) => (from, to) is (IrType.I32, IrType.I64)),
        Conversion(Op.ZeroExtend, "extend", (from, to) => (from, to) is (IrType.Bool, IrType.I32) or (IrType.I32, IrType.I64)),
        Conversion(Op.Truncate, "truncate", (from, to) => (from, to) is (IrType.I64, IrType.I32), Folding.Widened),
        Conversion(Op.SignExtend8, "narrow.i8", IsNarrowing, Folding.Repeated),
        Conversion(Op.SignExtend16, "narrow.i16", IsNarrowing, Folding.Repeated),
        Conversion(Op.ZeroExtend8, "narrow.u8", IsNarrowing, Folding.Repeated),
        Conversion(Op.ZeroExtend16, "narrow.u16", IsNarrowing, Folding.Repeated),
        Conversion(Op.IntToFloat, "int.to.float", (from, to) => from.IsInteger() && to.IsFloat()),
        Conversion(Op.UnsignedToFloat, "unsigned.to.float", (from, to) => from.IsInteger() && to.IsFloat()),
        Conversion(Op.FloatToInt, "float.to.int", (from, to) => from.IsFloat() && to.IsInteger()),
        Conversion(Op.FloatToUnsigned, "float.to.unsigned", (from, to) => from.IsFloat() && to.IsInteger()),
        Conversion(Op.FloatToFloat, "float.to.float", (from, to) => from.IsFloat() && to.IsFloat(), Folding.Unconverted),
        Conversion(Op.Bits, "bits", HaveOneWidth, Folding.Reinterpreted),
        Conversion(Op.HalfToFloat, "half.to.float", (from, to) => (from, to) is (IrType.I32, IrType.F32)),
        Conversion(Op.FloatToHalf, "float.to.half", (from, to) => (from, to) is (IrType.F32, IrType.I32)),
        new(Op.ToTensorFloat, "tensor.float", 1, OperandRule.SingleFloat, ResultRule.I32, Effect.Pure, true),
        new(Op.ToBrainFloats, "brain.floats", 2, OperandRule.SingleFloat, ResultRule.I32, Effect.Pure, true),
        new(Op.Sqrt, "sqrt", 1, OperandRule.Float, ResultRule.First, Effect.Pure, true),
        new(Op.Floor, "floor", 1, OperandRule.Float, ResultRule.First, Effect.Pure, true),
        new(Op.Abs, "abs", 1, OperandRule.Float, ResultRule.First, Effect.Pure, true),
        new(Op.FusedMultiplyAdd, "fma", 3, OperandRule.Float, ResultRule.First, Effect.Pure, true),
        new(Op.IsValid, "valid", 1, OperandRule.Pointer, ResultRule.Bool, Effect.Pure, false),
        new(Op.Offset, "offset", 2, OperandRule.Element, ResultRule.First, Effect.Pure, false, typeof(Access), Simplify: Folding.Unmoved),
        new(Op.Load, "load", 2, OperandRule.Element, ResultRule.Loaded, Effect.Read, false, typeof(Access)),
        new(Op.Store, "store", 3, OperandRule.ElementAndValue, ResultRule.None, Effect.Write, false, typeof(Access)),
        new(Op.Bounds, "bounds", 2, OperandRule.Indices, ResultRule.None, Effect.Check, false),
        new(Op.BoundsRange, "bounds.range", 3, OperandRule.Indices, ResultRule.None, Effect.Check, false),
        new(Op.Require, "require", 3, OperandRule.Requirement, ResultRule.None, Effect.Check, false, typeof(CheckReference)),
        new(Op.SharedAllocate, "shared", 0, OperandRule.None, ResultRule.Shared, Effect.Write, false, typeof(Allocation)),
        new(Op.LocalAllocate, "local", 0, OperandRule.None, ResultRule.Local, Effect.Write, false, typeof(Allocation)),
        new(Op.Barrier, "barrier", 0, OperandRule.None, ResultRule.None, Effect.Write, false),
        new(Op.WarpBarrier, "warp.barrier", 0, OperandRule.None, ResultRule.None, Effect.Write, false),
        new(Op.Shuffle, "shuffle", 2, OperandRule.Lane, ResultRule.First, Effect.Write, false),
        new(Op.MatrixLoad, "matrix.load", 2, OperandRule.Element, ResultRule.I32, Effect.Write, false, typeof(Access)),
        new(Op.MatrixMultiplyAdd, "matrix", 10, OperandRule.Matrices, ResultRule.F32, Effect.Write, false, typeof(MatrixProduct)),
        new(Op.MatrixPart, "matrix.part", 1, OperandRule.Parts, ResultRule.First, Effect.Pure, false, typeof(ResultIndex)),
        new(Op.CopyBegin, "copy.begin", 5, OperandRule.Copy, ResultRule.None, Effect.Write, false, typeof(Access)),
        new(Op.CopyBeginFour, "copy.begin.four", 5, OperandRule.Copy, ResultRule.None, Effect.Write, false, typeof(Access)),
        new(Op.CopyCommit, "copy.commit", 0, OperandRule.None, ResultRule.None, Effect.Write, false),
        new(Op.CopyWait, "copy.wait", 0, OperandRule.None, ResultRule.None, Effect.Write, false, typeof(PendingCopies)),
        new(Op.MemoryFence, "fence", 0, OperandRule.None, ResultRule.None, Effect.Write, false, typeof(Fence)),
        new(Op.AtomicAdd, "atomic.add", 3, OperandRule.Atomic, ResultRule.Loaded, Effect.Write, false, typeof(Access)),
        new(Op.AtomicAnd, "atomic.and", 3, OperandRule.AtomicInteger, ResultRule.Loaded, Effect.Write, false, typeof(Access)),
        new(Op.AtomicOr, "atomic.or", 3, OperandRule.AtomicInteger, ResultRule.Loaded, Effect.Write, false, typeof(Access)),
        new(Op.AtomicXor, "atomic.xor", 3, OperandRule.AtomicInteger, ResultRule.Loaded, Effect.Write, false, typeof(Access)),
        new(Op.AtomicMin, "atomic.min", 3, OperandRule.AtomicInteger, ResultRule.Loaded, Effect.Write, false, typeof(Access)),
        new(Op.AtomicMinUnsigned, "atomic.min.unsigned", 3, OperandRule.AtomicInteger, ResultRule.Loaded, Effect.Write, false,
        typeof(Access)),
        new(Op.AtomicMax, "atomic.max", 3, OperandRule.AtomicInteger, ResultRule.Loaded, Effect.Write, false, typeof(Access)),
        new(Op.AtomicMaxUnsigned, "atomic.max.unsigned", 3, OperandRule.AtomicInteger, ResultRule.Loaded, Effect.Write, false,
        typeof(Access)),
        new(Op.AtomicExchange, "atomic.exchange", 3, OperandRule.Atomic, ResultRule.Loaded, Effect.Write, false, typeof(Access)),
        new(Op.AtomicCompareExchange, "atomic.compare.exchange", 4, OperandRule.Atomic, ResultRule.Loaded, Effect.Write, false,
        typeof(Access)),
        new(Op.GridIndexX, "grid.index.x", 0, OperandRule.None, ResultRule.I32, Effect.Pure, false),
        new(Op.GridIndexY, "grid.index.y", 0, OperandRule.None, ResultRule.I32, Effect.Pure, false),
        new(Op.GridIndexZ, "grid.index.z", 0, OperandRule.None, ResultRule.I32, Effect.Pure, false),
        new(Op.GridSizeX, "grid.size.x", 0, OperandRule.None, ResultRule.I32, Effect.Pure, false),
        new(Op.GridSizeY, "grid.size.y", 0, OperandRule.None, ResultRule.I32, Effect.Pure, false),
        new(Op.GridSizeZ, "grid.size.z", 0, OperandRule.None, ResultRule.I32, Effect.Pure, false),
        new(Op.GroupIndexX, "group.index.x", 0, OperandRule.None, ResultRule.I32, Effect.Pure, false),
        new(Op.GroupIndexY, "group.index.y", 0, OperandRule.None, ResultRule.I32, Effect.Pure, false),
        new(Op.GroupIndexZ, "group.index.z", 0, OperandRule.None, ResultRule.I32, Effect.Pure, false),
        new(Op.GroupSizeX, "group.size.x", 0, OperandRule.None, ResultRule.I32, Effect.Pure, false),
        new(Op.GroupSizeY, "group.size.y", 0, OperandRule.None, ResultRule.I32, Effect.Pure, false),
        new(Op.GroupSizeZ, "group.size.z", 0, OperandRule.None, ResultRule.I32, Effect.Pure, false),
    ];

    /// <summary>All rows, in the order of <see cref="Op"/>.</summary>
    public static IReadOnlyList<OpRow> All => Rows;

    public static OpRow Row(this Op op) => Rows[(int)op];

    public static bool IsAtomic(this Op op) => op.Row().Operands is OperandRule.Atomic or OperandRule.AtomicInteger;

    static OpRow Conversion(Op op, string name, Func<IrType, IrType, bool> converts, Simplification? simplify = null) =>
        new(op, name, 1, OperandRule.Conversion, ResultRule.Converted, Effect.Pure, true, Converts: converts, Simplify: simplify);

    static bool IsNarrowing(IrType from, IrType to) => (from, to) is (IrType.I32, IrType.I32);

    static bool HaveOneWidth(IrType from, IrType to) =>
        (from, to) is (IrType.I32, IrType.F32) or (IrType.F32, IrType.I32) or (IrType.I64, IrType.F64) or (IrType.F64, IrType.I64);
}
