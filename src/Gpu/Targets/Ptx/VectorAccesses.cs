using System.Numerics;
using Dalle2.Gpu.Ir;

namespace Dalle2.Gpu.Targets.Ptx;

/// <summary>
/// Finds loads, and stores, of one block that lie side by side in memory and can be one access of two or four elements, at an address that is
/// known to be a multiple of its size. Loads move up to their first, stores down to their last: nothing that writes or checks lies between those
/// loads, nothing but the stores themselves between those stores.
/// </summary>
sealed class VectorAccesses
{
    readonly Dictionary<Instruction, Instruction[]> leaders = [];
    readonly HashSet<Instruction> members = [];
    readonly Alignment alignment;

    public VectorAccesses(Function function, Alignment alignment)
    {
        this.alignment = alignment;
        foreach (Block block in function.Blocks)
        {
            Loads(block);
            Stores(block);
        }
    }

    /// <summary>Whether the instruction is a part of a wider one.</summary>
    public bool Contains(Instruction instruction) => members.Contains(instruction);

    /// <summary>If the wider access takes place here: its elements by address; else null.</summary>
    public Instruction[]? LedBy(Instruction instruction) => leaders.GetValueOrDefault(instruction);

    void Loads(Block block)
    {
        var open = new List<Instruction>();
        foreach (Instruction instruction in block.Instructions)
        {
            if (instruction.Op == Op.Load)
                open.Add(instruction);
            else if (instruction.Op.Row().Effect is Effect.Write or Effect.Check)
                Close(open, last: false);
        }

        Close(open, last: false);
    }

    void Stores(Block block)
    {
        var open = new List<Instruction>();
        foreach (Instruction instruction in block.Instructions)
        {
            bool store = instruction.Op == Op.Store;
            if (store ? open.Count > 0 && !Follows(open, instruction) : instruction.Op.Row().Effect is Effect.Read or Effect.Write
                or Effect.Check)
            {
                Close(open, last: true);
            }

            if (store)
                open.Add(instruction);
        }

        Close(open, last: true);
    }

    // Stores elsewhere might be of the same bytes, so that their order counts.
    static bool Follows(List<Instruction> open, Instruction store) =>
        Key(store) == Key(open[0]) && !open.Exists(other => other.Access.Offset == store.Access.Offset);

    static (Value Base, Value Index, int Stride, MemoryType Type) Key(Instruction access) =>
        (access.Operands[0], access.Operands[1], access.Access.Stride, access.Access.Type);

    void Close(List<Instruction> open, bool last)
    {
        foreach (var group in open.Where(access => access.Access.Type.Bytes() >= 4).GroupBy(Key))
        {
            // Of loads of the same element, the later ones stay as they are.
            Instruction[] elements = [.. group.DistinctBy(access => access.Access.Offset).OrderBy(access => access.Access.Offset)];
            for (int e = 0; e < elements.Length;)
            {
                int width = Width(elements.AsSpan(e));
                if (width > 1)
                {
                    Instruction[] parts = elements[e..(e + width)];
                    members.UnionWith(parts);
                    leaders.Add(last ? parts.MaxBy(open.IndexOf)! : parts.MinBy(open.IndexOf)!, parts);
                }

                e += width;
            }
        }

        open.Clear();
    }

    // How many elements from the first on make one access.
    int Width(ReadOnlySpan<Instruction> elements)
    {
        int bytes = elements[0].Access.Type.Bytes(), first = elements[0].Access.Offset;
        var (start, index, stride, _) = Key(elements[0]);
        int zeros = Math.Min(alignment.ZerosOf(start, index, stride), first == 0 ? 63 : BitOperations.TrailingZeroCount(first));
        for (int width = 16 / bytes; width > 1; width /= 2)
        {
            bool adjoins = width <= elements.Length && 1L << zeros >= width * bytes;
            for (int e = 1; adjoins && e < width; e++)
                adjoins = elements[e].Access.Offset == first + e * bytes;
            if (adjoins)
                return width;
        }

        return 1;
    }
}
