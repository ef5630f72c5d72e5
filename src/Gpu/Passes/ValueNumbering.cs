using System.Runtime.CompilerServices;
using Dalle2.Gpu.Ir;

namespace Dalle2.Gpu.Passes;

/// <summary>
/// Computes each value once: an instruction that repeats one that came before it on every way there is replaced by it. Operations on floats are
/// equal only if their operands stand in the same order, since the order decides which of two NaNs comes out.
/// </summary>
static class ValueNumbering
{
    public static void Run(Function function)
    {
        var dominators = new Dominators(function);
        var children = new Dictionary<Block, List<Block>>();
        foreach (Block block in dominators.Blocks)
            children.Add(block, []);
        foreach (Block block in dominators.Blocks)
        {
            if (dominators.Immediate(block) is { } above)
                children[above].Add(block);
        }

        var replacements = new Dictionary<Value, Value>();
        var known = new Dictionary<Key, Instruction>();
        var work = new Stack<(Block? Enter, List<Key>? Leave)>();
        work.Push((function.Entry, null));
        while (work.TryPop(out var step))
        {
            if (step.Enter == null)
            {
                foreach (Key key in step.Leave!)
                    known.Remove(key);
                continue;
            }

            List<Key> added = Visit(step.Enter, known, replacements);
            work.Push((null, added));
            foreach (Block child in children[step.Enter])
                work.Push((child, null));
        }

        function.Replace(replacements);
    }

    static List<Key> Visit(Block block, Dictionary<Key, Instruction> known, Dictionary<Value, Value> replacements)
    {
        var added = new List<Key>();
        var kept = new List<Instruction>(block.Instructions.Count);
        foreach (Instruction instruction in block.Instructions)
        {
            for (int o = 0; o < instruction.Operands.Length; o++)
                instruction.Operands[o] = replacements.GetValueOrDefault(instruction.Operands[o], instruction.Operands[o]);
            if (instruction.Op.Row().Effect is Effect.Read or Effect.Write)
            {
                kept.Add(instruction);
                continue;
            }

            Key key = Key.Of(instruction);
            if (known.TryGetValue(key, out Instruction? same))
            {
                replacements.Add(instruction, same);
                continue;
            }

            known.Add(key, instruction);
            added.Add(key);
            kept.Add(instruction);
        }

        block.Instructions = kept;
        return added;
    }

    // Operands by reference: constants exist once. The two members are what would be generated, but without a call for each part.
    readonly record struct Key(Op Op, IrType Type, Immediate? Immediate, Value? A, Value? B, Value? C)
    {
        public bool Equals(Key other) =>
            Op == other.Op && Type == other.Type && A == other.A && B == other.B && C == other.C
            && Immediate == other.Immediate;

        public override int GetHashCode()
        {
            int hash = (int)Op;
            hash = hash * 31 + (A == null ? 0 : RuntimeHelpers.GetHashCode(A));
            hash = hash * 31 + (B == null ? 0 : RuntimeHelpers.GetHashCode(B));
            return hash * 31 + (C == null ? 0 : RuntimeHelpers.GetHashCode(C));
        }

        public static Key Of(Instruction i)
        {
            Value[] o = i.Operands;
            // Two checks of the same differ in their numbers only.
            Immediate? immediate = i.Immediate is CheckReference ? null : i.Immediate;
            return new Key(i.Op, i.Type, immediate, o.Length > 0 ? o[0] : null, o.Length > 1 ? o[1] : null, o.Length > 2 ? o[2] : null);
        }
    }
}
