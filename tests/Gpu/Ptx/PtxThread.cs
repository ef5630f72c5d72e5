namespace Dalle2.Tests.Gpu.Ptx;

/// <summary>Where a thread stands.</summary>
enum PtxState
{
    Runs,
    AtBarrier,
    AtWarp,
    Ended,
}

/// <summary>What one instruction does.</summary>
delegate void PtxStep(PtxThread thread);

/// <summary>One thread of a group: its registers, of which those without a value yet cannot be read, its memory and where it stands.</summary>
sealed class PtxThread(PtxGroup group, int linear, int registers, int localBytes)
{
    public readonly ulong[] Values = new ulong[registers];
    public readonly bool[] Known = new bool[registers];
    public readonly PtxGroup Group = group;
    public readonly int Linear = linear;
    public readonly int Warp = linear / 32;
    public readonly int Lane = linear % 32;
    public readonly byte[] Local = new byte[localBytes];
    public readonly bool[] LocalKnown = new bool[localBytes];
    public int Next;
    public PtxState State;

    /// <summary>Where a warp meets: the lanes that take part, the value or values given, and what takes the others' values. A barrier exchanges nothing.</summary>
    public uint Members;
    public ulong Given;
    public ulong[] GivenMany = [];
    public Action<PtxThread, PtxThread?[]>? Exchange;

    /// <summary>Where a group meets: what takes all threads' values.</summary>
    public Action<PtxThread, PtxThread[]>? Combine;

    /// <summary>Copies to shared memory that are under way: in no group yet, and the groups, the oldest first.</summary>
    public readonly List<Action> Copies = [];
    public readonly Queue<Action[]> Groups = [];

    public ulong Get(int register) => Known[register] ? Values[register] : throw new PtxFault("a register is read that has no value yet");

    public void Put(int register, ulong value)
    {
        Values[register] = value;
        Known[register] = true;
    }
}
