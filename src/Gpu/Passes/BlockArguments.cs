using Dalle2.Gpu.Ir;

namespace Dalle2.Gpu.Passes;

/// <summary>Removes arguments that are the same value on every edge, but for the argument itself: variables that a loop does not change.</summary>
static class BlockArguments
{
    public static void Run(Function function)
    {
        ILookup<Block, Edge> incoming = function.Blocks.SelectMany(block => block.Edges).ToLookup(edge => edge.To);
        for (bool changed = true; changed;)
        {
            var replacements = new Dictionary<Value, Value>();
            foreach (Block block in function.Blocks)
            {
                for (int a = block.Arguments.Count - 1; a >= 0; a--)
                {
                    if (Single(block, a, incoming[block], replacements) is not { } value)
                        continue;
                    replacements.Add(block.Arguments[a], value);
                    block.Arguments.RemoveAt(a);
                    foreach (Edge edge in incoming[block])
                        edge.Arguments.RemoveAt(a);
                }
            }

            function.Replace(replacements);
            changed = replacements.Count > 0;
        }
    }

    static Value? Single(Block block, int place, IEnumerable<Edge> incoming, Dictionary<Value, Value> replacements)
    {
        Value? single = null;
        foreach (Edge edge in incoming)
        {
            Value value = edge.Arguments[place];
            while (replacements.TryGetValue(value, out Value? next))
                value = next;
            if (value == block.Arguments[place] || value == single)
                continue;
            if (single != null)
                return null;
            single = value;
        }

        return single;
    }
}
