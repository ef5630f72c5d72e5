using Dalle2.Gpu.Ir;

namespace Dalle2.Gpu.Passes;

/// <summary>Removes instructions and arguments of blocks that nothing needs. Needed is what has an effect, what decides a branch, and what those need.</summary>
static class DeadCodeElimination
{
    public static void Run(Function function)
    {
        Dictionary<Block, List<Edge>> incoming = RedundantBlockArguments.Incoming(function);
        var homes = new Dictionary<Value, (Block Block, int Place)>();
        foreach (Block block in function.Blocks)
        {
            for (int a = 0; a < block.Arguments.Count; a++)
                homes.Add(block.Arguments[a], (block, a));
        }

        var needed = new HashSet<Value>();
        var work = new Stack<Value>();
        foreach (Block block in function.Blocks)
        {
            foreach (Instruction instruction in block.Instructions)
            {
                if (instruction.Op.Row().Effect is Effect.Check or Effect.Write)
                    Need(instruction, needed, work);
            }

            if (block.Condition != null)
                Need(block.Condition, needed, work);
        }

        while (work.TryPop(out Value? value))
        {
            if (value is Instruction instruction)
            {
                foreach (Value operand in instruction.Operands)
                    Need(operand, needed, work);
            }
            else
            {
                var (home, place) = homes[value];
                foreach (Edge edge in incoming[home])
                    Need(edge.Arguments[place], needed, work);
            }
        }

        foreach (Block block in function.Blocks)
        {
            block.Instructions.RemoveAll(instruction => !needed.Contains(instruction));
            for (int a = block.Arguments.Count - 1; a >= 0; a--)
            {
                if (needed.Contains(block.Arguments[a]))
                    continue;
                block.Arguments.RemoveAt(a);
                foreach (Edge edge in incoming[block])
                    edge.Arguments.RemoveAt(a);
            }
        }
    }

    static void Need(Value value, HashSet<Value> needed, Stack<Value> work)
    {
        if (value is Instruction or BlockArgument && needed.Add(value))
            work.Push(value);
    }
}
