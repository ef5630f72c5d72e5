using Dalle2.Gpu.Ir;

namespace Dalle2.Gpu.Passes;

/// <summary>Removes instructions and arguments of blocks that nothing needs. Needed is what has an effect, what decides a branch, and what those need.</summary>
static class DeadCode
{
    public static void Run(Function function)
    {
        ILookup<Block, Edge> incoming = function.Blocks.SelectMany(block => block.Edges).ToLookup(edge => edge.To);
        var homes = new Dictionary<Value, Block>();
        foreach (Block block in function.Blocks)
        {
            foreach (BlockArgument argument in block.Arguments)
                homes.Add(argument, block);
        }

        var needed = new HashSet<Value>();
        var work = new Stack<Value>();
        void Need(Value value)
        {
            if (value is Instruction or BlockArgument && needed.Add(value))
                work.Push(value);
        }

        foreach (Block block in function.Blocks)
        {
            foreach (Instruction instruction in block.Instructions.Where(i => i.Op.Row().Effect is Effect.Check or Effect.Write))
                Need(instruction);
            if (block.Condition != null)
                Need(block.Condition);
        }

        while (work.TryPop(out Value? value))
        {
            if (value is Instruction instruction)
            {
                foreach (Value operand in instruction.Operands)
                    Need(operand);
            }
            else
            {
                Block home = homes[value];
                int place = home.Arguments.IndexOf((BlockArgument)value);
                foreach (Edge edge in incoming[home])
                    Need(edge.Arguments[place]);
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
}
