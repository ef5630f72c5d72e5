namespace Dalle2.Gpu.Runtime;

/// <summary>
/// The launches, copies within the device and clearings of a piece of work, to be done again with the same arguments; made by
/// <see cref="Stream.Record"/>. What shall differ from one replay to the next (a step's number, a learning rate) lies in device memory that is written
/// before. The memory that the work used must still be held. What a device made of it to replay it is freed with it, or with the device.
/// </summary>
public sealed class Recording : IDisposable
{
    readonly List<Entry> entries = [];

    Recording(Device device) => Device = device;

    internal static Recording Begin(Device device) => new(device);

    /// <summary>How many pieces of work it has.</summary>
    public int Count => entries.Count;

    internal Device Device { get; }

    /// <summary>Whether it calls the host between its launches.</summary>
    internal bool HasCalls { get; private set; }

    /// <summary>What the device made of it.</summary>
    internal IDisposable? Made { get; set; }

    /// <summary>Whether it was given back.</summary>
    internal bool IsDisposed { get; private set; }

    /// <summary>Frees what the device made of it; it is not replayed any more.</summary>
    public void Dispose()
    {
        IsDisposed = true;
        Made?.Dispose();
        Made = null;
        entries.Clear();
    }

    internal void Add(Launch launch) => entries.Add(new Entry(launch.Copy(), null, 0, 0, 0));

    internal void AddCall(Action action)
    {
        HasCalls = true;
        entries.Add(new Entry(null, action, 0, 0, 0));
    }

    internal void AddCopy(nint source, nint target, long bytes) => entries.Add(new Entry(null, null, source, target, bytes));

    internal void AddClear(nint target, long bytes) => entries.Add(new Entry(null, null, 0, target, bytes));

    internal void Replay(Stream stream)
    {
        foreach (Entry entry in entries)
        {
            if (entry.Launch is { } launch)
                stream.Run(launch);
            else if (entry.Call is { } action)
                action();
            else if (entry.Source != 0)
                stream.CopyBytes(entry.Source, entry.Target, entry.Bytes);
            else
                stream.ClearBytes(entry.Target, entry.Bytes);
        }
    }

    // A launch, or a call; or a copy, or without a source a clearing.
    readonly record struct Entry(Launch? Launch, Action? Call, nint Source, nint Target, long Bytes);
}
