
namespace Dalle2.Tests.Gpu.Ptx;

/// <summary>
/// Runs an entry. The threads of a group take turns: each runs until it comes to a place where others must come too. What the language leaves
/// undefined, and what is always a mistake, is a fault.
/// </summary>
sealed class PtxProgram
{
    /// <summary>How many instructions a thread, or a function, may take.</summary>
    public const long MostSteps = 20_000_000;

    readonly PtxText text;
    readonly PtxStep[] steps;
    readonly PtxDecoder decoder;

    /// <param name="source">The text.</param>
    /// <param name="isForeign">Whether another compiler wrote it: then also what ours must never say is taken, as far as the language has it.</param>
    public PtxProgram(string source, bool isForeign = false)
    {
        text = PtxReader.Read(source);
        decoder = new PtxDecoder(text, isForeign);
        steps = decoder.Decode();
    }

    public string Entry => text.Entry;

    public IReadOnlyList<PtxVariable> Parameters => text.Parameters;

    /// <summary>Instructions executed in all runs, of all threads.</summary>
    public long Steps { get; private set; }

    /// <summary>What counts the accesses to shared and device memory; null counts none.</summary>
    public WarpAccesses? Accesses
    {
        get => decoder.Memory.Accesses;
        set => decoder.Memory.Accesses = value;
    }

    /// <summary>Runs all groups, one after the other.</summary>
    /// <param name="grid">Groups along each axis.</param>
    /// <param name="size">Threads of a group along each axis.</param>
    /// <param name="parameters">The bits of each parameter, none of which is an array.</param>
    /// <param name="ranges">The device memory that may be touched.</param>
    public void Run(Index3D grid, Index3D size, ulong[] parameters, IReadOnlyList<(long Start, long End)> ranges)
    {
        RequireCount(parameters.Length);
        for (int p = 0; p < parameters.Length; p++)
        {
            if (text.Parameters[p].IsArray)
                throw new PtxFault($"{text.Parameters[p].Name} is an array");
            if (text.Parameters[p].Alignment > 1 && parameters[p] % (ulong)text.Parameters[p].Alignment != 0)
                throw new PtxFault($"{text.Parameters[p].Name} is not aligned to {text.Parameters[p].Alignment} bytes");
        }

        RunWithBytes(grid, size, [.. parameters.Select((bits, p) => BitConverter.GetBytes(bits)[..text.Parameters[p].Bytes])], ranges);
    }

    /// <summary>The same with the bytes of each parameter as they lie in memory, and bytes of shared memory that the launch adds.</summary>
    public void RunWithBytes(Index3D grid, Index3D size, byte[][] parameters, IReadOnlyList<(long Start, long End)> ranges,
        int dynamicBytes = 0)
    {
        RequireCount(parameters.Length);
        for (int p = 0; p < parameters.Length; p++)
        {
            if (text.Parameters[p].Bytes != parameters[p].Length)
                throw new PtxFault($"{text.Parameters[p].Name} has {text.Parameters[p].Bytes} bytes, not {parameters[p].Length}");
        }

        decoder.Memory.Ranges = ranges;
        decoder.Memory.Parameters = parameters;
        decoder.Memory.DynamicBytes = dynamicBytes;
        var group = new PtxGroup(size.Size, decoder.RegisterCount, decoder.Memory.SharedBytes, decoder.Memory.LocalBytes);
        for (int g = 0; g < grid.Size; g++)
        {
            group.Begin();
            foreach (PtxThread thread in group.Threads)
                decoder.Begin(thread, grid, size, Unflatten(g, grid), Unflatten(thread.Linear, size));
            Run(group);
        }
    }

    void RequireCount(int given)
    {
        if (given != text.Parameters.Count)
            throw new PtxFault($"{text.Entry} takes {text.Parameters.Count} parameters, not {given}");
    }

    static Index3D Unflatten(int linear, Index3D extent) =>
        new(linear % extent.X, linear / extent.X % extent.Y, linear / extent.X / extent.Y);

    void Run(PtxGroup group)
    {
        while (true)
        {
            foreach (PtxThread thread in group.Threads)
                Run(thread);
            bool released = false;
            for (int first = 0; first < group.Threads.Length; first += 32)
                released |= Release(group, group.Threads.AsSpan(first, Math.Min(32, group.Threads.Length - first)));
            if (released)
                continue;
            if (Array.TrueForAll(group.Threads, thread => thread.State == PtxState.Ended))
                return;
            PtxThread one = group.Threads[0];
            if (!Array.TrueForAll(group.Threads, thread => thread.State == PtxState.AtBarrier && thread.Next == one.Next))
                throw new PtxFault($"{text.Entry}: threads of a group part ways: {Whereabouts(group)}");
            foreach (PtxThread thread in group.Threads)
                thread.Combine?.Invoke(thread, group.Threads);
            group.PassBarrier();
            foreach (PtxThread thread in group.Threads)
                thread.State = PtxState.Runs;
        }
    }

    void Run(PtxThread thread)
    {
        long taken = 0;
        try
        {
            while (thread.State == PtxState.Runs)
            {
                steps[thread.Next++](thread);
                if (++taken > MostSteps)
                    throw new PtxFault("the thread does not end");
            }
        }
        catch (PtxFault fault)
        {
            PtxLine line = text.Lines[Math.Min(thread.Next, text.Lines.Count) - 1];
            throw new PtxFault($"{text.Entry}, line {line.Number}, thread {thread.Linear}: {line.Text}: {fault.Message}");
        }
        finally
        {
            Steps += taken;
        }
    }

    // Lets a warp go on whose members have all come to one place.
    static bool Release(PtxGroup group, ReadOnlySpan<PtxThread> warp)
    {
        PtxThread? one = null;
        foreach (PtxThread thread in warp)
            one ??= thread.State == PtxState.AtWarp ? thread : null;
        if (one == null)
            return false;
        var lanes = new PtxThread?[32];
        foreach (PtxThread thread in warp)
        {
            if ((one.Members >> thread.Lane & 1) == 0 || thread.State == PtxState.Ended)
                continue;
            if (thread.State != PtxState.AtWarp || thread.Next != one.Next || thread.Members != one.Members)
                return false;
            lanes[thread.Lane] = thread;
        }

        foreach (PtxThread? thread in lanes)
            thread?.Exchange?.Invoke(thread, lanes);
        foreach (PtxThread? thread in lanes)
            thread?.State = PtxState.Runs;
        if (one.Exchange == null)
            group.PassWarpBarrier(one.Warp);
        return true;
    }

    string Whereabouts(PtxGroup group) => string.Join("; ", group.Threads
        .GroupBy(thread => (thread.State, Line: thread.State == PtxState.Ended ? 0 : text.Lines[thread.Next - 1].Number))
        .Select(g => g.Key.State == PtxState.Ended ? $"{g.Count()} ended" : $"{g.Count()} in line {g.Key.Line}"));
}
