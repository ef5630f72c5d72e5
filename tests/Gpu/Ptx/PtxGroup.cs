namespace Dalle2.Tests.Gpu.Ptx;

/// <summary>
/// A group's threads and shared memory. For each byte of it are known: whether it has a value, who wrote it last, and who has read it, so that
/// two threads that touch a byte between the same two barriers, one of them to write it, are found. A barrier of a warp orders its threads alone.
/// </summary>
sealed class PtxGroup
{
    readonly byte[] bytes;
    readonly Access[] writes;
    readonly Access[] reads;
    readonly bool[] known;
    readonly bool[] underWay;
    readonly bool[] manyWarps;
    readonly bool[] manyThreads;
    readonly int[] warpPhases;
    int phase = 1;

    public PtxGroup(int threads, int registers, int sharedBytes, int localBytes)
    {
        bytes = new byte[sharedBytes];
        writes = new Access[sharedBytes];
        reads = new Access[sharedBytes];
        known = new bool[sharedBytes];
        underWay = new bool[sharedBytes];
        manyWarps = new bool[sharedBytes];
        manyThreads = new bool[sharedBytes];
        warpPhases = new int[(threads + 31) / 32];
        Threads = [.. Enumerable.Range(0, threads).Select(t => new PtxThread(this, t, registers, localBytes))];
    }

    public PtxThread[] Threads { get; }

    /// <summary>Which group of the launch it is now, from 1.</summary>
    public int Number { get; private set; }

    public void PassBarrier() => phase++;

    public void PassWarpBarrier(int warp) => warpPhases[warp]++;

    public void Begin()
    {
        Array.Clear(known);
        Array.Clear(underWay);
        // What the group before did is long past.
        phase++;
        Number++;
    }

    public ulong Load(PtxThread thread, int address, int size, bool atomic = false)
    {
        ulong value = 0;
        for (int b = 0; b < size; b++)
        {
            int at = address + b;
            RequireStill(at);
            if (!known[at])
                throw new PtxFault("shared memory is read that nothing has been written to");
            if (!atomic || !writes[at].Atomic)
                RequireOrder(thread, writes[at], "wrote");
            if (!atomic)
                NoteRead(thread, at);
            value |= (ulong)bytes[at] << (8 * b);
        }

        return value;
    }

    public void Store(PtxThread thread, int address, int size, ulong value, bool atomic = false)
    {
        for (int b = 0; b < size; b++)
        {
            int at = address + b;
            RequireStill(at);
            if (!atomic || !writes[at].Atomic)
                RequireOrder(thread, writes[at], "wrote");
            Access read = reads[at];
            if (read.Phase == phase && (manyWarps[at] || (manyThreads[at] && IsNow(read))))
                throw new PtxFault("a race: several threads read shared memory that this one writes, with no barrier between");
            RequireOrder(thread, read, "read");
            writes[at] = new Access(phase, warpPhases[thread.Warp], thread.Linear, atomic);
            known[at] = true;
            bytes[at] = (byte)(value >> (8 * b));
        }
    }

    /// <summary>A copy to some bytes begins or is done; in between, nobody may touch them.</summary>
    public void Note(int address, int size, bool isUnderWay)
    {
        for (int at = address; at < address + size; at++)
        {
            if (isUnderWay)
                RequireStill(at);
            underWay[at] = isUnderWay;
        }
    }

    void RequireStill(int at)
    {
        if (underWay[at])
            throw new PtxFault("shared memory is touched while a copy to it is under way");
    }

    void NoteRead(PtxThread thread, int at)
    {
        Access read = reads[at];
        if (read.Phase != phase)
        {
            manyWarps[at] = manyThreads[at] = false;
        }
        else
        {
            manyWarps[at] |= read.Thread / 32 != thread.Warp;
            manyThreads[at] = IsNow(read) && (manyThreads[at] || read.Thread != thread.Linear);
        }

        reads[at] = new Access(phase, warpPhases[thread.Warp], thread.Linear, false);
    }

    bool IsNow(Access access) => access.WarpPhase == warpPhases[access.Thread / 32];

    void RequireOrder(PtxThread thread, Access other, string did)
    {
        if (other.Phase != phase || other.Thread == thread.Linear || (other.Thread / 32 == thread.Warp && !IsNow(other)))
            return;
        throw new PtxFault($"a race: thread {other.Thread} {did} the same byte of shared memory, with no barrier between");
    }

    readonly record struct Access(int Phase, int WarpPhase, int Thread, bool Atomic);
}
