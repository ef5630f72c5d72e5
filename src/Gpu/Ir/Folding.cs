namespace Dalle2.Gpu.Ir;

/// <summary>
/// Finds values that already exist for what an instruction would compute: constants, and operands that the operation leaves as they are.
/// Floats are folded only where all operands are known and the result is a number: which NaN comes out is the device's own business.
/// </summary>
static class Folding
{
    /// <summary>The value that the instruction always gives, or null if it must be computed.</summary>
    public static Value? Simplify(Function function, Op op, IrType type, ReadOnlySpan<Value> operands)
    {
        OpRow row = op.Row();
        return (row.Foldable ? Evaluated(function, op, type, operands) : null) ?? row.Simplify?.Invoke(function, op, type, operands);
    }

    static Constant? Evaluated(Function function, Op op, IrType type, ReadOnlySpan<Value> operands)
    {
        Span<ulong> bits = stackalloc ulong[3];
        for (int o = 0; o < operands.Length; o++)
        {
            if (operands[o] is not Constant constant || constant.Type.IsPointer())
                return null;
            bits[o] = constant.Bits;
        }

        IrType operand = op.Row().OperandType(operands);
        // Checked mode has yet to tell of a division that has no result in mathematics.
        if (IsDivision(op) && operand.IsInteger() && (bits[1] == 0 || (bits[1] == AllOnes(operand) && op is Op.Divide or Op.Remainder)))
            return null;
        return Semantics.Evaluate(op, operand, type, bits[0], bits[1], bits[2]) is { } result && !IsNaN(type, result)
            && !(op == Op.FloatToHalf && IsNaN(operand, bits[0]))
            ? function.Constant(type, result)
            : null;
    }

    static bool IsDivision(Op op) => op is Op.Divide or Op.Remainder or Op.DivideUnsigned or Op.RemainderUnsigned;

    static bool IsNaN(IrType type, ulong bits) => type switch
    {
        IrType.F32 => float.IsNaN(BitConverter.UInt32BitsToSingle((uint)bits)),
        IrType.F64 => double.IsNaN(BitConverter.UInt64BitsToDouble(bits)),
        _ => false,
    };

    /// <summary>A choice that is decided, or that makes no difference.</summary>
    public static Value? Chosen(Function function, Op op, IrType type, ReadOnlySpan<Value> operands) => operands[0] is Constant condition
        ? operands[condition.Bits != 0 ? 1 : 2]
        : operands[1] == operands[2] ? operands[1] : null;

    /// <summary>The same operation twice, which gives what there was.</summary>
    public static Value? Undone(Function function, Op op, IrType type, ReadOnlySpan<Value> operands) => Inner(operands[0], op);

    /// <summary>The lower half of a value that was widened.</summary>
    public static Value? Widened(Function function, Op op, IrType type, ReadOnlySpan<Value> operands) =>
        Inner(operands[0], Op.SignExtend, type) ?? Inner(operands[0], Op.ZeroExtend, type);

    /// <summary>Bits of the type that they have, or had before.</summary>
    public static Value? Reinterpreted(Function function, Op op, IrType type, ReadOnlySpan<Value> operands) =>
        Unconverted(function, op, type, operands) ?? Inner(operands[0], op, type);

    /// <summary>A conversion to the type that a value has.</summary>
    public static Value? Unconverted(Function function, Op op, IrType type, ReadOnlySpan<Value> operands) =>
        operands[0].Type == type ? operands[0] : null;

    /// <summary>The same operation twice, which gives what once gives.</summary>
    public static Value? Repeated(Function function, Op op, IrType type, ReadOnlySpan<Value> operands) =>
        operands[0] is Instruction narrowed && narrowed.Op == op ? narrowed : null;

    /// <summary>A bool that was made an integer and is asked about again.</summary>
    public static Value? Condition(Function function, Op op, IrType type, ReadOnlySpan<Value> operands) =>
        operands[1] is Constant { Bits: 0 } && Inner(operands[0], Op.ZeroExtend, IrType.Bool) is { } condition ? condition : null;

    /// <summary>The first element's address.</summary>
    public static Value? Unmoved(Function function, Op op, IrType type, ReadOnlySpan<Value> operands) =>
        operands[1] is Constant { Bits: 0 } ? operands[0] : null;

    /// <summary>Integers or bools with a known or an equal operand.</summary>
    public static Value? OfIntegers(Function function, Op op, IrType type, ReadOnlySpan<Value> operands) =>
        operands[0].Type.IsInteger() || operands[0].Type == IrType.Bool ? OfIntegers(function, op, operands[0], operands[1]) : null;

    static Value? Inner(Value value, Op inverse) =>
        value is Instruction instruction && instruction.Op == inverse ? instruction.Operands[0] : null;

    static Value? Inner(Value value, Op inverse, IrType type) =>
        Inner(value, inverse) is { } inner && inner.Type == type ? inner : null;

    static Value? OfIntegers(Function function, Op op, Value first, Value second)
    {
        if (first == second)
        {
            return op switch
            {
                Op.And or Op.Or => first,
                Op.Subtract or Op.Xor => function.Constant(first.Type, 0),
                Op.Equal or Op.LessOrEqual or Op.LessOrEqualUnsigned => function.Constant(IrType.Bool, 1),
                Op.Less or Op.LessUnsigned => function.Constant(IrType.Bool, 0),
                _ => null,
            };
        }

        // x op constant, and the mirror image where order does not matter.
        if (first is Constant left)
        {
            return op is Op.Add or Op.Multiply or Op.And or Op.Or
                or Op.Xor ? OfConstant(function, op, second, left) : FromConstant(function, op, left);
        }

        return second is Constant right ? OfConstant(function, op, first, right) ?? Bounded(function, op, right, above: false) : null;
    }

    // constant op x.
    static Constant? FromConstant(Function function, Op op, Constant constant) => (op, constant.Bits) switch
    {
        (Op.ShiftLeft or Op.ShiftRight or Op.ShiftRightUnsigned, 0) => constant,
        (Op.ShiftRight, var bits) when bits == AllOnes(constant.Type) => constant,
        _ => Bounded(function, op, constant, above: true),
    };

    // Nothing is below the least value of a type, or above its greatest. The just-in-time compiler knows that too, and loses a load that it folds away
    // together with the mask that it stands in.
    static Constant? Bounded(Function function, Op op, Constant constant, bool above)
    {
        ulong ones = AllOnes(constant.Type), sign = ones ^ ones >> 1;
        (ulong least, ulong greatest) = op is Op.LessUnsigned or Op.LessOrEqualUnsigned ? (0, ones) : (sign, ones >> 1);
        return op switch
        {
            Op.Less or Op.LessUnsigned when constant.Bits == (above ? greatest : least) => function.Constant(IrType.Bool, 0),
            Op.LessOrEqual or Op.LessOrEqualUnsigned when constant.Bits == (above ? least : greatest) => function.Constant(IrType.Bool, 1),
            _ => null,
        };
    }

    static Value? OfConstant(Function function, Op op, Value value, Constant constant) => (op, constant.Bits) switch
    {
        (Op.Add or Op.Subtract or Op.Or or Op.Xor or Op.ShiftLeft or Op.ShiftRight or Op.ShiftRightUnsigned, 0) => value,
        (Op.Multiply or Op.Divide or Op.DivideUnsigned, 1) => value,
        (Op.Multiply or Op.And, 0) => constant,
        (Op.Remainder or Op.RemainderUnsigned, 1) => function.Constant(value.Type, 0),
        (Op.And, var bits) when bits == AllOnes(value.Type) => value,
        (Op.Or, var bits) when bits == AllOnes(value.Type) => constant,
        _ => null,
    };

    static ulong AllOnes(IrType type) => type switch
    {
        IrType.Bool => 1,
        IrType.I32 => uint.MaxValue,
        _ => ulong.MaxValue,
    };
}
