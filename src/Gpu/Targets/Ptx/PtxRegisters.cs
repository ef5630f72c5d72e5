using System.Text.RegularExpressions;

namespace Dalle2.Gpu.Targets.Ptx;

/// <summary>How many registers a text of <see cref="PtxTarget"/> names, and how many of them hold at once what is still needed, in units of 32 bits.</summary>
/// <remarks>
/// The driver's compiler allocates registers, and it alone decides: it moves instructions, and computes again what is cheap. What is live at once in the order of the text is what an
/// allocation that moved nothing would need. Predicates are other registers; parameters of the kernel lie in constant memory, where instructions find them.
/// </remarks>
/// <param name="Declared">All that are named.</param>
/// <param name="Live">The most that are live at one place.</param>
readonly partial record struct PtxRegisters(int Declared, int Live)
{
    // Instructions whose first operand is not written.
    static readonly string[] WritesNothing = ["st.", "bra", "ret", "bar.", "membar", "cp.async"];

    /// <summary>Counts the registers of a text.</summary>
    public static PtxRegisters Of(string text)
    {
        var numbers = new Dictionary<string, int>();
        var weights = new List<int>();
        List<Block> blocks = Read(text, numbers, weights);
        int words = (weights.Count + 63) / 64;
        var live = blocks.ConvertAll(_ => new ulong[words]);
        for (bool changed = true; changed;)
        {
            changed = false;
            for (int b = blocks.Count - 1; b >= 0; b--)
            {
                ulong[] now = After(blocks[b], live, words);
                foreach (Line line in Enumerable.Reverse(blocks[b].Lines))
                    Step(now, line);
                if (now.AsSpan().SequenceEqual(live[b]))
                    continue;
                live[b] = now;
                changed = true;
            }
        }

        return new PtxRegisters(numbers.Keys.Sum(Weight), blocks.Max(block => Most(block, After(block, live, words), weights)));
    }

    static int Most(Block block, ulong[] live, List<int> weights)
    {
        int now = 0, most = 0;
        for (int r = 0; r < weights.Count; r++)
            now += Holds(live, r) ? weights[r] : 0;
        foreach (Line line in Enumerable.Reverse(block.Lines))
        {
            // What nobody reads is written all the same.
            int unread = line.Written.Where(r => !Holds(live, r)).Sum(r => weights[r]);
            most = Math.Max(most, now + unread);
            if (!line.IsConditional)
                now -= line.Written.Where(r => Holds(live, r)).Sum(r => weights[r]);
            Step(live, line with { Read = [] });
            now += line.Read.Distinct().Where(r => !Holds(live, r)).Sum(r => weights[r]);
            Step(live, line with { Written = [] });
            most = Math.Max(most, now);
        }

        return most;
    }

    static ulong[] After(Block block, List<ulong[]> live, int words)
    {
        var after = new ulong[words];
        foreach (int next in block.Next)
        {
            for (int w = 0; w < words; w++)
                after[w] |= live[next][w];
        }

        return after;
    }

    static void Step(ulong[] live, Line line)
    {
        foreach (int r in line.IsConditional ? [] : line.Written)
            live[r / 64] &= ~(1UL << r);
        foreach (int r in line.Read)
            live[r / 64] |= 1UL << r;
    }

    static bool Holds(ulong[] live, int register) => (live[register / 64] >> register & 1) != 0;

    static List<Block> Read(string text, Dictionary<string, int> numbers, List<int> weights)
    {
        List<Block> blocks = [new()];
        var places = new Dictionary<string, int>();
        // The lines between the entry's braces.
        foreach (string raw in text[text.IndexOf("\n{", StringComparison.Ordinal)..].Split('\n'))
        {
            string line = raw.Trim().TrimEnd(';');
            if (line.EndsWith(':'))
            {
                blocks.Add(new Block());
                places[line[..^1]] = blocks.Count - 1;
            }
            else if (line.Length > 1 && line[0] is not ('.' or '{' or '}'))
            {
                blocks[^1].Lines.Add(Parse(line, numbers, weights));
                if (line.Contains("bra ", StringComparison.Ordinal) || line.EndsWith("ret", StringComparison.Ordinal))
                    blocks.Add(new Block());
            }
        }

        for (int b = 0; b < blocks.Count; b++)
        {
            Line? last = blocks[b].Lines.LastOrDefault();
            if (last?.Target is { Length: > 0 } target)
                blocks[b].Next.Add(places[target]);
            if (b + 1 < blocks.Count && (last?.Target == null || last.IsConditional))
                blocks[b].Next.Add(b + 1);
        }

        return blocks;
    }

    static Line Parse(string line, Dictionary<string, int> numbers, List<int> weights)
    {
        bool isConditional = line[0] == '@';
        string statement = isConditional ? line[(line.IndexOf(' ', StringComparison.Ordinal) + 1)..] : line;
        int operands = statement.IndexOf(' ', StringComparison.Ordinal), first = 0;
        if (operands >= 0 && !Array.Exists(WritesNothing, statement.StartsWith))
        {
            bool isList = statement[operands + 1] == '{';
            int end = statement.IndexOf(isList ? '}' : ',', operands);
            first = end < 0 ? statement.Length : end;
        }

        bool isParameter = statement.StartsWith("ld.param", StringComparison.Ordinal);
        int[] Numbers(string part) => [.. Named().Matches(part).Select(match => Number(match.Value))];
        int Number(string name)
        {
            if (numbers.TryGetValue(name, out int number))
                return number;
            weights.Add(isParameter ? 0 : Weight(name));
            return numbers[name] = weights.Count - 1;
        }

        int[] written = Numbers(statement[..first]), read = Numbers(statement[first..]);
        if (isConditional)
            read = [.. read, .. Numbers(line[..line.IndexOf(' ', StringComparison.Ordinal)])];
        return new Line(written, read, isConditional,
            statement.StartsWith("bra ", StringComparison.Ordinal) ? statement[4..] : statement == "ret" ? "" : null);
    }

    static int Weight(string register) => register[1] == 'p' ? 0 : register[2] == 'd' ? 2 : 1;

    // Places in the grid have names without numbers.
    [GeneratedRegex("%(?:rd|fd|[phrf])[0-9]+")]
    private static partial Regex Named();

    // The target is a label, nothing of a return, and null where control goes on.
    sealed record Line(int[] Written, int[] Read, bool IsConditional, string? Target);

    sealed class Block
    {
        public List<Line> Lines { get; } = [];

        public List<int> Next { get; } = [];
    }
}
