using System.Reflection.Emit;
using Dalle2.Gpu.Lowering;

namespace Dalle2.Gpu.Targets.Simd;

/// <content>Barriers, at which a vector puts aside what it still needs, and checks, at which it stops.</content>
sealed partial class SimdEmitter
{
    void EmitRequire(RequireLine require)
    {
        System.Reflection.Emit.Label fine = il.DefineLabel();
        bool vector = IsVector(require.Ok) || IsVector(require.Found) || IsVector(require.Limit);
        if (!vector)
        {
            PushScalar(require.Ok);
            il.Emit(OpCodes.Brtrue, fine);
            PushScalar(require.Found);
            PushScalar(require.Limit);
            il.Emit(OpCodes.Ldc_I4, require.Check);
            il.Emit(OpCodes.Ldloc, place);
            il.Emit(OpCodes.Call, typeof(ScalarOperations).GetMethod(nameof(ScalarOperations.Fail))!);
            il.MarkLabel(fine);
            return;
        }

        LocalBuilder bits = NewLocal(typeof(int));
        int all = code.Lanes == 32 ? -1 : (1 << code.Lanes) - 1;
        PushBits(require.Ok);
        il.Emit(OpCodes.Not);
        if (require.Mask != null)
            PushBits(require.Mask);
        else
            il.Emit(OpCodes.Ldc_I4, all);
        il.Emit(OpCodes.And);
        il.Emit(OpCodes.Ldc_I4, all);
        il.Emit(OpCodes.And);
        il.Emit(OpCodes.Stloc, bits);
        SpillLanes(require.Found, 0);
        SpillLanes(require.Limit, 1);
        il.Emit(OpCodes.Ldloc, bits);
        il.Emit(OpCodes.Brfalse, fine);
        LocalBuilder lane = NewLocal(typeof(int));
        il.Emit(OpCodes.Ldloc, bits);
        il.Emit(OpCodes.Call, TrailingZeros);
        il.Emit(OpCodes.Stloc, lane);
        PushLane(require.Found, 0, lane);
        PushLane(require.Limit, 1, lane);
        il.Emit(OpCodes.Ldc_I4, require.Check);
        il.Emit(OpCodes.Ldloc, place);
        il.Emit(OpCodes.Call, typeof(ScalarOperations).GetMethod(nameof(ScalarOperations.Fail))!);
        il.MarkLabel(fine);
    }

    // Keeps what is still needed in the frame, and comes back at the point after it.
    void EmitBarrier(BarrierLine barrier)
    {
        int at = 8;
        var kept = new List<(LocalBuilder Local, int Offset)>();
        foreach (Register register in liveness!.After(barrier))
        {
            if (code.Parameters.Contains(register))
                continue;
            foreach (LocalBuilder local in LocalsOf(register))
            {
                int bytes = register.IsVector ? vectors.Bits / 8 : 8;
                kept.Add((local, at));
                at += bytes;
            }
        }

        frameBytes = Math.Max(frameBytes, (at + 63) / 64 * 64);
        foreach (var (local, offset) in kept)
        {
            PushFrame(offset);
            il.Emit(OpCodes.Ldloc, local);
            il.Emit(OpCodes.Unaligned, (byte)4);
            il.Emit(OpCodes.Stobj, local.LocalType);
        }

        PushFrame(0);
        il.Emit(OpCodes.Ldc_I4, barrier.Number);
        il.Emit(OpCodes.Stind_I4);
        il.Emit(OpCodes.Ldc_I4, barrier.WarpOnly ? -barrier.Number : barrier.Number);
        il.Emit(OpCodes.Ret);
        il.MarkLabel(resumePoints[barrier.Number]);
        foreach (var (local, offset) in kept)
        {
            PushFrame(offset);
            il.Emit(OpCodes.Unaligned, (byte)4);
            il.Emit(OpCodes.Ldobj, local.LocalType);
            il.Emit(OpCodes.Stloc, local);
        }
    }

    void PushFrame(int offset)
    {
        LoadContext(nameof(SimdContext.Frame));
        il.Emit(OpCodes.Ldc_I4, offset);
        il.Emit(OpCodes.Add);
    }
}
