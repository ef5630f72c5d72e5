using System.Reflection.Emit;
using Dalle2.Gpu.Ir;

namespace Dalle2.Gpu.Targets.Simd;

/// <summary>One operation on single values whose operands are on the evaluation stack.</summary>
static class ScalarEmitter
{
    public static void Emit(ILGenerator il, Op op, IrType operand, IrType result)
    {
        switch (op)
        {
            case Op.Add:
                il.Emit(OpCodes.Add);
                break;
            case Op.Subtract:
                il.Emit(OpCodes.Sub);
                break;
            case Op.Multiply:
                il.Emit(OpCodes.Mul);
                break;
            case Op.Divide when operand.IsFloat():
                il.Emit(OpCodes.Div);
                break;
            case Op.Divide or Op.DivideUnsigned or Op.Remainder or Op.RemainderUnsigned or Op.MultiplyHighUnsigned:
                Type integer = Element(operand);
                Call(il, typeof(ScalarOperations), op.ToString(), integer, integer);
                break;
            case Op.And:
                il.Emit(OpCodes.And);
                break;
            case Op.Or:
                il.Emit(OpCodes.Or);
                break;
            case Op.Xor:
                il.Emit(OpCodes.Xor);
                break;
            case Op.Not when operand == IrType.Bool:
                il.Emit(OpCodes.Ldc_I4_1);
                il.Emit(OpCodes.Xor);
                break;
            case Op.Not:
                il.Emit(OpCodes.Not);
                break;
            case Op.Negate:
                il.Emit(OpCodes.Neg);
                break;
            case Op.ShiftLeft or Op.ShiftRight or Op.ShiftRightUnsigned:
                il.Emit(OpCodes.Ldc_I4, operand == IrType.I64 ? 63 : 31);
                il.Emit(OpCodes.And);
                il.Emit(op switch { Op.ShiftLeft => OpCodes.Shl, Op.ShiftRight => OpCodes.Shr, _ => OpCodes.Shr_Un });
                break;
            case Op.Equal:
                il.Emit(OpCodes.Ceq);
                break;
            case Op.NotEqual:
                il.Emit(OpCodes.Ceq);
                Negated(il);
                break;
            case Op.Less:
                il.Emit(OpCodes.Clt);
                break;
            case Op.LessUnsigned:
                il.Emit(OpCodes.Clt_Un);
                break;
            case Op.LessOrEqual:
                // Not greater; of floats, greater or unordered.
                il.Emit(operand.IsFloat() ? OpCodes.Cgt_Un : OpCodes.Cgt);
                Negated(il);
                break;
            case Op.LessOrEqualUnsigned:
                il.Emit(OpCodes.Cgt_Un);
                Negated(il);
                break;
            case Op.Select:
                il.Emit(OpCodes.Call, typeof(ScalarOperations).GetMethod(nameof(ScalarOperations.Select))!.MakeGenericMethod(
                    Element(result)));
                break;
            case Op.SignExtend:
                il.Emit(OpCodes.Conv_I8);
                break;
            case Op.ZeroExtend:
                if (result == IrType.I64)
                    il.Emit(OpCodes.Conv_U8);
                break;
            case Op.Truncate:
                il.Emit(OpCodes.Conv_I4);
                break;
            case Op.SignExtend8:
                il.Emit(OpCodes.Conv_I1);
                Widen(il, result);
                break;
            case Op.SignExtend16:
                il.Emit(OpCodes.Conv_I2);
                Widen(il, result);
                break;
            case Op.ZeroExtend8:
                il.Emit(OpCodes.Conv_U1);
                Widen(il, result);
                break;
            case Op.ZeroExtend16:
                il.Emit(OpCodes.Conv_U2);
                Widen(il, result);
                break;
            case Op.IntToFloat:
                il.Emit(result == IrType.F32 ? OpCodes.Conv_R4 : OpCodes.Conv_R8);
                break;
            case Op.UnsignedToFloat:
                Call(il, typeof(ScalarOperations), result == IrType.F32 ? "UnsignedToFloat" : "UnsignedToDouble",
                    operand == IrType.I32 ? typeof(uint) : typeof(ulong));
                break;
            case Op.FloatToInt:
                Call(il, typeof(ScalarOperations), result == IrType.I32 ? "ToInt" : "ToLong", Element(operand));
                break;
            case Op.FloatToUnsigned:
                Call(il, typeof(ScalarOperations), result == IrType.I32 ? "ToUInt" : "ToULong", Element(operand));
                break;
            case Op.FloatToFloat:
                il.Emit(result == IrType.F32 ? OpCodes.Conv_R4 : OpCodes.Conv_R8);
                break;
            case Op.Bits:
                Reinterpret(il, operand, result);
                break;
            case Op.Sqrt or Op.Floor or Op.Abs:
                Call(il, operand == IrType.F32 ? typeof(MathF) : typeof(Math), op.ToString(), Element(operand));
                break;
            case Op.FusedMultiplyAdd:
                Type type = Element(operand);
                Call(il, operand == IrType.F32 ? typeof(MathF) : typeof(Math), "FusedMultiplyAdd", type, type, type);
                break;
            case Op.HalfToFloat:
                Call(il, typeof(ScalarOperations), "HalfToFloat", typeof(int));
                break;
            case Op.FloatToHalf:
                Call(il, typeof(ScalarOperations), "FloatToHalf", typeof(float));
                break;
            case Op.IsValid:
                il.Emit(OpCodes.Ldc_I8, 0L);
                il.Emit(OpCodes.Cgt_Un);
                break;
            default:
                throw new InvalidOperationException($"{op} is no arithmetic");
        }
    }

    static Type Element(IrType type) => type switch
    {
        IrType.F32 => typeof(float),
        IrType.F64 => typeof(double),
        IrType.Bool or IrType.I32 => typeof(int),
        _ => typeof(long),
    };

    static void Negated(ILGenerator il)
    {
        il.Emit(OpCodes.Ldc_I4_0);
        il.Emit(OpCodes.Ceq);
    }

    static void Widen(ILGenerator il, IrType result)
    {
        if (result == IrType.I64)
            il.Emit(OpCodes.Conv_I8);
    }

    static void Reinterpret(ILGenerator il, IrType from, IrType to)
    {
        string? method = (from, to) switch
        {
            (IrType.F32, IrType.I32) => nameof(BitConverter.SingleToInt32Bits),
            (IrType.I32, IrType.F32) => nameof(BitConverter.Int32BitsToSingle),
            (IrType.F64, IrType.I64) => nameof(BitConverter.DoubleToInt64Bits),
            (IrType.I64, IrType.F64) => nameof(BitConverter.Int64BitsToDouble),
            _ => null,
        };
        if (method != null)
            il.Emit(OpCodes.Call, typeof(BitConverter).GetMethod(method)!);
    }

    static void Call(ILGenerator il, Type type, string name, params Type[] parameters) =>
        il.Emit(OpCodes.Call, type.GetMethod(name, parameters) ?? throw new InvalidOperationException($"{type.Name} has no {name}"));
}
