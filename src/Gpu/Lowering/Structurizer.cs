using Dalle2.Gpu.Ir;

namespace Dalle2.Gpu.Lowering;

/// <summary>A function's control flow as nested scopes.</summary>
abstract record Tree;

/// <summary>What leaves the inner tree for the target goes on with what follows.</summary>
sealed record Join(Block Target, Tree Inner, Tree Follow) : Tree;

/// <summary>What leaves the body for the header begins it again. The body holds the loop's blocks only.</summary>
sealed record Loop(Block Header, Tree Body) : Tree;

/// <summary>One block and its ways on: none (the thread is done), one, or two by the block's condition.</summary>
sealed record Code(Block Block, Way[] Ways) : Tree;

/// <summary>A way out of a block: to the tree that only this way leads to, or, if there is none, to an enclosing <see cref="Join"/> or <see cref="Loop"/>.</summary>
sealed record Way(Edge Edge, Tree? Next);

/// <summary>
/// Finds nested scopes from the dominator tree, after Norman Ramsey, "Beyond Relooper: recursive translation of unstructured control flow to
/// structured control flow" (ICFP 2022). Every kernel's graph is reducible, since C# compiles to nothing else.
/// </summary>
/// <remarks>
/// One thing differs: where a loop is left to is always a join outside of the loop, even if only one way leads there, so that threads that leave a
/// loop at different times go on together.
/// </remarks>
static class Structurizer
{
    public static Tree Run(Dominators dominators, Loops loops)
    {
        var order = new Dictionary<Block, int>();
        foreach (Block block in dominators.Blocks)
            order.Add(block, order.Count);

        // Joins in the order of the blocks, by the block that dominates them or the loop that they follow.
        var joins = new Dictionary<Block, List<Block>>();
        var behind = new Dictionary<Block, List<Block>>();
        var joined = new HashSet<Block>();
        foreach (Block block in dominators.Blocks)
        {
            if (dominators.Immediate(block) is not { } parent)
                continue;
            Block? left = loops.Around(parent).FirstOrDefault(header => !loops.Bodies[header].Contains(block));
            if (left != null)
                Add(behind, left, block);
            else if (dominators.Incoming[block].Count(edge => order[edge.From] < order[block]) > 1)
                Add(joins, parent, block);
        }

        return Below(dominators.Blocks[0]);

        void Add(Dictionary<Block, List<Block>> places, Block place, Block block)
        {
            if (!places.TryGetValue(place, out List<Block>? list))
                places.Add(place, list = []);
            list.Add(block);
            joined.Add(block);
        }

        Tree Below(Block block)
        {
            Tree tree = new Code(block, [.. block.Edges.Select(edge =>
                new Way(edge, order[edge.To] <= order[block] || joined.Contains(edge.To) ? null : Below(edge.To)))]);
            tree = Joined(tree, joins.GetValueOrDefault(block));
            return loops.Bodies.ContainsKey(block) ? Joined(new Loop(block, tree), behind.GetValueOrDefault(block)) : tree;
        }

        // The last join is outermost: control goes to it from what follows the others, too.
        Tree Joined(Tree inner, List<Block>? targets)
        {
            foreach (Block target in targets ?? [])
                inner = new Join(target, inner, Below(target));
            return inner;
        }
    }
}
