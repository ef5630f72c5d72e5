using Dalle2.Gpu.Ir;

namespace Dalle2.Gpu.Passes;

/// <summary>
/// Makes values of the elements of local arrays, if every access to an array has a constant index: a value per element and block, passed on as an
/// argument where ways meet. What is read before it is written is 0. Arrays with other accesses stay in memory.
/// </summary>
static class ScalarReplacement
{
    /// <summary>The most elements that become values; more would not stay in registers on any device.</summary>
    const int MostElements = 256;

    public static void Run(Function function)
    {
        if (!function.Blocks.Exists(block => block.Instructions.Exists(i => i.Op == Op.LocalAllocate)))
            return;
        var dominators = new Dominators(function);
        var uses = new ArrayUses(dominators);
        List<LocalArray> arrays = [.. uses.Arrays.Where(array => array.Fits(MostElements))];
        if (arrays.Count > 0)
            new Promotion(function, dominators, uses, arrays).Run();
    }

    // Which instruction means which bytes of which array.
    sealed class ArrayUses
    {
        readonly Dictionary<Value, (LocalArray Array, long Offset)> addresses = [];

        public ArrayUses(Dominators dominators)
        {
            foreach (Block block in dominators.Blocks)
            {
                foreach (Instruction instruction in block.Instructions)
                    Visit(instruction);
                foreach (Edge edge in block.Edges)
                    edge.Arguments.ForEach(KeepInMemory);
            }
        }

        public List<LocalArray> Arrays { get; } = [];

        /// <summary>The array that an address means, and the bytes from its beginning on.</summary>
        public (LocalArray Array, long Offset)? Find(Value address) => addresses.TryGetValue(address, out var found) ? found : null;

        /// <summary>The element that a load or store means, if its base is the address of an array.</summary>
        public (LocalArray Array, long Offset)? Element(Instruction access) =>
            access.Op is Op.Load or Op.Store && Find(access.Operands[0]) is { } at && Index(access) is { } index
                ? (at.Array, at.Offset + index * access.Access.Stride + access.Access.Offset)
                : null;

        void Visit(Instruction instruction)
        {
            Value[] o = instruction.Operands;
            if (instruction.Op == Op.LocalAllocate)
            {
                var array = new LocalArray(((Allocation)instruction.Immediate!).Bytes);
                Arrays.Add(array);
                addresses.Add(instruction, (array, 0));
            }
            else if (Element(instruction) is { } element)
            {
                element.Array.Use(element.Offset, instruction.Access.Type);
            }
            else if (instruction.Op == Op.Offset && Find(o[0]) is { } at && Index(instruction) is { } index)
            {
                addresses.Add(instruction, (at.Array, at.Offset + index * instruction.Access.Stride));
            }
            else
            {
                foreach (Value operand in o)
                    KeepInMemory(operand);
            }
        }

        void KeepInMemory(Value value)
        {
            if (addresses.TryGetValue(value, out var at))
                at.Array.InMemory = true;
        }

        static long? Index(Instruction instruction) => instruction.Operands[1] is Constant index
            ? index.Type == IrType.I32 ? (int)index.Bits : (long)index.Bits
            : null;
    }

    sealed class LocalArray(long bytes)
    {
        readonly SortedDictionary<long, MemoryType> elements = [];

        public bool InMemory { get; set; }

        /// <summary>Of a promoted array, the number of its first element.</summary>
        public int First { get; set; }

        public Dictionary<long, int> Places { get; } = [];

        public IEnumerable<MemoryType> Types => elements.Values;

        public void Use(long offset, MemoryType type)
        {
            // Bytes that are read as something else than what was written stay bytes; what is outside is the kernel's own fault.
            if (offset < 0 || offset + type.Bytes() > bytes || (elements.TryGetValue(offset, out MemoryType other) && other != type))
                InMemory = true;
            else
                elements[offset] = type;
        }

        public bool Fits(int most)
        {
            long end = 0;
            foreach (var (offset, type) in elements)
            {
                if (offset < end)
                    return false;
                end = offset + type.Bytes();
                Places.Add(offset, Places.Count);
            }

            return !InMemory && elements.Count <= most;
        }
    }

    sealed class Promotion(Function function, Dominators dominators, ArrayUses uses, List<LocalArray> arrays)
    {
        readonly HashSet<LocalArray> promoted = [.. arrays];
        readonly List<IrType> types = [];
        readonly Dictionary<Block, Value?[]> ends = [];
        readonly Dictionary<Value, Value> replacements = [];
        readonly List<(Block Block, int Place)> arguments = [];

        public void Run()
        {
            foreach (LocalArray array in arrays)
            {
                array.First = types.Count;
                types.AddRange(array.Types.Select(type => type.Loaded()));
            }

            foreach (Block block in dominators.Blocks)
            {
                Value?[] values = AtBegin(block);
                ends.Add(block, values);
                Rewrite(block, values);
            }

            // Now that the values at the end of every block are known, back edges can pass them too.
            foreach (var (block, place) in arguments)
            {
                foreach (Edge edge in dominators.Incoming[block])
                    edge.Arguments.Add(ends[edge.From][place]!);
            }

            function.Replace(replacements);
        }

        // No value yet means that the array does not exist yet.
        Value?[] AtBegin(Block block)
        {
            List<Edge> incoming = dominators.Incoming[block];
            if (dominators.Immediate(block) is not { } above)
                return new Value?[types.Count];
            if (incoming.Count == 1)
                return [.. ends[incoming[0].From]];
            var values = new Value?[types.Count];
            for (int v = 0; v < values.Length; v++)
            {
                if (ends[above][v] == null)
                    continue;
                var argument = new BlockArgument(types[v]);
                block.Arguments.Add(argument);
                arguments.Add((block, v));
                values[v] = argument;
            }

            return values;
        }

        void Rewrite(Block block, Value?[] values)
        {
            var kept = new List<Instruction>(block.Instructions.Count);
            foreach (Instruction instruction in block.Instructions)
            {
                if (uses.Element(instruction) is { } element && promoted.Contains(element.Array))
                {
                    int place = element.Array.First + element.Array.Places[element.Offset];
                    if (instruction.Op == Op.Load)
                        replacements.Add(instruction, values[place]!);
                    else
                        values[place] = Stored(instruction, kept);
                }
                else if (uses.Find(instruction) is { } address && promoted.Contains(address.Array))
                {
                    if (instruction.Op == Op.LocalAllocate)
                        Clear(address.Array, values);
                }
                else
                {
                    kept.Add(instruction);
                }
            }

            block.Instructions = kept;
        }

        void Clear(LocalArray array, Value?[] values)
        {
            for (int place = array.First; place < array.First + array.Places.Count; place++)
                values[place] = function.Constant(types[place], 0);
        }

        // What a load would give after the store: memory keeps the low bits.
        Value Stored(Instruction store, List<Instruction> kept)
        {
            Value value = store.Operands[2];
            while (replacements.TryGetValue(value, out Value? next))
                value = next;
            Op? narrow = store.Access.Type switch
            {
                MemoryType.I8 => Op.SignExtend8,
                MemoryType.U8 => Op.ZeroExtend8,
                MemoryType.I16 => Op.SignExtend16,
                MemoryType.U16 => Op.ZeroExtend16,
                _ => null,
            };
            if (narrow is not { } op)
                return value;
            if (Folding.Simplify(function, op, IrType.I32, [value]) is { } known)
                return known;
            var narrowed = new Instruction(op, IrType.I32, [value], null, store.Position);
            kept.Add(narrowed);
            return narrowed;
        }
    }
}
