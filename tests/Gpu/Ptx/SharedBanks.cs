namespace Dalle2.Tests.Gpu.Ptx;

/// <summary>
/// Counts in how many parts the 32 banks of shared memory, each a word wide, must take what a warp asks for at once: words of one bank that differ are taken one after the other. Of
/// accesses of 16 bytes, 8 lanes come at once.
/// </summary>
sealed class SharedBanks
{
    readonly Dictionary<(int Line, int Thread), int> turns = [];
    readonly Dictionary<(int Line, string Text, int Warp, int Turn), List<(int Lane, ulong Address, int Size)>> accesses = [];

    /// <summary>Accesses of whole warps so far, and those that took more than one part, as lines of the text.</summary>
    public (int Accesses, List<string> Conflicts) Result()
    {
        var conflicts = new List<string>();
        foreach (var (key, lanes) in accesses)
        {
            foreach (var phase in lanes.GroupBy(access => access.Size == 16 ? access.Lane / 8 : 0))
            {
                int parts = phase.SelectMany(access => Enumerable.Range(0, access.Size / 4)
                    .Select(word => access.Address / 4 + (ulong)word)).Distinct().GroupBy(word => word % 32).Max(bank => bank.Count());
                if (parts > 1)
                    conflicts.Add($"line {key.Line}, {key.Text}: {parts} parts");
            }
        }

        return (accesses.Count, [.. conflicts.Distinct()]);
    }

    public void Note(PtxThread thread, PtxLine line, ulong address, int size)
    {
        int turn = turns[(line.Number, thread.Linear)] = turns.GetValueOrDefault((line.Number, thread.Linear)) + 1;
        var key = (line.Number, line.Text, thread.Warp, turn);
        if (!accesses.TryGetValue(key, out var lanes))
            accesses.Add(key, lanes = []);
        lanes.Add((thread.Lane, address, size));
    }
}
