namespace Dalle2.Training.Ranks;

/// <summary>
/// The one order in which what the parts of a step give is summed: a binary tree over their numbers, in which a sum of level l and index i is of the parts from
/// i 2^l up to (i + 1) 2^l, as far as there are so many. Whoever has neighboring parts can sum them up to the largest subtrees of their own; so who
/// has which parts does not change a bit of the sum.
/// </summary>
/// <param name="parts">Parts of the step.</param>
sealed class SummationTree(int parts)
{
    /// <summary>The sums that a range of parts is brought to: subtrees, in order.</summary>
    /// <param name="first">The first part.</param>
    /// <param name="end">One past the last.</param>
    public IReadOnlyList<TreeNode> Of(int first, int end)
    {
        var nodes = new List<TreeNode>();
        for (int part = first; part < end; part++)
            Push(nodes, new TreeNode(0, part));
        return nodes;
    }

    /// <summary>Puts the next sum behind those before it, and merges what are now both halves of a larger one.</summary>
    /// <param name="nodes">Sums, in order; their last ones are replaced by what they are merged to.</param>
    /// <param name="node">The next.</param>
    /// <returns>How many of those before it are added to it, beginning with the last.</returns>
    public int Push(List<TreeNode> nodes, TreeNode node)
    {
        int merges = 0;
        while (!(node.Index == 0 && node.End >= parts))
        {
            if (node.Index % 2 == 1)
            {
                // Its other half stands right before it, or is somebody else's.
                if (nodes is not [.., var last] || last != node with { Index = node.Index - 1 })
                    break;
                nodes.RemoveAt(nodes.Count - 1);
                merges++;
            }
            else if (node.End < parts)
            {
                break;
            }

            node = new TreeNode(node.Level + 1, node.Index / 2);
        }

        nodes.Add(node);
        return merges;
    }
}

/// <summary>A sum of neighboring parts.</summary>
/// <param name="Level">It is of 2^level parts, or of as many as there are.</param>
/// <param name="Index">Its place among those of the level.</param>
readonly record struct TreeNode(int Level, int Index)
{
    /// <summary>One past the last part that it can have.</summary>
    public long End => (Index + 1L) << Level;
}
