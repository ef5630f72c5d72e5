using System.Reflection;
using System.Reflection.Emit;
using Dalle2.Gpu.Ir;
using Dalle2.Gpu.Lowering;

namespace Dalle2.Gpu.Targets.Simd;

/// <content>Values on the evaluation stack: scalars, vectors, masks.</content>
sealed partial class SimdEmitter
{
    void PushBuiltIn(BuiltIn where)
    {
        switch (where)
        {
            case BuiltIn.ThreadX:
                il.Emit(OpCodes.Ldloc, place);
                break;
            case BuiltIn.ThreadY:
                LoadContext(nameof(SimdContext.Y));
                break;
            case BuiltIn.ThreadZ:
                LoadContext(nameof(SimdContext.Z));
                break;
            case BuiltIn.ExtentX or BuiltIn.ExtentY or BuiltIn.ExtentZ:
                LoadContext(where.ToString());
                break;
            case BuiltIn.GridSizeX or BuiltIn.GridSizeY or BuiltIn.GridSizeZ:
                LoadContext("Grid" + "XYZ"[where - BuiltIn.GridSizeX]);
                break;
            case BuiltIn.GridIndexX:
                il.Emit(OpCodes.Ldloc, place);
                LoadContext(nameof(SimdContext.GridX));
                il.Emit(OpCodes.Rem);
                break;
            case BuiltIn.GridIndexY:
                il.Emit(OpCodes.Ldloc, place);
                LoadContext(nameof(SimdContext.GridX));
                il.Emit(OpCodes.Div);
                LoadContext(nameof(SimdContext.GridY));
                il.Emit(OpCodes.Rem);
                break;
            case BuiltIn.GridIndexZ:
                il.Emit(OpCodes.Ldloc, place);
                LoadContext(nameof(SimdContext.GridX));
                il.Emit(OpCodes.Div);
                LoadContext(nameof(SimdContext.GridY));
                il.Emit(OpCodes.Div);
                break;
            case BuiltIn.ThreadInGroup:
                il.Emit(OpCodes.Ldloc, vectorStart!);
                break;
            default:
                throw new InvalidOperationException($"{where} is known when a kernel is compiled for groups of vectors");
        }
    }

    void EmitMove(MoveLine move)
    {
        LocalBuilder[] target = LocalsOf(move.Target);
        for (int half = 0; half < target.Length; half++)
        {
            if (!move.Target.IsVector)
            {
                PushScalar(move.Value);
            }
            else if (move.Mask == null)
            {
                PushVector(move.Value, half);
            }
            else
            {
                PushChosen(move.Target.Type, half, move.Mask, () => PushVector(move.Value, half),
                    () => il.Emit(OpCodes.Ldloc, target[half]));
            }

            il.Emit(OpCodes.Stloc, target[half]);
        }
    }

    void PushChosen(IrType type, int half, Value mask, Action first, Action second)
    {
        Type element = ElementOf(type);
        PushMask(mask, element, half);
        first();
        second();
        il.Emit(OpCodes.Call, vectors.Generic("ConditionalSelect", element, 3));
    }

    // The mask for lanes of an element type: all bits of a lane set or none.
    void PushMask(Value mask, Type element, int half)
    {
        PushVector(mask, 0);
        Type from = typeof(int);
        if (element == typeof(long) || element == typeof(double))
        {
            il.Emit(OpCodes.Call, vectors.Exact(half == 0 ? "WidenLower" : "WidenUpper", vectors.VectorOf(typeof(int))));
            from = typeof(long);
        }

        if (element != from)
            il.Emit(OpCodes.Call, vectors.As(from, element));
    }

    // The lanes of a mask as bits of an integer.
    void PushBits(Value mask)
    {
        PushVector(mask, 0);
        MethodInfo bits = vectors.Generic("ExtractMostSignificantBits", typeof(int), 1);
        il.Emit(OpCodes.Call, bits);
        if (bits.ReturnType == typeof(ulong))
            il.Emit(OpCodes.Conv_I4);
        // Where masks live in registers of at least 8 bits, the just-in-time compiler lets the complement of a shorter one keep the bits above it.
        if (code.Lanes < 8)
        {
            il.Emit(OpCodes.Ldc_I4, (1 << code.Lanes) - 1);
            il.Emit(OpCodes.And);
        }
    }

    void PushScalar(Value value)
    {
        switch (value)
        {
            case Constant constant:
                PushConstant(constant);
                break;
            case Register register when waiting.TryGetValue(register, out ComputeLine? line):
                foreach (Value operand in line.Operands)
                    PushScalar(operand);
                ScalarEmitter.Emit(il, line.Op, OperandType(line), register.Type);
                Hide(line);
                break;
            case Register register:
                il.Emit(OpCodes.Ldloc, LocalsOf(register)[0]);
                break;
            default:
                throw new InvalidOperationException("the lanes' numbers are no scalar");
        }
    }

    static IrType OperandType(ComputeLine line) => line.Op.Row().OperandType(line.Operands);

    void PushConstant(Constant constant)
    {
        switch (ElementOf(constant.Type).Name)
        {
            case nameof(Int32):
                il.Emit(OpCodes.Ldc_I4, (int)constant.Bits);
                break;
            case nameof(Int64):
                il.Emit(OpCodes.Ldc_I8, (long)constant.Bits);
                break;
            case nameof(Single):
                il.Emit(OpCodes.Ldc_R4, BitConverter.UInt32BitsToSingle((uint)constant.Bits));
                break;
            default:
                il.Emit(OpCodes.Ldc_R8, BitConverter.UInt64BitsToDouble(constant.Bits));
                break;
        }
    }

    // A value in every lane of a half.
    void PushVector(Value value, int half)
    {
        Type element = ElementOf(value.Type);
        switch (value)
        {
            case LaneNumbers:
                for (int lane = 0; lane < code.Lanes; lane++)
                    il.Emit(OpCodes.Ldc_I4, lane);
                il.Emit(OpCodes.Call, vectors.Create(typeof(int)));
                break;
            case Constant { Bits: 0 }:
                il.Emit(OpCodes.Call, vectors.Zero(element));
                break;
            case Register { IsVector: true } register when waiting.TryGetValue(register, out ComputeLine? line):
                PushDirect(line, half);
                break;
            case Register register when register.IsVector || broadcast.Contains(register):
                il.Emit(OpCodes.Ldloc, LocalsOf(register)[half]);
                break;
            default:
                PushScalar(value);
                if (value.Type == IrType.Bool)
                    il.Emit(OpCodes.Neg);
                il.Emit(OpCodes.Call, vectors.Broadcast(element));
                break;
        }
    }
}
