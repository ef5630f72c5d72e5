namespace Dalle2.Data.Sets;

/// <summary>
/// A whole split: every sound picture at one side, and its caption, in the order of the set whatever the number of threads. All pictures are
/// decoded once; the first ones are kept in memory, up to a limit, and the others are decoded again whenever they are asked for. Which are kept
/// does not matter to a training that takes all of them in a random order, and never to what it gets.
/// </summary>
public sealed class PreparedData
{
    // A message lists so many broken samples; all are in Broken.
    const int Listed = 5;

    readonly IDataSet set;
    readonly PictureStore kept;
    readonly int threads;

    PreparedData(IDataSet set, string split, PictureStore kept, int threads, string[] captions, int[] indices, BrokenSample[] broken,
        DataDigest digest)
    {
        (this.set, Split, this.kept, this.threads) = (set, split, kept, threads);
        (Captions, Indices, Broken, Digest) = (captions, indices, broken, digest);
        KeptCount = indices.Count(i => i < kept.Count);
    }

    /// <summary>The set's name.</summary>
    public string DataSet => set.Name;

    /// <summary>The split's name.</summary>
    public string Split { get; }

    /// <summary>Pixels across and down.</summary>
    public int Side => kept.Side;

    /// <summary>How many samples are sound, N.</summary>
    public int Count => Captions.Count;

    /// <summary>How many of them are kept in memory, the first ones; the others are decoded again.</summary>
    public int KeptCount { get; }

    /// <summary>The captions, N.</summary>
    public IReadOnlyList<string> Captions { get; }

    /// <summary>For each sample its index in the set's split; they rise, with gaps where samples are broken.</summary>
    public IReadOnlyList<int> Indices { get; }

    /// <summary>The samples that were skipped.</summary>
    public IReadOnlyList<BrokenSample> Broken { get; }

    /// <summary>Tells these captions and pictures, in this order, from any others.</summary>
    public DataDigest Digest { get; }

    /// <summary>One picture, <c>[Side, Side, 3]</c>, sRGB bytes.</summary>
    /// <exception cref="UserInputException">It is read again, and is not what it was.</exception>
    public ReadOnlySpan<byte> Picture(int index)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)index, (uint)Count, nameof(index));
        if (index < KeptCount)
            return kept[Indices[index]];
        var picture = new byte[kept.PictureBytes];
        ReadAgain([index], picture);
        return picture;
    }

    /// <summary>Copies pictures one behind the other; those that are not kept are decoded on worker threads. Allocates nothing where all are kept.</summary>
    /// <param name="indices">Which.</param>
    /// <param name="target"><c>[indices, Side, Side, 3]</c>, sRGB bytes.</param>
    /// <exception cref="UserInputException">One is read again, and is not what it was; the message names it.</exception>
    public void CopyPictures(ReadOnlySpan<int> indices, byte[] target)
    {
        bool areKept = true;
        for (int b = 0; b < indices.Length; b++)
        {
            if (indices[b] < KeptCount)
                kept[Indices[indices[b]]].CopyTo(target.AsSpan(b * kept.PictureBytes));
            else
                areKept = false;
        }

        if (!areKept)
            ReadAgain(indices.ToArray(), target);
    }

    /// <summary>Writes one picture as numbers in [0, 1], <c>[Side, Side, 3]</c>.</summary>
    /// <exception cref="UserInputException">It is read again, and is not what it was.</exception>
    public void CopyFloats(int index, Span<float> destination)
    {
        var picture = Picture(index);
        for (int i = 0; i < picture.Length; i++)
            destination[i] = picture[i] / 255f;
    }

    /// <summary>Bytes of the pictures that are kept.</summary>
    public long KeptBytes => PictureStore.BytesOf(KeptCount, Side);

    /// <summary>Decodes and resizes a split on worker threads.</summary>
    /// <param name="set">The data set.</param>
    /// <param name="split">One of its splits.</param>
    /// <param name="side">Pixels across and down.</param>
    /// <param name="maxBroken">More broken samples than this are fatal. Default 0.</param>
    /// <param name="threads">Worker threads; 0 is one for each core. The result does not depend on it.</param>
    /// <param name="progress">Told how many of how many samples are done, about a hundred times, from one thread at a time.</param>
    /// <param name="cacheBytes">Bytes of pictures that are kept in memory at most; captions and digests are, all of them. Default: all are kept.</param>
    /// <param name="cancellation">Stops between two samples.</param>
    /// <exception cref="UserInputException">Too many samples are broken (the message lists some, and --max-broken), none is sound, or memory does not suffice.</exception>
    public static PreparedData Load(IDataSet set, string split, int side, int maxBroken = 0, int threads = 0,
        Action<int, int>? progress = null, long? cacheBytes = null, CancellationToken cancellation = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(side, 1);
        ArgumentOutOfRangeException.ThrowIfNegative(maxBroken);
        ArgumentOutOfRangeException.ThrowIfNegative(cacheBytes ?? 0, nameof(cacheBytes));
        int count = set.Count(split);
        var memory = GC.GetGCMemoryInfo();
        int stored = PictureStore.Fitting(count, side, cacheBytes ?? long.MaxValue);
        CheckMemory(set, split, stored, side, memory.TotalAvailableMemoryBytes - memory.MemoryLoadBytes);
        var kept = new PictureStore(stored, side);
        var hashes = new ulong[count];
        using var scratch = new ThreadLocal<byte[]>(() => new byte[kept.PictureBytes]);
        var broken = SampleLoader.Run(set, split, [.. Enumerable.Range(0, count)], side, threads, (i, image) =>
        {
            Span<byte> target = i < kept.Count ? kept[i] : scratch.Value;
            image.CopyColors(target);
            hashes[i] = DataDigest.OfPicture(target);
        }, progress, cancellation);
        if (broken.Length > maxBroken)
            throw new UserInputException(TooManyBroken(set, split, count, broken, maxBroken));
        int[] sound = [.. Enumerable.Range(0, count).Except(broken.Select(b => b.Index))];
        if (sound.Length == 0)
        {
            throw new UserInputException($"{set.Name} {split}: none of its {count} samples can be used."
                + $"{(count == 0 ? " The split is empty; add pictures or choose another split." : "")}");
        }

        string[] captions = [.. sound.Select(i => set.Caption(split, i))];
        var digest = new DataDigest(split,
            sound.Select((i, n) => new SampleDigest(set.Key(split, i), DataDigest.OfCaption(captions[n]), hashes[i])));
        return new PreparedData(set, split, kept, threads, captions, sound, broken, digest);
    }

    internal static void CheckMemory(IDataSet set, string split, int count, int side, long available)
    {
        long needed = PictureStore.BytesOf(count, side);
        if (needed > available)
        {
            throw new UserInputException($"{set.Name} {split}: {count:N0} pictures of {side} x {side} x 3 bytes take {needed / 1e6:N0} MB, "
                + $"and {available / 1e6:N0} MB of memory are available. Keep fewer in memory (--cache-bytes "
                + $"{Math.Max(1, available / 2_000_000)}MB; the others are read again each time they come up), or take smaller or fewer "
                + "pictures (--set imageSide=N, --set samples=N when training).");
        }
    }

    // Those of the pictures that are not kept, in their places.
    void ReadAgain(int[] indices, byte[] target)
    {
        int[] places = [.. Enumerable.Range(0, indices.Length).Where(b => indices[b] >= KeptCount)];
        var broken = SampleLoader.Run(set, Split, [.. places.Select(b => Indices[indices[b]])], Side, threads, (n, image) =>
        {
            int index = indices[places[n]];
            Span<byte> picture = target.AsSpan(places[n] * kept.PictureBytes, kept.PictureBytes);
            image.CopyColors(picture);
            if (DataDigest.OfPicture(picture) != Digest.Samples[index].Picture)
                throw Changed(set.Source(Split, Indices[index]), "is not the picture that it was then");
        });
        if (broken.Length > 0)
            throw Changed(broken[0].Source, $"is broken now: {broken[0].Reason}");
    }

    static UserInputException Changed(string source, string what) => new(
        $"{VisibleText.Of(source)}: it was read at the start, and {what}. Put the picture back as it was; a training goes on "
        + "from its newest checkpoint with --resume.");

    static string TooManyBroken(IDataSet set, string split, int count, BrokenSample[] broken, int maxBroken)
    {
        var lines = broken.Take(Listed).Select(b => $"  {VisibleText.Of(b.Source)}: {b.Reason}");
        string more = broken.Length > Listed ? $"\n  and {broken.Length - Listed} more" : "";
        // Skipping all of them would leave nothing.
        string advice = broken.Length == count ? "There is nothing to skip them for: mend them."
            : $"Mend or remove them, or skip them with --max-broken {broken.Length}.";
        return $"{VisibleText.Of(set.Name)} {split}: {broken.Length} of {count} samples are broken, and {maxBroken} are allowed:\n"
            + $"{string.Join('\n', lines)}{more}\n{advice}";
    }
}
