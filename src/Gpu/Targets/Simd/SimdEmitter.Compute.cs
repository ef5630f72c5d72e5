using System.Reflection;
using System.Reflection.Emit;
using Dalle2.Gpu.Ir;
using Dalle2.Gpu.Lowering;

namespace Dalle2.Gpu.Targets.Simd;

/// <content>Arithmetic: as vector instructions where there are some, else lane by lane through memory.</content>
sealed partial class SimdEmitter
{
    // True if the operation on vectors is a few calls on the stack. Every operation on scalars is.
    bool IsDirect(ComputeLine line)
    {
        if (!line.Target.IsVector)
            return true;
        IrType type = OperandType(line);
        bool wide = Halves(type) == 2;
        return line.Op switch
        {
            Op.Add or Op.Subtract or Op.Multiply or Op.FusedMultiplyAdd or Op.Negate => true,
            Op.Divide or Op.Sqrt or Op.Floor or Op.Abs when type.IsFloat() => true,
            Op.Divide or Op.Remainder or Op.DivideUnsigned or Op.RemainderUnsigned or Op.MultiplyHighUnsigned =>
            !wide && vectors.OfIntegers(IntegerOperation(line)) != null,
            Op.And or Op.Or or Op.Xor or Op.Not or Op.Select or Op.Shuffle => true,
            Op.ShiftLeft or Op.ShiftRight or Op.ShiftRightUnsigned =>
                line.Operands[1] is Constant || !IsVector(line.Operands[1])
                || (!wide && vectors.ShiftVariable(VariableShift(line.Op)) != null),
            Op.Equal or Op.NotEqual or Op.Less or Op.LessOrEqual or Op.LessUnsigned or Op.LessOrEqualUnsigned => true,
            Op.SignExtend or Op.ZeroExtend or Op.Truncate or Op.Bits => true,
            Op.SignExtend8 or Op.SignExtend16 or Op.ZeroExtend8 or Op.ZeroExtend16 => !wide,
            Op.UnsignedToFloat => !wide && line.Target.Type == IrType.F32 && vectors.UnsignedToFloat != null,
            Op.IntToFloat => !wide && line.Target.Type == IrType.F32,
            Op.FloatToInt => !wide && line.Target.Type == IrType.I32,
            _ => false,
        };
    }

    static string IntegerOperation(ComputeLine line) =>
        line.Op is Op.Divide or Op.DivideUnsigned && Instruction.MayBeZero(line.Operands[1]) ? $"{line.Op}OrZero" : line.Op.ToString();

    static string VariableShift(Op op) => op switch
    {
        Op.ShiftLeft => "ShiftLeftLogicalVariable",
        Op.ShiftRight => "ShiftRightArithmeticVariable",
        _ => "ShiftRightLogicalVariable",
    };

    void EmitCompute(ComputeLine line)
    {
        if (!IsDirect(line))
        {
            EmitLaneByLane(line);
            return;
        }

        LocalBuilder[] target = LocalsOf(line.Target);
        if (!line.Target.IsVector)
        {
            foreach (Value operand in line.Operands)
                PushScalar(operand);
            ScalarEmitter.Emit(il, line.Op, OperandType(line), line.Target.Type);
            Hide(line);
            il.Emit(OpCodes.Stloc, target[0]);
            return;
        }

        // Both halves of the result before either is stored: the target may be an operand of the other half.
        for (int half = 0; half < target.Length; half++)
            PushDirect(line, half);
        for (int half = target.Length - 1; half >= 0; half--)
            il.Emit(OpCodes.Stloc, target[half]);
    }

    // The only constants that are left to compute are NaN, and the just-in-time compiler gets vector comparisons with a NaN that it knows wrong.
    void Hide(ComputeLine line)
    {
        if (line.Target.Type.IsFloat() && line.Operands.All(operand => operand is Constant))
            il.Emit(OpCodes.Call, typeof(ScalarOperations).GetMethod(nameof(ScalarOperations.Unknown), [ElementOf(line.Target.Type)])!);
    }

    void PushDirect(ComputeLine line, int half)
    {
        Value[] o = line.Operands;
        IrType type = OperandType(line);
        Type element = ElementOf(type);
        switch (line.Op)
        {
            case Op.Divide or Op.Remainder or Op.DivideUnsigned or Op.RemainderUnsigned or Op.MultiplyHighUnsigned when !type.IsFloat():
                PushVector(o[0], half);
                PushVector(o[1], half);
                il.Emit(OpCodes.Call, vectors.OfIntegers(IntegerOperation(line))!);
                break;
            case Op.Add or Op.Subtract or Op.Multiply or Op.Divide:
                PushGeneric(line.Op.ToString(), element, half, o);
                break;
            case Op.And or Op.Or or Op.Xor:
                PushGeneric(line.Op switch { Op.And => "BitwiseAnd", Op.Or => "BitwiseOr", _ => "Xor" }, element, half, o);
                break;
            case Op.Not when type == IrType.Bool:
                // Not the complement: the just-in-time compiler makes "greater" of the complement of "less or equal", which is wrong for NaN.
                PushVector(o[0], half);
                il.Emit(OpCodes.Call, vectors.Zero(element));
                il.Emit(OpCodes.Call, vectors.Generic("Equals", element, 2));
                break;
            case Op.Not:
                PushGeneric("OnesComplement", element, half, o);
                break;
            case Op.Negate when type.IsFloat():
                PushWithSign(o[0], half, element, "Xor", 1ul << 63);
                break;
            case Op.Abs:
                PushWithSign(o[0], half, element, "BitwiseAnd", ~(1ul << 63));
                break;
            case Op.Negate or Op.Sqrt:
                PushGeneric(line.Op.ToString(), element, half, o);
                break;
            case Op.Floor:
                PushVector(o[0], half);
                il.Emit(OpCodes.Call, vectors.Exact("Floor", vectors.VectorOf(element)));
                break;
            case Op.FusedMultiplyAdd:
                foreach (Value operand in o)
                    PushVector(operand, half);
                il.Emit(OpCodes.Call, vectors.FusedMultiplyAdd(element));
                break;
            case Op.Select when Extremum(o, element) is { } extremum:
                PushVector(o[1], half);
                PushVector(o[2], half);
                il.Emit(OpCodes.Call, extremum);
                break;
            case Op.Select:
                PushChosen(type, half, o[0], () => PushVector(o[1], half), () => PushVector(o[2], half));
                break;
            case Op.Shuffle:
                PushVector(o[0], 0);
                PushVector(o[1], 0);
                il.Emit(OpCodes.Call, vectors.Permute(element));
                break;
            case Op.ShiftLeft or Op.ShiftRight or Op.ShiftRightUnsigned:
                PushShift(line, half, element);
                break;
            case Op.Equal or Op.NotEqual or Op.Less or Op.LessOrEqual or Op.LessUnsigned or Op.LessOrEqualUnsigned:
                PushComparison(line.Op, o, type, element);
                break;
            default:
                PushConversion(line, half);
                break;
        }
    }

    // The instruction for the lesser or greater of two floats, which gives its second operand where they do not compare: just as the selection does.
    MethodInfo? Extremum(Value[] select, Type element)
    {
        if (select[0] is not Register condition || !waiting.TryGetValue(condition, out ComputeLine? line)
            || line is not { Op: Op.Less, Operands: [var lesser, var greater] }
            || !OperandType(line).IsFloat())
        {
            return null;
        }

        if (Same(select[1], lesser) && Same(select[2], greater))
            return vectors.Extremum("Min", element);
        return Same(select[1], greater) && Same(select[2], lesser) ? vectors.Extremum("Max", element) : null;

        static bool Same(Value first, Value second) =>
            first == second || (first is Constant one && second is Constant other && one.Type == other.Type && one.Bits == other.Bits);
    }

    void PushGeneric(string name, Type element, int half, Value[] operands)
    {
        foreach (Value operand in operands)
            PushVector(operand, half);
        il.Emit(OpCodes.Call, vectors.Generic(name, element, operands.Length));
    }

    // A float with its sign bit changed, as bits: what arithmetic would do to a NaN's sign is the machine's own business.
    void PushWithSign(Value value, int half, Type element, string operation, ulong bits)
    {
        Type integer = element == typeof(float) ? typeof(int) : typeof(long);
        PushVector(value, half);
        il.Emit(OpCodes.Call, vectors.As(element, integer));
        if (element == typeof(float))
            il.Emit(OpCodes.Ldc_I4, (int)(bits >> 32));
        else
            il.Emit(OpCodes.Ldc_I8, (long)bits);
        il.Emit(OpCodes.Call, vectors.Broadcast(integer));
        il.Emit(OpCodes.Call, vectors.Generic(operation, integer, 2));
        il.Emit(OpCodes.Call, vectors.As(integer, element));
    }

    void PushShift(ComputeLine line, int half, Type element)
    {
        int width = element == typeof(int) ? 32 : 64;
        PushVector(line.Operands[0], half);
        if (!IsVector(line.Operands[1]))
        {
            PushScalar(line.Operands[1]);
            il.Emit(OpCodes.Ldc_I4, width - 1);
            il.Emit(OpCodes.And);
            string name = line.Op switch { Op.ShiftLeft => "ShiftLeft", Op.ShiftRight => "ShiftRightArithmetic", _ => "ShiftRightLogical" };
            il.Emit(OpCodes.Call, vectors.Shift(name, element));
            return;
        }

        PushVector(line.Operands[1], 0);
        il.Emit(OpCodes.Ldc_I4, width - 1);
        il.Emit(OpCodes.Call, vectors.Broadcast(typeof(int)));
        il.Emit(OpCodes.Call, vectors.Generic("BitwiseAnd", typeof(int), 2));
        il.Emit(OpCodes.Call, vectors.As(typeof(int), typeof(uint)));
        il.Emit(OpCodes.Call, vectors.ShiftVariable(VariableShift(line.Op))!);
    }

    // A mask: of 64-bit lanes both halves' are narrowed into one.
    void PushComparison(Op op, Value[] operands, IrType type, Type element)
    {
        string name = op switch { Op.Equal or Op.NotEqual => "Equals", Op.Less or Op.LessUnsigned => "LessThan", _ => "LessThanOrEqual" };
        bool unsigned = op is Op.LessUnsigned or Op.LessOrEqualUnsigned;
        Type compared = !unsigned ? element : element == typeof(int) ? typeof(uint) : typeof(ulong);
        Type integer = Halves(type) == 1 ? typeof(int) : typeof(long);
        for (int half = 0; half < Halves(type); half++)
        {
            foreach (Value operand in operands)
            {
                PushVector(operand, half);
                if (unsigned)
                    il.Emit(OpCodes.Call, vectors.As(element, compared));
            }

            il.Emit(OpCodes.Call, vectors.Generic(name, compared, 2));
            if (compared != integer)
                il.Emit(OpCodes.Call, vectors.As(compared, integer));
        }

        if (integer == typeof(long))
            il.Emit(OpCodes.Call, vectors.Exact("Narrow", vectors.VectorOf(typeof(long)), vectors.VectorOf(typeof(long))));
        if (op == Op.NotEqual)
            il.Emit(OpCodes.Call, vectors.Generic("OnesComplement", typeof(int), 1));
    }
}
