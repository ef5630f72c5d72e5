namespace Dalle2.Gpu.Lowering;

/// <summary>Which registers still matter behind each barrier.</summary>
sealed class Liveness
{
    readonly Dictionary<BarrierLine, Register[]> after = [];

    public Liveness(LinearCode code)
    {
        var blocks = new List<(int Start, int End)>();
        var blockAt = new Dictionary<Label, int>();
        int start = 0;
        for (int l = 0; l < code.Lines.Count; l++)
        {
            if (code.Lines[l] is LabelLine label)
            {
                if (l > start)
                    blocks.Add((start, l));
                start = l;
                blockAt[label.Label] = blocks.Count;
            }
            else if (code.Lines[l] is JumpLine or BranchLine or EndLine)
            {
                blocks.Add((start, l + 1));
                start = l + 1;
            }
        }

        var live = new HashSet<Register>[blocks.Count + 1];
        for (int b = 0; b <= blocks.Count; b++)
            live[b] = [];
        for (bool changed = true; changed;)
        {
            changed = false;
            for (int b = blocks.Count - 1; b >= 0; b--)
            {
                HashSet<Register> now = Behind(code, blocks[b].End - 1, b, live, blockAt);
                for (int l = blocks[b].End - 1; l >= blocks[b].Start; l--)
                {
                    Line line = code.Lines[l];
                    if (line is BarrierLine barrier)
                        after[barrier] = [.. now.OrderBy(register => register.Number)];
                    if (LineOperands.Written(line) is { } written)
                        now.Remove(written);
                    now.UnionWith(LineOperands.Read(line));
                }

                if (live[b].SetEquals(now))
                    continue;
                live[b] = now;
                changed = true;
            }
        }
    }

    public Register[] After(BarrierLine barrier) => after[barrier];

    static HashSet<Register> Behind(LinearCode code, int last, int block, HashSet<Register>[] live, Dictionary<Label, int> blockAt) =>
        code.Lines[last] switch
        {
            JumpLine jump => [.. live[blockAt[jump.Label]]],
            BranchLine branch => [.. live[blockAt[branch.Label]], .. live[block + 1]],
            EndLine => [],
            _ => [.. live[block + 1]],
        };
}
