using System.Reflection.Emit;
using Dalle2.Gpu.Ir;
using Dalle2.Gpu.Lowering;

namespace Dalle2.Gpu.Targets.Simd;

/// <content>Loads and stores: whole vectors where the lanes lie side by side, else lane by lane.</content>
sealed partial class SimdEmitter
{
    void EmitAddress(AddressLine line)
    {
        LocalBuilder[] target = LocalsOf(line.Target);
        if (!line.Target.IsVector)
        {
            PushAddress(line.Access, line.Pointer, line.Index, 0);
            il.Emit(OpCodes.Stloc, target[0]);
            return;
        }

        for (int half = 0; half < 2; half++)
        {
            PushVector(line.Pointer, half);
            PushIndexVector(line.Index, half);
            il.Emit(OpCodes.Ldc_I8, (long)line.Access.Stride);
            il.Emit(OpCodes.Call, vectors.Broadcast(typeof(long)));
            il.Emit(OpCodes.Call, vectors.Generic("Multiply", typeof(long), 2));
            il.Emit(OpCodes.Call, vectors.Generic("Add", typeof(long), 2));
            if (line.Access.Offset != 0)
            {
                il.Emit(OpCodes.Ldc_I8, (long)line.Access.Offset);
                il.Emit(OpCodes.Call, vectors.Broadcast(typeof(long)));
                il.Emit(OpCodes.Call, vectors.Generic("Add", typeof(long), 2));
            }
        }

        il.Emit(OpCodes.Stloc, target[1]);
        il.Emit(OpCodes.Stloc, target[0]);
    }

    void PushIndexVector(Value index, int half)
    {
        if (index.Type != IrType.I32)
        {
            PushVector(index, half);
            return;
        }

        PushVector(index, 0);
        il.Emit(OpCodes.Call, vectors.Exact(half == 0 ? "WidenLower" : "WidenUpper", vectors.VectorOf(typeof(int))));
    }

    // pointer + index * stride + offset + more, of scalars.
    void PushAddress(Access access, Value pointer, Value index, long more)
    {
        long offset = access.Offset + more;
        PushScalar(pointer);
        if (index is Constant constant)
        {
            offset += (index.Type == IrType.I32 ? (int)constant.Bits : (long)constant.Bits) * access.Stride;
        }
        else
        {
            PushScalar(index);
            Scale(index.Type, access.Stride);
        }

        if (offset == 0)
            return;
        il.Emit(OpCodes.Ldc_I8, offset);
        il.Emit(OpCodes.Add);
    }

    // Adds an index on the stack to the address below it.
    void Scale(IrType type, int stride)
    {
        if (type == IrType.I32)
            il.Emit(OpCodes.Conv_I8);
        if (stride != 1)
        {
            il.Emit(OpCodes.Ldc_I8, (long)stride);
            il.Emit(OpCodes.Mul);
        }

        il.Emit(OpCodes.Add);
    }

    void PushLoaded(MemoryType type) => il.Emit(type switch
    {
        MemoryType.I8 => OpCodes.Ldind_I1,
        MemoryType.U8 => OpCodes.Ldind_U1,
        MemoryType.I16 => OpCodes.Ldind_I2,
        MemoryType.U16 => OpCodes.Ldind_U2,
        MemoryType.I32 => OpCodes.Ldind_I4,
        MemoryType.I64 => OpCodes.Ldind_I8,
        MemoryType.F32 => OpCodes.Ldind_R4,
        _ => OpCodes.Ldind_R8,
    });

    void StoreTo(MemoryType type) => il.Emit(type switch
    {
        MemoryType.I8 or MemoryType.U8 => OpCodes.Stind_I1,
        MemoryType.I16 or MemoryType.U16 => OpCodes.Stind_I2,
        MemoryType.I32 => OpCodes.Stind_I4,
        MemoryType.I64 => OpCodes.Stind_I8,
        MemoryType.F32 => OpCodes.Stind_R4,
        _ => OpCodes.Stind_R8,
    });

    void EmitLoad(LoadLine load)
    {
        LocalBuilder[] target = LocalsOf(load.Target);
        MemoryType type = load.Access.Type;
        bool even = !IsVector(load.Pointer) && !IsVector(load.Index);
        if (!load.Target.IsVector)
        {
            PushAddress(load.Access, load.Pointer, load.Index, 0);
            PushLoaded(type);
            if (broadcast.Contains(load.Target))
                il.Emit(OpCodes.Call, vectors.Broadcast(ElementOf(load.Target.Type)));
            il.Emit(OpCodes.Stloc, target[0]);
            return;
        }

        Type element = ElementOf(load.Target.Type);
        if (even && load.LaneStep == type.Bytes() && type.Bytes() >= 4 && (load.Mask == null || vectors.MaskLoad(element) != null))
        {
            for (int half = 0; half < target.Length; half++)
            {
                PushAddress(load.Access, load.Pointer, load.Index, half * vectors.Bits / 8);
                if (load.Mask == null)
                {
                    il.Emit(OpCodes.Unaligned, (byte)4);
                    il.Emit(OpCodes.Ldobj, vectors.VectorOf(element));
                }
                else
                {
                    PushMask(load.Mask, element, half);
                    if (vectors.MaskLoadMerges)
                        il.Emit(OpCodes.Call, vectors.Zero(element));
                    il.Emit(OpCodes.Call, vectors.MaskLoad(element)!);
                }

                il.Emit(OpCodes.Stloc, target[half]);
            }

            return;
        }

        if (even && load.Mask == null && target.Length == 1)
        {
            LocalBuilder start = NewLocal(typeof(long));
            PushAddress(load.Access, load.Pointer, load.Index, 0);
            il.Emit(OpCodes.Stloc, start);
            for (int lane = 0; lane < code.Lanes; lane++)
            {
                il.Emit(OpCodes.Ldloc, start);
                il.Emit(OpCodes.Ldc_I8, (long)lane * load.LaneStep);
                il.Emit(OpCodes.Add);
                PushLoaded(type);
            }

            il.Emit(OpCodes.Call, vectors.Create(element));
            il.Emit(OpCodes.Stloc, target[0]);
            return;
        }

        const int Result = 3;
        ForLanes(load.Mask, load.Pointer, load.Index, lane =>
        {
            PushLaneAddress(Result, element, lane);
            PushAddressOfLane(load.Access, load.Pointer, load.Index, load.LaneStep, lane);
            PushLoaded(type);
            il.Emit(OpCodes.Stobj, element);
        });
        FillFrom(Result, load.Target);
    }

    void EmitStore(StoreLine store)
    {
        MemoryType type = store.Access.Type;
        bool even = !IsVector(store.Pointer) && !IsVector(store.Index);
        Type element = ElementOf(type.Loaded());
        if (even && store.LaneStep == 0 && !IsVector(store.Value))
        {
            PushAddress(store.Access, store.Pointer, store.Index, 0);
            PushScalar(store.Value);
            StoreTo(type);
            return;
        }

        if (even && store.LaneStep == type.Bytes() && type.Bytes() >= 4 && (store.Mask == null || vectors.MaskStore(element) != null))
        {
            for (int half = 0; half < Halves(type.Loaded()); half++)
            {
                PushAddress(store.Access, store.Pointer, store.Index, half * vectors.Bits / 8);
                if (store.Mask != null)
                    PushMask(store.Mask, element, half);
                PushVector(store.Value, half);
                if (store.Mask != null)
                {
                    il.Emit(OpCodes.Call, vectors.MaskStore(element)!);
                }
                else
                {
                    il.Emit(OpCodes.Unaligned, (byte)4);
                    il.Emit(OpCodes.Stobj, vectors.VectorOf(element));
                }
            }

            return;
        }

        SpillLanes(store.Value, 2);
        if (even && store.Mask == null && store.LaneStep != 0)
        {
            LocalBuilder start = NewLocal(typeof(long));
            PushAddress(store.Access, store.Pointer, store.Index, 0);
            il.Emit(OpCodes.Stloc, start);
            for (int lane = 0; lane < code.Lanes; lane++)
            {
                il.Emit(OpCodes.Ldloc, start);
                il.Emit(OpCodes.Ldc_I8, (long)lane * store.LaneStep);
                il.Emit(OpCodes.Add);
                PushFixedLane(store.Value, 2, lane);
                StoreTo(type);
            }

            return;
        }

        ForLanes(store.Mask, store.Pointer, store.Index, lane =>
        {
            PushAddressOfLane(store.Access, store.Pointer, store.Index, store.LaneStep, lane);
            PushLane(store.Value, 2, lane);
            StoreTo(type);
        });
    }
}
