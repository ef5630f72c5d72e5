using System.Reflection;
using System.Reflection.Emit;
using Dalle2.Gpu.Ir;
using Dalle2.Gpu.Lowering;

namespace Dalle2.Gpu.Targets.Simd;

/// <content>Atomic operations, one lane after the other.</content>
sealed partial class SimdEmitter
{
    void EmitAtomic(AtomicLine atomic)
    {
        MemoryType type = atomic.Access.Type;
        bool wide = type.Bytes() == 8;
        Type bits = wide ? typeof(long) : typeof(int);
        Value value = atomic.Values[^1];
        MethodInfo run = typeof(AtomicOperations).GetMethod(nameof(AtomicOperations.Run),
            [typeof(byte*), bits, bits, typeof(Op), typeof(bool)])!;
        for (int v = 0; v < atomic.Values.Length; v++)
            SpillLanes(atomic.Values[v], 2 + v);
        const int Result = 4;
        if (code.Lanes == 1)
        {
            PushAddress(atomic.Access, atomic.Pointer, atomic.Index, 0);
            CallRun(v => PushScalar(v));
            Keep(() => il.Emit(OpCodes.Stloc, LocalsOf(atomic.Target!)[0]));
            return;
        }

        ForLanes(atomic.Mask, atomic.Pointer, atomic.Index, lane =>
        {
            if (atomic.Target != null)
                PushLaneAddress(Result, ElementOf(atomic.Target.Type), lane);
            PushAddressOfLane(atomic.Access, atomic.Pointer, atomic.Index, 0, lane);
            CallRun(v => PushLane(v, 2 + Array.IndexOf(atomic.Values, v), lane));
            Keep(() => il.Emit(OpCodes.Stobj, ElementOf(atomic.Target!.Type)));
        });
        if (atomic.Target != null)
            FillFrom(Result, atomic.Target);

        void CallRun(Action<Value> push)
        {
            PushAsBits(value, push);
            PushAsBits(atomic.Values[0], push);
            il.Emit(OpCodes.Ldc_I4, (int)atomic.Op);
            il.Emit(type is MemoryType.F32 or MemoryType.F64 && atomic.Op == Op.AtomicAdd ? OpCodes.Ldc_I4_1 : OpCodes.Ldc_I4_0);
            il.Emit(OpCodes.Call, run);
        }

        void Keep(Action store)
        {
            if (atomic.Target == null)
            {
                il.Emit(OpCodes.Pop);
                return;
            }

            if (atomic.Target.Type.IsFloat())
                il.Emit(OpCodes.Call, typeof(BitConverter).GetMethod(wide ? "Int64BitsToDouble" : "Int32BitsToSingle")!);
            store();
        }
    }

    void PushAsBits(Value value, Action<Value> push)
    {
        push(value);
        if (value.Type == IrType.F32)
            il.Emit(OpCodes.Call, typeof(BitConverter).GetMethod("SingleToInt32Bits")!);
        else if (value.Type == IrType.F64)
            il.Emit(OpCodes.Call, typeof(BitConverter).GetMethod("DoubleToInt64Bits")!);
    }
}
