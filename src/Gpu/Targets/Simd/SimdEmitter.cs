using System.Reflection.Emit;
using Dalle2.Gpu.Ir;
using Dalle2.Gpu.Lowering;

namespace Dalle2.Gpu.Targets.Simd;

/// <summary>Prints lines as intermediate language over hardware vectors. A vector of 64-bit lanes is two of them, the lower lanes first.</summary>
sealed partial class SimdEmitter
{
    readonly LinearCode code;
    readonly VectorMethods vectors;
    readonly ILGenerator il;
    readonly bool grouped;
    readonly GroupExtent group;
    readonly bool resumes;
    readonly Dictionary<Register, LocalBuilder[]> locals = [];
    readonly Dictionary<Lowering.Label, System.Reflection.Emit.Label> labels = [];
    readonly HashSet<Register> deferred;
    readonly HashSet<Register> broadcast;
    readonly Dictionary<Register, ComputeLine> waiting = [];
    readonly Liveness? liveness;
    readonly List<System.Reflection.Emit.Label> resumePoints = [];

    LocalBuilder place = null!;
    LocalBuilder? vectorStart;
    System.Reflection.Emit.Label top, inner;

    SimdEmitter(LinearCode code, VectorMethods vectors, ILGenerator il, bool implicitIndex, GroupExtent? group)
    {
        this.code = code;
        this.vectors = vectors;
        this.il = il;
        grouped = !implicitIndex;
        this.group = group ?? default;
        resumes = grouped && code.Barriers > 0 && this.group.Size > code.Lanes;
        liveness = resumes ? new Liveness(code) : null;
        deferred = ForwardSubstitution.Find(code, IsDirect);
        broadcast = BroadcastLoads.Find(code, IsDirect);
    }

    /// <summary>Bytes that a waiting vector needs: its barrier's number and its values.</summary>
    int frameBytes;

    /// <summary>Emits the code of one kernel.</summary>
    /// <param name="code">The lines.</param>
    /// <param name="vectors">The width; as many lanes as the lines have.</param>
    /// <param name="implicitIndex">Whether the launch is over threads; else it is over groups.</param>
    /// <param name="group">The threads of a group.</param>
    /// <param name="frame">Bytes that each vector needs to wait at barriers; 0 if none has to.</param>
    /// <param name="size">How large the method is.</param>
    public static SimdCode Emit(LinearCode code, VectorMethods vectors, bool implicitIndex, GroupExtent? group, out int frame,
        out EmittedSize size)
    {
        var method = new DynamicMethod(
            $"{code.Name} x{code.Lanes}", typeof(int), [typeof(SimdContext).MakePointerType(), typeof(int), typeof(int)],
            typeof(SimdEmitter).Module, skipVisibility: true);
        var emitter = new SimdEmitter(code, vectors, method.GetILGenerator(4096), implicitIndex, group);
        emitter.Run();
        frame = emitter.frameBytes;
        size = new EmittedSize(emitter.il.ILOffset, emitter.localCount);
        return method.CreateDelegate<SimdCode>();
    }

    int localCount;

    LocalBuilder NewLocal(Type type)
    {
        localCount++;
        return il.DeclareLocal(type);
    }

    void Run()
    {
        place = NewLocal(typeof(int));
        il.Emit(OpCodes.Ldarg_1);
        il.Emit(OpCodes.Stloc, place);
        LoadParameters();
        top = il.DefineLabel();
        inner = il.DefineLabel();
        if (grouped)
        {
            vectorStart = NewLocal(typeof(int));
            if (resumes)
            {
                il.Emit(OpCodes.Ldarg_2);
                il.Emit(OpCodes.Stloc, vectorStart);
                for (int b = 0; b <= code.Barriers; b++)
                    resumePoints.Add(il.DefineLabel());
                LoadContext(nameof(SimdContext.Frame));
                il.Emit(OpCodes.Ldind_I4);
                il.Emit(OpCodes.Switch, resumePoints.ToArray());
                il.MarkLabel(resumePoints[0]);
            }
            else
            {
                il.MarkLabel(top);
                il.Emit(OpCodes.Ldc_I4_0);
                il.Emit(OpCodes.Stloc, vectorStart);
                il.MarkLabel(inner);
            }
        }
        else
        {
            il.MarkLabel(top);
        }

        foreach (Line line in code.Lines)
            Emit(line);
    }

    void LoadParameters()
    {
        var used = new HashSet<Register>(code.Lines.SelectMany(LineOperands.Read));
        for (int p = 0; p < code.Parameters.Count; p++)
        {
            Register parameter = code.Parameters[p];
            if (!used.Contains(parameter))
                continue;
            LoadContext(nameof(SimdContext.Arguments));
            il.Emit(OpCodes.Ldc_I4, 8 * p);
            il.Emit(OpCodes.Add);
            il.Emit(OpCodes.Ldobj, ElementOf(parameter.Type));
            il.Emit(OpCodes.Stloc, LocalsOf(parameter)[0]);
        }
    }

    void LoadContext(string field)
    {
        il.Emit(OpCodes.Ldarg_0);
        il.Emit(OpCodes.Ldfld, typeof(SimdContext).GetField(field)!);
    }

    static Type ElementOf(IrType type) => type switch
    {
        IrType.F32 => typeof(float),
        IrType.F64 => typeof(double),
        IrType.Bool or IrType.I32 => typeof(int),
        _ => typeof(long),
    };

    static int Halves(IrType type) => type is IrType.Bool or IrType.I32 or IrType.F32 ? 1 : 2;

    static bool IsVector(Value value) => value is Register { IsVector: true } or LaneNumbers;

    LocalBuilder[] LocalsOf(Register register)
    {
        if (!locals.TryGetValue(register, out LocalBuilder[]? built))
        {
            Type element = ElementOf(register.Type);
            built = register.IsVector || broadcast.Contains(register)
                ? [.. Enumerable.Range(0, Halves(register.Type)).Select(_ => NewLocal(vectors.VectorOf(element)))]
                : [NewLocal(element)];
            locals.Add(register, built);
        }

        return built;
    }

    System.Reflection.Emit.Label LabelOf(Lowering.Label label)
    {
        if (!labels.TryGetValue(label, out System.Reflection.Emit.Label built))
            labels.Add(label, built = il.DefineLabel());
        return built;
    }

    void Emit(Line line)
    {
        switch (line)
        {
            case ComputeLine compute when deferred.Contains(compute.Target):
                waiting.Add(compute.Target, compute);
                break;
            case ComputeLine compute:
                EmitCompute(compute);
                break;
            case MoveLine move:
                EmitMove(move);
                break;
            case BuiltInLine where:
                PushBuiltIn(where.Value);
                il.Emit(OpCodes.Stloc, LocalsOf(where.Target)[0]);
                break;
            case AddressLine address:
                EmitAddress(address);
                break;
            case LoadLine load:
                EmitLoad(load);
                break;
            case StoreLine store:
                EmitStore(store);
                break;
            case AtomicLine atomic:
                EmitAtomic(atomic);
                break;
            case AnyLine any:
                PushBits(any.Mask);
                il.Emit(OpCodes.Ldc_I4_0);
                il.Emit(OpCodes.Cgt_Un);
                il.Emit(OpCodes.Stloc, LocalsOf(any.Target)[0]);
                break;
            case LabelLine label:
                il.MarkLabel(LabelOf(label.Label));
                break;
            case JumpLine jump:
                il.Emit(OpCodes.Br, LabelOf(jump.Label));
                break;
            case BranchLine branch:
                PushScalar(branch.Condition);
                il.Emit(branch.Expected ? OpCodes.Brtrue : OpCodes.Brfalse, LabelOf(branch.Label));
                break;
            case BarrierLine barrier:
                if (resumes)
                    EmitBarrier(barrier);
                break;
            case FenceLine:
                il.Emit(OpCodes.Call, typeof(Interlocked).GetMethod(nameof(Interlocked.MemoryBarrier))!);
                break;
            case MemoryStart start:
                LoadContext(start.Target.Type == IrType.Shared ? nameof(SimdContext.Shared) : nameof(SimdContext.Local));
                il.Emit(OpCodes.Conv_I8);
                il.Emit(OpCodes.Ldc_I8, (long)start.ByteOffset);
                il.Emit(OpCodes.Add);
                il.Emit(OpCodes.Stloc, LocalsOf(start.Target)[0]);
                break;
            case RequireLine require:
                EmitRequire(require);
                break;
            case EndLine:
                EmitEnd();
                break;
            default:
                throw new InvalidOperationException(line.GetType().Name);
        }
    }

    // On to the next vector, and the next group.
    void EmitEnd()
    {
        if (resumes)
        {
            il.Emit(OpCodes.Ldc_I4_0);
            il.Emit(OpCodes.Ret);
            return;
        }

        if (grouped && group.Size > code.Lanes)
            Advance(vectorStart!, code.Lanes, () => il.Emit(OpCodes.Ldc_I4, group.Size), inner);
        Advance(place, grouped ? 1 : code.Lanes, () => il.Emit(OpCodes.Ldarg_2), top);
        il.Emit(OpCodes.Ldc_I4_0);
        il.Emit(OpCodes.Ret);
    }

    void Advance(LocalBuilder counter, int by, Action pushEnd, System.Reflection.Emit.Label again)
    {
        il.Emit(OpCodes.Ldloc, counter);
        il.Emit(OpCodes.Ldc_I4, by);
        il.Emit(OpCodes.Add);
        il.Emit(OpCodes.Stloc, counter);
        il.Emit(OpCodes.Ldloc, counter);
        pushEnd();
        il.Emit(OpCodes.Blt, again);
    }
}
