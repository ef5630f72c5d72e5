using Dalle2.Gpu.Ir;

namespace Dalle2.Gpu.Passes;

/// <summary>
/// Within a block, replaces a load by the value that was stored to or loaded from the same bytes before, if nothing in between may have changed
/// them: a store that may mean the same memory, or one of the places where other threads' writes become visible.
/// </summary>
static class LoadElimination
{
    public static void Run(Function function)
    {
        var replacements = new Dictionary<Value, Value>();
        var known = new Dictionary<Place, Value>();
        var lost = new List<Place>();
        foreach (Block block in function.Blocks)
        {
            known.Clear();
            block.Instructions.RemoveAll(instruction => Visit(instruction, known, lost, replacements));
        }

        function.Replace(replacements);
    }

    // True if the instruction is not needed.
    static bool Visit(Instruction instruction, Dictionary<Place, Value> known, List<Place> lost, Dictionary<Value, Value> replacements)
    {
        switch (instruction.Op)
        {
            case Op.Load:
                Place read = Place.Of(instruction, replacements);
                if (known.TryGetValue(read, out Value? value))
                {
                    replacements.Add(instruction, value);
                    return true;
                }

                known.Add(read, instruction);
                return false;
            case Op.Store:
                Place written = Place.Of(instruction, replacements);
                Forget(known, lost, written.MayOverlap);
                // Of smaller integers, memory keeps less than the value.
                if (instruction.Access.Type.Bytes() >= sizeof(int))
                    known[written] = Resolve(instruction.Operands[2], replacements);
                return false;
            case Op.LocalAllocate or Op.SharedAllocate:
                Forget(known, lost, place => place.Base == instruction);
                return false;
            default:
                if (instruction.Op.Row().Effect != Effect.Write)
                    return false;
                // What a thread keeps for itself changes by its own stores and atomics only.
                bool ownAtomic = instruction.Operands.Length > 0 && instruction.Operands[0].Type == IrType.Local;
                Forget(known, lost, place => ownAtomic || place.Base.Type != IrType.Local);
                return false;
        }
    }

    static void Forget(Dictionary<Place, Value> known, List<Place> lost, Predicate<Place> which)
    {
        lost.Clear();
        foreach (Place place in known.Keys)
        {
            if (which(place))
                lost.Add(place);
        }

        foreach (Place place in lost)
            known.Remove(place);
    }

    static Value Resolve(Value value, Dictionary<Value, Value> replacements)
    {
        while (replacements.TryGetValue(value, out Value? next))
            value = next;
        return value;
    }

    // What an access means. Values by reference: constants exist once.
    readonly record struct Place(Value Base, Value Index, Access Access)
    {
        public static Place Of(Instruction access, Dictionary<Value, Value> replacements) =>
            new(access.Operands[0], Resolve(access.Operands[1], replacements), access.Access);

        public bool MayOverlap(Place other)
        {
            if (Base.Type != other.Base.Type)
                return false;
            // Two allocations never overlap; two views of device memory may be of the same.
            if (Base != other.Base)
                return !(IsAllocation(Base) && IsAllocation(other.Base));
            if (Index == other.Index && Access.Stride == other.Access.Stride)
                return Near(0, other);
            if (Index is Constant mine && other.Index is Constant its)
                return Near(At(its) * other.Access.Stride - At(mine) * Access.Stride, other);
            return true;
        }

        // Whether the bytes overlap if the other's begin so much further on.
        bool Near(long further, Place other)
        {
            long distance = further + other.Access.Offset - Access.Offset;
            return distance < Access.Type.Bytes() && -distance < other.Access.Type.Bytes();
        }

        static long At(Constant index) => index.Type == IrType.I32 ? (int)index.Bits : (long)index.Bits;

        static bool IsAllocation(Value value) => value is Instruction { Op: Op.LocalAllocate or Op.SharedAllocate };
    }
}
