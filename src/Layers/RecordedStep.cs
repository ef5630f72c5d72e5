namespace Dalle2.Layers;

/// <summary>
/// The work of a step on the device, recorded once for each set of shapes and replayed from then on: on CUDA as one graph, elsewhere launch by launch, which
/// saves what the host's side of layers costs. What differs from step to step (tokens, step number, learning rate, the keys of random numbers) is uploaded
/// before it, within <see cref="Context.GatherUploads"/>.
/// </summary>
/// <remarks>
/// A replay runs no host code of the work: what that checks of shapes was checked when it was recorded, and what it would check of values, such as tokens outside of an embedding's
/// vocabulary, is to be checked before they are uploaded, as a tokenizer does that numbers its own words. Steps run unrecorded where the host looks at each
/// launch: with a profiler, with <see cref="Context.CheckFinite"/>, and with D2_REPLAY=0.
/// </remarks>
/// <param name="context">The step; not owned.</param>
/// <param name="work">Queues the step and gives its figures; it copies nothing from or to the host.</param>
public sealed class RecordedStep(Context context, Func<Tensor> work) : IDisposable
{
    // Batches of more different shapes than these are rare, and each holds memory.
    const int MostRecordings = 32;

    // The one used last comes last.
    readonly List<Entry> entries = [];

    /// <summary>Whether steps are recorded; set it to false to have them run as they are.</summary>
    public bool IsReplayed { get; set; } = Settings.Current.Replays;

    /// <summary>The work itself, as it runs unrecorded.</summary>
    public Func<Tensor> Work => work;

    /// <summary>Queues a step whose uploads are done.</summary>
    /// <returns>The figures of the work, on the device.</returns>
    public Tensor Run()
    {
        if (!IsReplayed || context.CheckFinite || context.Device.Profiler != null)
            return work();
        for (int at = 0; at < entries.Count; at++)
        {
            if (!entries[at].Fits(context.Uploaded))
                continue;
            Entry known = entries[at];
            entries.RemoveAt(at);
            entries.Add(known);
            context.Stream.Replay(known.Recording);
            return known.Figures;
        }

        return Record();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (Entry entry in entries)
            entry.Recording.Dispose();
        entries.Clear();
    }

    Tensor Record()
    {
        Tensor? figures = null;
        Recording recording = context.Stream.Record(() => figures = work());
        if (entries.Count == MostRecordings)
        {
            entries[0].Recording.Dispose();
            entries.RemoveAt(0);
        }

        entries.Add(new Entry([.. context.Uploaded], recording, figures!));
        return figures!;
    }

    // Uploads of the same shapes in the same order are the same objects, and all memory of the step follows from them.
    sealed record Entry(object[] Uploaded, Recording Recording, Tensor Figures)
    {
        public bool Fits(IReadOnlyList<object> uploaded)
        {
            if (uploaded.Count != Uploaded.Length)
                return false;
            for (int i = 0; i < Uploaded.Length; i++)
            {
                if (!ReferenceEquals(uploaded[i], Uploaded[i]))
                    return false;
            }

            return true;
        }
    }
}
