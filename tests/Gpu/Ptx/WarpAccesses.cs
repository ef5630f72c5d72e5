namespace Dalle2.Tests.Gpu.Ptx;

/// <summary>
/// Counts how memory serves what the lanes of a warp ask for at once. Shared memory has 32 banks, each a word wide: words of one bank that differ are taken one after the other; of
/// accesses of 16 bytes, 8 lanes come at once. Device memory comes in sectors of 32 bytes: those that a request touches beyond what its bytes fill are fetched for nothing. A warp pays for
/// 32 lanes, however few of them ask.
/// </summary>
sealed class WarpAccesses
{
    const int Lanes = 32, SectorBytes = 32, WordBytes = 4;

    readonly Dictionary<(PtxGroup Group, int Number, int Line, bool IsGlobal, int Thread), int> turns = [];
    readonly Dictionary<(PtxGroup Group, int Number, int Line, bool IsGlobal, int Warp, int Turn), Request> requests = [];

    /// <summary>The kernel that runs.</summary>
    public string Kernel { get; set; } = "";

    /// <summary>Accesses of warps to shared memory so far, and those that took more than one part, as lines of the text.</summary>
    public (int Accesses, List<string> Conflicts) Shared()
    {
        Request[] shared = [.. requests.Values.Where(request => !request.IsGlobal)];
        var conflicts = shared.Select(request => (request, Parts: Parts(request))).Where(counted => counted.Parts > 1)
            .Select(counted => $"line {counted.request.Line.Number}, {counted.request.Line.Text}: {counted.Parts} parts");
        return (shared.Length, [.. conflicts.Distinct()]);
    }

    /// <summary>Requests to device memory so far, line by line of the text.</summary>
    public IReadOnlyList<GlobalLine> Global() =>
    [
        .. from request in requests.Values
           where request.IsGlobal
           group request by (request.Kernel, request.Line.Text) into line
           select new GlobalLine(
               line.Key.Kernel, line.Key.Text, line.Count(), line.Sum(Sectors), line.Sum(Fewest),
               line.Sum(request => Lanes - request.Lanes.Count)),
    ];

    /// <summary>A lane's access; as many of a thread to a line are of as many requests of its warp.</summary>
    public void Note(PtxThread thread, PtxLine line, bool isGlobal, ulong address, int size)
    {
        var counted = (thread.Group, thread.Group.Number, line.Number, isGlobal, thread.Linear);
        int turn = turns[counted] = turns.GetValueOrDefault(counted) + 1;
        var key = (thread.Group, thread.Group.Number, line.Number, isGlobal, thread.Warp, turn);
        if (!requests.TryGetValue(key, out Request? request))
            requests.Add(key, request = new Request(Kernel, line, isGlobal));
        request.Lanes.Add((thread.Lane, address, size));
    }

    static int Parts(Request request) => request.Lanes.GroupBy(access => access.Size == 16 ? access.Lane / 8 : 0)
        .Max(phase => Units(phase, WordBytes).GroupBy(word => word % 32).Max(bank => bank.Count()));

    static int Sectors(Request request) => Units(request.Lanes, SectorBytes).Count();

    // Lanes may ask for the same bytes.
    static int Fewest(Request request) => (Units(request.Lanes, 1).Count() + SectorBytes - 1) / SectorBytes;

    static IEnumerable<ulong> Units(IEnumerable<(int Lane, ulong Address, int Size)> lanes, int bytes) =>
        lanes.SelectMany(access => Enumerable.Range(0, access.Size).Select(b => (access.Address + (ulong)b) / (ulong)bytes)).Distinct();

    /// <param name="Kernel">The kernel.</param>
    /// <param name="Text">The line.</param>
    /// <param name="Requests">How often a warp came to it.</param>
    /// <param name="Sectors">Sectors of 32 bytes that were touched.</param>
    /// <param name="Fewest">Sectors that the bytes would fill.</param>
    /// <param name="IdleLanes">Lanes of those warps that did not ask.</param>
    public sealed record GlobalLine(string Kernel, string Text, int Requests, int Sectors, int Fewest, int IdleLanes);

    sealed record Request(string Kernel, PtxLine Line, bool IsGlobal)
    {
        public List<(int Lane, ulong Address, int Size)> Lanes { get; } = [];
    }
}
