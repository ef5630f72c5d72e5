using Dalle2.Gpu.Ir;

namespace Dalle2.Gpu.Lowering;

/// <content>Instructions one by one.</content>
sealed partial class Lowerer
{
    int localBytes;

    void Emit(Instruction instruction, Value? mask)
    {
        int first = code.Lines.Count;
        Shape shape = divergence.Of(instruction);
        Register? target = null;
        if (instruction.Type != IrType.None)
            registers.Add(instruction, target = code.NewRegister(instruction.Type, shape.IsVarying));
        switch (instruction.Op)
        {
            case Op.Load:
                EmitLoad(instruction, target!, mask);
                break;
            case Op.Store:
                EmitStore(instruction, mask);
                break;
            case Op.Offset:
                Add(target!.IsVector
                    ? new AddressLine(target, Scaled(instruction), Vector(instruction.Operands[0]), Vector(instruction.Operands[1]))
                    : new AddressLine(target, Scaled(instruction), Scalar(instruction.Operands[0]), Scalar(instruction.Operands[1])));
                break;
            case Op.SharedAllocate:
                Add(new MemoryStart(target!, code.SharedBytes));
                code.SharedBytes += Aligned(((Allocation)instruction.Immediate!).Bytes);
                break;
            case Op.LocalAllocate:
                Add(new MemoryStart(target!, locals.Interleaved ? localBytes * options.Lanes : localBytes));
                localBytes += LocalLayout.Aligned(((Allocation)instruction.Immediate!).Bytes);
                code.LocalBytes = locals.LaneBytes * options.Lanes;
                break;
            case Op.Barrier or Op.WarpBarrier:
                if (options.Checked && mask != entryMask)
                    Add(new RequireLine(mask!, function.Constant(0L), function.Constant(0L), RequireLine.Barrier, entryMask));
                Add(new BarrierLine(++code.Barriers, instruction.Op == Op.WarpBarrier));
                break;
            case Op.MemoryFence:
                Add(new FenceLine());
                break;
            case Op.Shuffle:
                EmitShuffle(instruction, target!, mask);
                break;
            case var op when op.IsAtomic():
                Add(new AtomicLine(target, instruction.Op, instruction.Access, Vector(instruction.Operands[0]),
                    Vector(instruction.Operands[1]),
                    [.. instruction.Operands.Skip(2).Select(Vector)], mask));
                break;
            case >= Op.GridIndexX and <= Op.GridSizeZ:
                Add(new BuiltInLine(target!, BuiltIn.GridIndexX + (instruction.Op - Op.GridIndexX)));
                break;
            case >= Op.GroupIndexX and <= Op.GroupIndexZ:
                EmitGroupIndex(instruction.Op, target!);
                break;
            case >= Op.GroupSizeX and <= Op.GroupSizeZ:
                EmitGroupSize(instruction.Op, target!);
                break;
            case Op.Require:
                EmitRequire(instruction, mask);
                break;
            default:
                Value[] operands = [.. instruction.Operands.Select(v => target!.IsVector ? Vector(v) : Scalar(v))];
                Add(new ComputeLine(target!, instruction.Op, operands));
                break;
        }

        if (target != null && captured.TryGetValue(instruction, out Register? outside))
            Add(new MoveLine(outside, Vector(instruction), mask));
        for (int l = first; l < code.Lines.Count; l++)
            code.Lines[l] = code.Lines[l] with { Position = instruction.Position };
    }

    static int Aligned(long bytes) => checked((int)((bytes + 63) / 64 * 64));

    bool IsVarying(Value value) => divergence.At(value, current).IsVarying;

    long StrideOf(Value value) => divergence.At(value, current).Stride;

    // How an access to local memory reads in the lanes' interleaved arrays.
    Access Scaled(Instruction instruction) =>
        instruction.Operands[0].Type == IrType.Local ? locals.Of(instruction.Access) : instruction.Access;

    void EmitLoad(Instruction load, Register target, Value? mask)
    {
        var (access, pointer, index, step) = Addressed(load);
        Add(new LoadLine(target, access, pointer, index, step, target.IsVector ? mask : null));
    }

    void EmitStore(Instruction store, Value? mask)
    {
        var (access, pointer, index, step) = Addressed(store);
        bool scalar = step == 0 && !IsVector(pointer) && !IsVector(index);
        Value value = scalar && !IsVarying(store.Operands[2])
            && StrideOf(store.Operands[2]) == 0 ? Scalar(store.Operands[2]) : Vector(store.Operands[2]);
        Add(new StoreLine(access, pointer, index, value, step, scalar && !IsVector(value) ? null : mask));
    }

    static bool IsVector(Value value) => value is Register { IsVector: true } or LaneNumbers;

    // An access's address: evenly spaced lanes by a scalar and a step, others lane by lane.
    (Access Access, Value Pointer, Value Index, int Step) Addressed(Instruction instruction)
    {
        Value pointer = instruction.Operands[0], index = instruction.Operands[1];
        Access access = instruction.Access;
        if (pointer.Type == IrType.Local && options.Lanes > 1)
            return AddressedLocal(pointer, index, access);
        if (IsVarying(pointer) || IsVarying(index))
            return (access, Vector(pointer), Vector(index), 0);
        return (access, Scalar(pointer), Scalar(index), checked((int)(StrideOf(pointer) + StrideOf(index) * access.Stride)));
    }

    (Access Access, Value Pointer, Value Index, int Step) AddressedLocal(Value pointer, Value index, Access access)
    {
        Access scaled = locals.Of(access);
        if (!IsVarying(pointer) && !IsVarying(index) && StrideOf(index) == 0)
            return (scaled, Scalar(pointer), Scalar(index), locals.LaneStep);
        Value places = Vector(index);
        IrType type = index.Type;
        if (!locals.Interleaved)
        {
            Register own = code.NewRegister(IrType.Local, true);
            Add(new AddressLine(own, new Access(MemoryType.None, locals.LaneBytes, 0), Vector(pointer), LaneNumbers.Value));
            return (access, own, places, 0);
        }

        // In pieces: index * (stride / piece) + lane.
        int factor = scaled.Stride / locals.LaneStep;
        if (factor != 1)
        {
            places = Compute(type, true, Op.Multiply, places,
                type == IrType.I64 ? function.Constant((long)factor) : function.Constant(factor));
        }

        Value lanes = type == IrType.I64 ? Compute(IrType.I64, true, Op.SignExtend, LaneNumbers.Value) : LaneNumbers.Value;
        places = Compute(type, true, Op.Add, places, lanes);
        return (scaled with { Stride = locals.LaneStep }, Vector(pointer), places, 0);
    }

    void EmitRequire(Instruction require, Value? mask)
    {
        bool uniform = require.Operands.All(operand => !IsVarying(operand) && StrideOf(operand) == 0);
        Value[] operands = [.. require.Operands.Select(operand => uniform ? Scalar(operand) : Vector(operand))];
        Add(new RequireLine(operands[0], operands[1], operands[2], ((CheckReference)require.Immediate!).Number, uniform ? null : mask));
    }

    void EmitGroupIndex(Op op, Register target)
    {
        int axis = op - Op.GroupIndexX;
        if (options.Lanes == 1)
        {
            Add(new BuiltInLine(target, BuiltIn.GroupIndexX + axis));
            return;
        }

        GroupExtent group = options.Group!.Value;
        Value linear = ThreadInGroup();
        if (target.IsVector)
            linear = Compute(IrType.I32, true, Op.Add, linear, LaneNumbers.Value);
        int below = axis == 0 ? 1 : axis == 1 ? group.X : group.X * group.Y, extent = axis == 0 ? group.X : axis == 1 ? group.Y : group.Z;
        if (below > 1)
            linear = Compute(IrType.I32, target.IsVector, Op.DivideUnsigned, linear, function.Constant(below));
        // The quotient of the last axis needs no remainder; in a group with one axis the index is the linear one.
        Add(axis == 2 || (axis == 0 && group.Y * group.Z == 1)
            ? new MoveLine(target, linear, null)
            : new ComputeLine(target, Op.RemainderUnsigned, [linear, function.Constant(extent)]));
    }

    void EmitGroupSize(Op op, Register target)
    {
        int axis = op - Op.GroupSizeX;
        if (options.Group is { } group)
            Add(new MoveLine(target, function.Constant(axis == 0 ? group.X : axis == 1 ? group.Y : group.Z), null));
        else
            Add(new BuiltInLine(target, BuiltIn.GroupSizeX + axis));
    }

    // Through memory of the group, an element a thread: written, all of the warp meet, read, all meet again before the next one writes.
    void EmitShuffle(Instruction shuffle, Register target, Value? mask)
    {
        // A group of one vector exchanges its values in registers.
        if (target.IsVector && mask == null && shuffle.Type is IrType.I32 or IrType.F32 && options.Group?.Size <= options.Lanes)
        {
            Add(new ComputeLine(target, Op.Shuffle, [Vector(shuffle.Operands[0]), LaneOf(shuffle.Operands[1], options.Group.Value.Size)]));
            return;
        }

        MemoryType type = shuffle.Type switch
        {
            IrType.I64 =>
            MemoryType.I64,
            IrType.F64 => MemoryType.F64,
            IrType.F32 => MemoryType.F32,
            _ => MemoryType.I32
        };
        int threads = options.Group?.Size ?? 1024;
        var access = new Access(type, type.Bytes(), 0);
        Register memory = code.NewRegister(IrType.Shared, false);
        Add(new MemoryStart(memory, code.SharedBytes));
        code.SharedBytes += Aligned(threads * 8);
        Value value = Vector(shuffle.Operands[0]), lane = Vector(shuffle.Operands[1]);
        Value own = ThreadInGroup();
        Add(new StoreLine(access, memory, own, value, type.Bytes(), mask));
        Add(new BarrierLine(++code.Barriers, true));
        Value thread = Compute(IrType.I32, true, Op.Add, own, LaneNumbers.Value);
        Value size = options.Group is { } group ? function.Constant(group.Size)
            : throw new NotSupportedException($"{function.Name} shuffles: lower it for a known group");
        // A lane may be a constant: .NET's compiler takes an unsigned comparison of two constants, in a conjunction, for a signed one.
        Value from = Compute(IrType.I32, true, Op.Add, Compute(IrType.I32, true, Op.And, thread, function.Constant(~31)),
            Folded(IrType.I32, Op.And, lane, function.Constant(31)));
        Value inside = Folded(IrType.Bool, Op.And, Folded(IrType.Bool, Op.LessUnsigned, lane, function.Constant(32)),
            Compute(IrType.Bool, true, Op.LessUnsigned, from, size));
        from = Folded(IrType.I32, Op.Select, inside, from, thread);
        Add(new LoadLine(target, access, memory, from, 0, mask));
        Add(new BarrierLine(++code.Barriers, true));
    }

    // The lane of the vector that a thread takes a value from, its own where the one it names is not there. Several shuffles of a block may name the same.
    Value LaneOf(Value named, int size)
    {
        if (lanesOfBlock.Block != current)
            lanesOfBlock = (current, []);
        if (!lanesOfBlock.Known.TryGetValue(named, out Value? from))
        {
            Value lane = Vector(named);
            from = Folded(IrType.I32, Op.Select, Folded(IrType.Bool, Op.LessUnsigned, lane, function.Constant(size)), lane,
                LaneNumbers.Value);
            lanesOfBlock.Known.Add(named, from);
        }

        return from;
    }

    Value Folded(IrType type, Op op, params Value[] operands) =>
        Folding.Simplify(function, op, type, operands) ?? Compute(type, true, op, operands);
}
