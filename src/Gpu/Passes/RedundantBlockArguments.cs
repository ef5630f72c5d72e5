using Dalle2.Gpu.Ir;

namespace Dalle2.Gpu.Passes;

/// <summary>Removes arguments that are the same value on every edge, but for the argument itself: variables that a loop does not change.</summary>
static class RedundantBlockArguments
{
    public static void Run(Function function)
    {
        Dictionary<Block, List<Edge>> incoming = Incoming(function);
        var replacements = new Dictionary<Value, Value>();
        for (bool changed = incoming.Count > 0; changed;)
        {
            changed = false;
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
                    changed = true;
                }
            }
        }

        function.Replace(replacements);
    }

    /// <summary>The edges into every block that takes arguments.</summary>
    public static Dictionary<Block, List<Edge>> Incoming(Function function)
    {
        var incoming = new Dictionary<Block, List<Edge>>();
        foreach (Block block in function.Blocks)
        {
            if (block.Arguments.Count > 0)
                incoming.Add(block, []);
        }

        foreach (Block block in function.Blocks)
        {
            foreach (Edge edge in block.Edges)
            {
                if (incoming.TryGetValue(edge.To, out List<Edge>? edges))
                    edges.Add(edge);
            }
        }

        return incoming;
    }

    static Value? Single(Block block, int place, List<Edge> incoming, Dictionary<Value, Value> replacements)
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
