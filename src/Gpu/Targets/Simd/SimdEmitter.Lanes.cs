using System.Reflection;
using System.Reflection.Emit;
using Dalle2.Gpu.Ir;
using Dalle2.Gpu.Lowering;

namespace Dalle2.Gpu.Targets.Simd;

/// <content>Operations that go lane by lane through memory.</content>
sealed partial class SimdEmitter
{
    static readonly MethodInfo TrailingZeros = typeof(System.Numerics.BitOperations).GetMethod("TrailingZeroCount", [typeof(int)])!;

    void EmitLaneByLane(ComputeLine line)
    {
        for (int o = 0; o < line.Operands.Length; o++)
            SpillLanes(line.Operands[o], o);
        const int Result = 3;
        LocalBuilder lane = NewLocal(typeof(int));
        System.Reflection.Emit.Label again = il.DefineLabel();
        il.Emit(OpCodes.Ldc_I4_0);
        il.Emit(OpCodes.Stloc, lane);
        il.MarkLabel(again);
        Type element = ElementOf(line.Target.Type);
        PushLaneAddress(Result, element, lane);
        for (int o = 0; o < line.Operands.Length; o++)
            PushLane(line.Operands[o], o, lane);
        ScalarEmitter.Emit(il, line.Op, OperandType(line), line.Target.Type);
        if (line.Target.Type == IrType.Bool)
            il.Emit(OpCodes.Neg);
        il.Emit(OpCodes.Stobj, element);
        Advance(lane, 1, () => il.Emit(OpCodes.Ldc_I4, code.Lanes), again);
        FillFrom(Result, line.Target);
    }

    void PushSlot(int slot)
    {
        LoadContext(nameof(SimdContext.Scratch));
        il.Emit(OpCodes.Ldc_I4, slot * code.Lanes * 8);
        il.Emit(OpCodes.Add);
    }

    // Puts a vector's lanes in a row in memory; a scalar needs none.
    void SpillLanes(Value value, int slot)
    {
        if (!IsVector(value))
            return;
        Type vector = vectors.VectorOf(ElementOf(value.Type));
        for (int half = 0; half < Halves(value.Type); half++)
        {
            PushSlot(slot);
            il.Emit(OpCodes.Ldc_I4, half * vectors.Bits / 8);
            il.Emit(OpCodes.Add);
            PushVector(value, half);
            il.Emit(OpCodes.Unaligned, (byte)4);
            il.Emit(OpCodes.Stobj, vector);
        }
    }

    void PushLaneAddress(int slot, Type element, LocalBuilder lane)
    {
        PushSlot(slot);
        il.Emit(OpCodes.Ldloc, lane);
        il.Emit(OpCodes.Ldc_I4, element == typeof(int) || element == typeof(float) ? 4 : 8);
        il.Emit(OpCodes.Mul);
        il.Emit(OpCodes.Add);
    }

    void PushLane(Value value, int slot, LocalBuilder lane)
    {
        if (!IsVector(value))
        {
            PushScalar(value);
            return;
        }

        Type element = ElementOf(value.Type);
        PushLaneAddress(slot, element, lane);
        il.Emit(OpCodes.Ldobj, element);
        if (value.Type == IrType.Bool)
            il.Emit(OpCodes.Neg);
    }

    void FillFrom(int slot, Register target)
    {
        LocalBuilder[] halves = LocalsOf(target);
        for (int half = 0; half < halves.Length; half++)
        {
            PushSlot(slot);
            il.Emit(OpCodes.Ldc_I4, half * vectors.Bits / 8);
            il.Emit(OpCodes.Add);
            il.Emit(OpCodes.Unaligned, (byte)4);
            il.Emit(OpCodes.Ldobj, halves[half].LocalType);
            il.Emit(OpCodes.Stloc, halves[half]);
        }
    }

    void PushFixedLane(Value value, int slot, int lane)
    {
        if (!IsVector(value))
        {
            PushScalar(value);
            return;
        }

        Type element = ElementOf(value.Type);
        PushSlot(slot);
        il.Emit(OpCodes.Ldc_I4, lane * (element == typeof(int) || element == typeof(float) ? 4 : 8));
        il.Emit(OpCodes.Add);
        il.Emit(OpCodes.Ldobj, element);
    }

    // Runs the body for each active lane, in rising order; pointers and indices that are vectors lie in slots 0 and 1.
    void ForLanes(Value? mask, Value pointer, Value index, Action<LocalBuilder> body)
    {
        LocalBuilder lane = NewLocal(typeof(int));
        System.Reflection.Emit.Label again = il.DefineLabel(), done = il.DefineLabel();
        if (mask == null)
        {
            SpillLanes(pointer, 0);
            SpillLanes(index, 1);
            il.Emit(OpCodes.Ldc_I4_0);
            il.Emit(OpCodes.Stloc, lane);
            il.MarkLabel(again);
            body(lane);
            Advance(lane, 1, () => il.Emit(OpCodes.Ldc_I4, code.Lanes), again);
            return;
        }

        LocalBuilder left = NewLocal(typeof(int));
        PushBits(mask);
        il.Emit(OpCodes.Stloc, left);
        SpillLanes(pointer, 0);
        SpillLanes(index, 1);
        il.MarkLabel(again);
        il.Emit(OpCodes.Ldloc, left);
        il.Emit(OpCodes.Brfalse, done);
        il.Emit(OpCodes.Ldloc, left);
        il.Emit(OpCodes.Call, TrailingZeros);
        il.Emit(OpCodes.Stloc, lane);
        body(lane);
        il.Emit(OpCodes.Ldloc, left);
        il.Emit(OpCodes.Ldloc, left);
        il.Emit(OpCodes.Ldc_I4_1);
        il.Emit(OpCodes.Sub);
        il.Emit(OpCodes.And);
        il.Emit(OpCodes.Stloc, left);
        il.Emit(OpCodes.Br, again);
        il.MarkLabel(done);
    }

    void PushAddressOfLane(Access access, Value pointer, Value index, int step, LocalBuilder lane)
    {
        PushLane(pointer, 0, lane);
        PushLane(index, 1, lane);
        Scale(index.Type, access.Stride);
        if (access.Offset != 0)
        {
            il.Emit(OpCodes.Ldc_I8, (long)access.Offset);
            il.Emit(OpCodes.Add);
        }

        if (step == 0)
            return;
        il.Emit(OpCodes.Ldloc, lane);
        il.Emit(OpCodes.Conv_I8);
        il.Emit(OpCodes.Ldc_I8, (long)step);
        il.Emit(OpCodes.Mul);
        il.Emit(OpCodes.Add);
    }
}
