using System.Reflection.Emit;
using Dalle2.Gpu.Ir;
using Dalle2.Gpu.Lowering;

namespace Dalle2.Gpu.Targets.Simd;

/// <content>Conversions between types of vectors.</content>
sealed partial class SimdEmitter
{
    void PushConversion(ComputeLine line, int half)
    {
        Value value = line.Operands[0];
        IrType from = value.Type, to = line.Target.Type;
        Type source = ElementOf(from), element = ElementOf(to);
        switch (line.Op)
        {
            case Op.SignExtend8 or Op.SignExtend16:
                int unused = line.Op == Op.SignExtend8 ? 24 : 16;
                PushVector(value, 0);
                il.Emit(OpCodes.Ldc_I4, unused);
                il.Emit(OpCodes.Call, vectors.Shift("ShiftLeft", typeof(int)));
                il.Emit(OpCodes.Ldc_I4, unused);
                il.Emit(OpCodes.Call, vectors.Shift("ShiftRightArithmetic", typeof(int)));
                break;
            case Op.ZeroExtend8 or Op.ZeroExtend16:
                PushVector(value, 0);
                il.Emit(OpCodes.Ldc_I4, line.Op == Op.ZeroExtend8 ? 0xFF : 0xFFFF);
                il.Emit(OpCodes.Call, vectors.Broadcast(typeof(int)));
                il.Emit(OpCodes.Call, vectors.Generic("BitwiseAnd", typeof(int), 2));
                break;
            case Op.SignExtend or Op.ZeroExtend when from == IrType.I32:
                Type widened = line.Op == Op.SignExtend ? typeof(int) : typeof(uint);
                PushVector(value, 0);
                if (widened != typeof(int))
                    il.Emit(OpCodes.Call, vectors.As(typeof(int), widened));
                il.Emit(OpCodes.Call, vectors.Exact(half == 0 ? "WidenLower" : "WidenUpper", vectors.VectorOf(widened)));
                if (widened != typeof(int))
                    il.Emit(OpCodes.Call, vectors.As(typeof(ulong), typeof(long)));
                break;
            case Op.ZeroExtend:
                // A bool: 0 or 1 from a mask, in the target's type.
                PushMask(value, element, half);
                PushOne(element);
                il.Emit(OpCodes.Call, vectors.Generic("BitwiseAnd", element, 2));
                break;
            case Op.Truncate:
                PushVector(value, 0);
                PushVector(value, 1);
                il.Emit(OpCodes.Call, vectors.Exact("Narrow", vectors.VectorOf(typeof(long)), vectors.VectorOf(typeof(long))));
                break;
            case Op.Bits:
                PushVector(value, half);
                if (source != element)
                    il.Emit(OpCodes.Call, vectors.As(source, element));
                break;
            case Op.IntToFloat:
                PushVector(value, 0);
                il.Emit(OpCodes.Call, vectors.Exact("ConvertToSingle", vectors.VectorOf(typeof(int))));
                break;
            case Op.UnsignedToFloat:
                PushVector(value, 0);
                il.Emit(OpCodes.Call, vectors.As(typeof(int), typeof(uint)));
                il.Emit(OpCodes.Call, vectors.UnsignedToFloat!);
                break;
            case Op.FloatToInt:
                PushVector(value, 0);
                il.Emit(OpCodes.Call, vectors.Exact("ConvertToInt32", vectors.VectorOf(typeof(float))));
                break;
            default:
                throw new InvalidOperationException($"{line.Op} goes lane by lane");
        }
    }

    void PushOne(Type element)
    {
        if (element == typeof(int))
            il.Emit(OpCodes.Ldc_I4_1);
        else
            il.Emit(OpCodes.Ldc_I8, 1L);
        il.Emit(OpCodes.Call, vectors.Broadcast(element));
    }
}
