using Dalle2.Training.Ranks;

namespace Dalle2.Tests.Ranks;

/// <summary>The order in which parts are summed, against its definition by recursion.</summary>
public class SummationTreeTests
{
    [Test]
    public void Ranks_sums_merge_to_the_same_tree_however_parts_are_divided([Range(1, 17)] int parts)
    {
        string whole = Define(0, parts, parts);
        for (int ranks = 1; ranks <= parts; ranks++)
        {
            var (tree, share) = (new SummationTree(parts), new PartShare(parts, ranks));
            var (nodes, texts) = (new List<TreeNode>(), new Stack<string>());
            for (int rank = 0; rank < ranks; rank++)
            {
                var (own, ownTexts) = (new List<TreeNode>(), new Stack<string>());
                for (int part = share.First(rank); part < share.End(rank); part++)
                    Push(tree, own, ownTexts, new TreeNode(0, part), $"{part}");
                Assert.That(own, Is.EqualTo(tree.Of(share.First(rank), share.End(rank))));
                foreach (var (node, text) in own.Zip(ownTexts.Reverse()))
                    Push(tree, nodes, texts, node, text);
            }

            Assert.That(texts, Is.EqualTo(new[] { whole }), $"{ranks} ranks");
        }
    }

    static void Push(SummationTree tree, List<TreeNode> nodes, Stack<string> texts, TreeNode node, string text)
    {
        for (int merges = tree.Push(nodes, node); merges > 0; merges--)
            text = $"({texts.Pop()}+{text})";
        texts.Push(text);
    }

    // A sum of the smallest power of two of parts that has all is the sum of its halves.
    static string Define(int first, int end, int parts)
    {
        int size = 1;
        while (first + size < end)
            size *= 2;
        if (size == 1)
            return $"{first}";
        return first + size / 2 >= parts ? Define(first, end, parts)
            : $"({Define(first, first + size / 2, parts)}+{Define(first + size / 2, Math.Min(end, first + size), parts)})";
    }
}
