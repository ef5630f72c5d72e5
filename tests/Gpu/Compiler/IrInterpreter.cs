using System.Runtime.InteropServices;
using Dalle2.Gpu.Frontend;
using Dalle2.Gpu.Ir;

namespace Dalle2.Tests.Gpu.Compiler;

/// <summary>
/// Executes a function one instruction after the other, on real memory of which each access is checked. The threads of a group take turns:
/// each runs until it comes to a barrier, a shuffle or its end.
/// </summary>
sealed unsafe class IrInterpreter
{
    readonly Function function;
    readonly Dictionary<Value, int> registers = [];
    readonly Dictionary<Block, Node> nodes = [];
    readonly ulong[] initial;
    readonly int most;

    public IrInterpreter(Function function)
    {
        this.function = function;
        foreach (Value value in function.Parameters.Concat<Value>(function.Blocks.SelectMany(b => b.Arguments))
            .Concat(function.Blocks.SelectMany(b => b.Instructions)))
        {
            registers.Add(value, registers.Count);
        }

        foreach (Block block in function.Blocks)
            nodes.Add(block, new Node([.. block.Instructions.Select(i => new Step(i, Register(i), [.. i.Operands.Select(Register)]))]));
        foreach (Block block in function.Blocks)
        {
            nodes[block].Condition = block.Condition == null ? 0 : Register(block.Condition);
            nodes[block].Ways = [.. block.Edges.Select(e =>
                new Way(nodes[e.To], [.. e.Arguments.Select(Register)], [.. e.To.Arguments.Select(Register)]))];
        }

        most = function.Blocks.Max(block => block.Arguments.Count);
        initial = new ulong[registers.Count];
        foreach (var (value, register) in registers)
        {
            if (value is Constant constant)
                initial[register] = constant.Bits;
        }
    }

    /// <summary>Runs an implicitly grouped kernel.</summary>
    /// <param name="extent">The threads along each axis.</param>
    /// <param name="arguments">The bits of the parameters without the index.</param>
    /// <param name="ranges">The memory that it may touch.</param>
    public void Run(Index3D extent, ulong[] arguments, List<(long Start, long End)> ranges)
    {
        for (int linear = 0; linear < extent.Size; linear++)
        {
            ulong[] index = function.IndexRank switch
            {
                1 => [(uint)linear],
                2 => [(uint)(linear % extent.X), (uint)(linear / extent.X)],
                _ => [(uint)(linear % extent.X), (uint)(linear / extent.X % extent.Y), (uint)(linear / extent.X / extent.Y)],
            };
            Start([.. index, .. arguments], ranges, null).Resume();
        }
    }

    /// <summary>Runs an explicitly grouped kernel.</summary>
    public void Run(KernelConfig config, ulong[] arguments, List<(long Start, long End)> ranges)
    {
        for (int group = 0; group < config.GridDim.Size; group++)
        {
            var shared = new Dictionary<Instruction, nint>();
            var own = new List<(long Start, long End)>(ranges);
            var team = Enumerable.Range(0, config.GroupDim.Size)
                .Select(t => Start(arguments, own, new Place(Unflatten(group, config.GridDim), Unflatten(t, config.GroupDim), config,
                shared))).ToList();
            while (team.Exists(thread => thread.At != Stop.End))
            {
                foreach (Running thread in team.Where(thread => thread.At == Stop.None))
                    thread.Resume();
                if (!Meet(team))
                    throw new InvalidOperationException("some threads ended or wait elsewhere while others wait at a barrier or a shuffle");
            }

            foreach (nint address in shared.Values)
                NativeMemory.AlignedFree((void*)address);
        }
    }

    // Lets threads go on that all have come to a barrier or, of one warp, to a shuffle. True if there are such, or all have ended.
    static bool Meet(List<Running> team)
    {
        if (team.TrueForAll(thread => thread.At == Stop.End))
            return true;
        if (team.TrueForAll(thread => thread.At == Stop.Barrier))
        {
            team.ForEach(thread => thread.Pass());
            return true;
        }

        bool any = false;
        foreach (Running[] warp in team.Chunk(32)
            .Where(w => w.All(thread => thread.At == Stop.Warp && thread.Last.Instruction == w[0].Last.Instruction)))
        {
            ulong[] values = [.. warp.Select(thread => thread.Given)];
            foreach (Running thread in warp)
                thread.Pass(values);
            any = true;
        }

        return any;
    }

    int Register(Value value)
    {
        if (!registers.TryGetValue(value, out int register))
            registers.Add(value, register = registers.Count);
        return register;
    }

    Running Start(ulong[] parameters, List<(long Start, long End)> ranges, Place? place)
    {
        var values = (ulong[])initial.Clone();
        parameters.CopyTo(values, 0);
        return new Running(this, values, ranges, place);
    }

    static Index3D Unflatten(int linear, Index3D extent) =>
        new(linear % extent.X, linear / extent.X % extent.Y, linear / extent.X / extent.Y);

    enum Stop
    {
        None,
        Barrier,
        Warp,
        End,
    }

    sealed class Step(Instruction instruction, int result, int[] operands)
    {
        public Instruction Instruction { get; } = instruction;

        public Op Op { get; } = instruction.Op;

        public int Result { get; } = result;

        public int[] Operands { get; } = operands;

        /// <summary>Whether <see cref="Semantics"/> says what it computes, and of which type's operands.</summary>
        public bool IsFoldable { get; } = instruction.Op.Row().Foldable;

        public IrType Operand { get; } = instruction.Operands.Length == 0
            ? IrType.None : instruction.Operands[instruction.Op == Op.Select ? 1 : 0].Type;
    }

    readonly record struct Way(Node To, int[] From, int[] Arguments);

    sealed class Node(Step[] steps)
    {
        public Step[] Steps { get; } = steps;

        public int Condition { get; set; }

        public Way[] Ways { get; set; } = [];
    }

    sealed record Place(Index3D Group, Index3D Thread, KernelConfig Config, Dictionary<Instruction, nint> Shared);

    sealed class Running(IrInterpreter interpreter, ulong[] values, List<(long Start, long End)> ranges, Place? place)
    {
        readonly Dictionary<Instruction, byte[]> local = [];
        readonly ulong[] passed = new ulong[interpreter.most];
        Node node = interpreter.nodes[interpreter.function.Entry];
        int next;

        /// <summary>Why it stopped.</summary>
        public Stop At { get; private set; }

        /// <summary>The instruction that came last.</summary>
        public Step Last => node.Steps[next - 1];

        /// <summary>The value that it gives in a shuffle.</summary>
        public ulong Given => Last.Operands.Length == 0 ? 0 : values[Last.Operands[0]];

        /// <summary>Leaves a shuffle, given those of the warp's lanes.</summary>
        public void Pass(ulong[]? given = null)
        {
            At = Stop.None;
            if (given == null || Last.Instruction.Op != Op.Shuffle)
                return;
            uint lane = (uint)values[Last.Operands[1]];
            values[Last.Result] = lane < (uint)given.Length ? given[lane] : Given;
        }

        /// <summary>Runs on to the end or to a place where threads meet.</summary>
        public void Resume()
        {
            while (true)
            {
                Step[] steps = node.Steps;
                while (next < steps.Length)
                {
                    Step step = steps[next++];
                    At = step.Op switch
                    {
                        Op.Barrier => Stop.Barrier,
                        Op.WarpBarrier or Op.Shuffle => Stop.Warp,
                        _ => Stop.None,
                    };
                    if (At != Stop.None)
                        return;
                    values[step.Result] = Execute(step);
                }

                if (node.Ways.Length == 0)
                {
                    At = Stop.End;
                    return;
                }

                Way way = node.Ways[node.Ways.Length == 2 && values[node.Condition] == 0 ? 1 : 0];
                // All at once: an argument's old value may be another one's new value.
                for (int a = 0; a < way.From.Length; a++)
                    passed[a] = values[way.From[a]];
                for (int a = 0; a < way.From.Length; a++)
                    values[way.Arguments[a]] = passed[a];
                node = way.To;
                next = 0;
            }
        }

        ulong Execute(Step step)
        {
            Instruction i = step.Instruction;
            int[] o = step.Operands;
            ulong a = o.Length > 0 ? values[o[0]] : 0, b = o.Length > 1 ? values[o[1]] : 0, c = o.Length > 2 ? values[o[2]] : 0;
            if (step.IsFoldable)
                return Semantics.Evaluate(step.Op, step.Operand, i.Type, a, b, c);
            switch (i.Op)
            {
                case Op.Offset:
                    return a + (ulong)(Integer(i, 1, b) * i.Access.Stride);
                case Op.IsValid:
                    return a != 0 ? 1ul : 0ul;
                case Op.Load:
                    return Load(i, Address(i, a, b));
                case Op.Store:
                    Store(i, Address(i, a, b), c);
                    return 0;
                case Op.MemoryFence:
                    return 0;
                case var atomic when atomic.IsAtomic():
                    nint at = Address(i, a, b);
                    ulong old = Load(i, at);
                    Store(i, at, atomic == Op.AtomicCompareExchange ? old == c ? values[o[3]] : old : Changed(i, old, c));
                    return old;
                case Op.Bounds:
                    if ((ulong)Integer(i, 0, a) >= b)
                        throw Failure(i, $"index {Integer(i, 0, a)} lies outside a view of {b} elements");
                    return 0;
                case Op.BoundsRange:
                    long index = Integer(i, 0, a), count = Integer(i, 1, b);
                    if (index < 0 || count < 0 || index > (long)c - count)
                        throw Failure(i, $"the sub-view [{index}, {index + count}) lies outside a view of {c} elements");
                    return 0;
                case Op.LocalAllocate:
                    return Local(i);
                case Op.Require:
                    return a != 0 ? 0ul : throw Failure(i, interpreter.function.Checks[((CheckReference)i.Immediate!).Number]
                        .Describe((long)b, (long)c));
                default:
                    return Placed(i);
            }
        }

        static ulong Changed(Instruction i, ulong old, ulong value)
        {
            IrType type = i.Type;
            ulong Compute(Op op) => Semantics.Evaluate(op, type, type, old, value);
            bool Before(Op op) => Semantics.Evaluate(op, type, IrType.Bool, old, value) == 1;
            return i.Op switch
            {
                Op.AtomicAdd => Compute(Op.Add),
                Op.AtomicAnd => Compute(Op.And),
                Op.AtomicOr => Compute(Op.Or),
                Op.AtomicXor => Compute(Op.Xor),
                Op.AtomicMin => Before(Op.Less) ? old : value,
                Op.AtomicMinUnsigned => Before(Op.LessUnsigned) ? old : value,
                Op.AtomicMax => Before(Op.Less) ? value : old,
                Op.AtomicMaxUnsigned => Before(Op.LessUnsigned) ? value : old,
                _ => value,
            };
        }

        ulong Placed(Instruction i)
        {
            if (place == null)
                throw Failure(i, "only explicitly grouped kernels know their place");
            var (group, thread, config, _) = place;
            return (uint)(i.Op switch
            {
                Op.GridIndexX => group.X,
                Op.GridIndexY => group.Y,
                Op.GridIndexZ => group.Z,
                Op.GridSizeX => config.GridDim.X,
                Op.GridSizeY => config.GridDim.Y,
                Op.GridSizeZ => config.GridDim.Z,
                Op.GroupIndexX => thread.X,
                Op.GroupIndexY => thread.Y,
                Op.GroupIndexZ => thread.Z,
                Op.GroupSizeX => config.GroupDim.X,
                Op.GroupSizeY => config.GroupDim.Y,
                Op.GroupSizeZ => config.GroupDim.Z,
                _ => 0,
            }) + (i.Op == Op.SharedAllocate ? (ulong)Shared(i) : 0);
        }

        nint Shared(Instruction i)
        {
            if (place!.Shared.TryGetValue(i, out nint address))
                return address;
            int bytes = (int)Math.Max(1, ((Allocation)i.Immediate!).Bytes);
            address = (nint)NativeMemory.AlignedAlloc((nuint)bytes, 64);
            new Span<byte>((void*)address, bytes).Fill(0xFF);
            place.Shared.Add(i, address);
            ranges.Add((address, address + bytes));
            return address;
        }

        // The memory lives as long as the thread; each allocation gives the same anew, undefined.
        ulong Local(Instruction i)
        {
            if (!local.TryGetValue(i, out byte[]? memory))
            {
                local.Add(i, memory = GC.AllocateUninitializedArray<byte>((int)Math.Max(1, ((Allocation)i.Immediate!).Bytes),
                    pinned: true));
            }

            memory.AsSpan().Fill(0xFF);
            return (ulong)Marshal.UnsafeAddrOfPinnedArrayElement(memory, 0);
        }

        static long Integer(Instruction i, int operand, ulong bits) => i.Operands[operand].Type == IrType.I32 ? (int)bits : (long)bits;

        nint Address(Instruction i, ulong start, ulong index)
        {
            long address = (long)start + Integer(i, 1, index) * i.Access.Stride + i.Access.Offset;
            foreach (var (first, end) in ranges)
            {
                if (address >= first && address + i.Access.Type.Bytes() <= end)
                    return (nint)address;
            }

            foreach (byte[] memory in local.Values)
            {
                nint first = Marshal.UnsafeAddrOfPinnedArrayElement(memory, 0);
                if (address >= first && address + i.Access.Type.Bytes() <= first + memory.Length)
                    return (nint)address;
            }

            throw Failure(i, "memory that does not belong to the launch");
        }

        static ulong Load(Instruction i, nint address) => i.Access.Type switch
        {
            MemoryType.I8 => (uint)*(sbyte*)address,
            MemoryType.U8 => *(byte*)address,
            MemoryType.I16 => (uint)*(short*)address,
            MemoryType.U16 => *(ushort*)address,
            MemoryType.I32 or MemoryType.F32 => *(uint*)address,
            _ => *(ulong*)address,
        };

        static void Store(Instruction i, nint address, ulong value)
        {
            switch (i.Access.Type.Bytes())
            {
                case 1:
                    *(byte*)address = (byte)value;
                    break;
                case 2:
                    *(ushort*)address = (ushort)value;
                    break;
                case 4:
                    *(uint*)address = (uint)value;
                    break;
                default:
                    *(ulong*)address = value;
                    break;
            }
        }

        static InvalidOperationException Failure(Instruction i, string message)
        {
            var (file, line) = SourceLines.Find(i.Position);
            return new InvalidOperationException($"{file}({line}): {message}");
        }
    }
}
