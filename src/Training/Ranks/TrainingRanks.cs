using System.Runtime.InteropServices;
using Dalle2.Data;
using Dalle2.Gpu.Runtime;
using ILGPU;

namespace Dalle2.Training.Ranks;

/// <summary>The ranks of a training, as one of them sees them. Rank 0 leads: it keeps the run, and says what comes next; the others hear it.</summary>
/// <param name="communicator">Their messages; not owned.</param>
/// <param name="machines">The machine of each, for sentences.</param>
/// <param name="version">The program's version, which all must have.</param>
public sealed class TrainingRanks(Communicator communicator, IReadOnlyList<string> machines, string version)
{
    // What fits into a span of bytes.
    const int LongestBroadcast = 1 << 28;

    /// <summary>Their messages.</summary>
    public Communicator Communicator { get; } = communicator;

    /// <summary>The program's version.</summary>
    public string Version { get; } = version;

    /// <summary>Whether this is rank 0.</summary>
    public bool Leads => Communicator.Rank == 0;

    /// <summary>Whether all ranks know that the training has come to its end, good or not. If it has and they do not, the others wait in vain: <see cref="Communicator.Abort"/>.</summary>
    public bool IsTogether { get; private set; }

    /// <summary>Whether this rank has heard of rank 0, or is it.</summary>
    public bool HasHeard { get; private set; } = communicator.Rank == 0;

    /// <summary>Whether the others wait for what rank 0 says next.</summary>
    internal bool AreHearing { get; set; } = true;

    /// <summary>A rank in words.</summary>
    internal string NameOf(int rank) => $"rank {rank} on {machines[rank]}";

    /// <summary>Rank 0: lets the others end too, if they wait for what it says next. Otherwise they learn only by their messages that it is gone.</summary>
    public void End()
    {
        if (Leads && AreHearing && !IsTogether)
            Say("");
    }

    /// <summary>Rank 0: says what comes next, which is the end where it is empty.</summary>
    internal void Say(string what)
    {
        AreHearing = false;
        IsTogether = what.Length == 0;
        Communicator.Broadcast(what);
    }

    /// <summary>Another rank than 0 that cannot even begin: waits for what rank 0 offers, and says why it does not take part, by which all end.</summary>
    /// <param name="why">Behind its name: <c>cannot ...</c></param>
    public void Refuse(string why)
    {
        if (HasHeard || Hear().Length == 0)
            return;
        try
        {
            Conclude(why);
        }
        catch (UserInputException)
        {
            // All have it, and rank 0 says it.
        }
    }

    /// <summary>All: throw the same, if any has a reason.</summary>
    /// <exception cref="UserInputException">One has.</exception>
    internal void Conclude(string fault)
    {
        string[] faults = Communicator.AllGather(fault);
        string[] all = [.. faults.Index().Where(one => one.Item.Length > 0).Select(one => one.Index == 0 ? one.Item
            : $"{NameOf(one.Index)} {one.Item}")];
        if (all.Length > 0)
            throw Together(new UserInputException($"{string.Join("; ", all)}. Nothing was trained"));
    }

    /// <summary>The others: hear it.</summary>
    internal string Hear()
    {
        HasHeard = true;
        string what = Communicator.Broadcast((string?)null);
        IsTogether = what.Length == 0;
        return what;
    }

    /// <summary>Notes that all ranks are about to throw the same.</summary>
    /// <returns>What is thrown.</returns>
    internal T Together<T>(T fault)
        where T : Exception
    {
        IsTogether = true;
        return fault;
    }

    /// <summary>Gives all ranks the values that rank 0 has.</summary>
    internal unsafe void Broadcast(Device device, ArrayView<float> view)
    {
        for (long at = 0; at < view.Length; at += LongestBroadcast)
        {
            ArrayView<float> part = view.Part(at, Math.Min(LongestBroadcast, view.Length - at));
            if (device.SharesHostMemory)
            {
                Communicator.Broadcast(new Span<byte>((void*)device.AddressOf(part), checked((int)(part.Length * sizeof(float)))));
                continue;
            }

            var values = new float[part.Length];
            if (Leads)
                device.Stream.Read<float>(part, values);
            Communicator.Broadcast(MemoryMarshal.AsBytes(values.AsSpan()));
            device.Stream.Write<float>(values, part);
        }
    }
}
