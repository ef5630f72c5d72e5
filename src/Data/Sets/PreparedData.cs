namespace Dalle2.Data.Sets;

/// <summary>
/// A whole split in memory: every sound picture at one side, and its caption, in the order of the set whatever the number of threads.
/// </summary>
public sealed class PreparedData
{
    // A message lists so many broken samples; all are in Broken.
    const int Listed = 5;

    PreparedData(string dataSet, string split, int side, byte[] pixels, string[] captions, int[] indices, BrokenSample[] broken,
        DataDigest digest)
    {
        (DataSet, Split, Side, Pixels, Captions, Indices, Broken, Digest) =
            (dataSet, split, side, pixels, captions, indices, broken, digest);
    }

    /// <summary>The set's name.</summary>
    public string DataSet { get; }

    /// <summary>The split's name.</summary>
    public string Split { get; }

    /// <summary>Pixels across and down.</summary>
    public int Side { get; }

    /// <summary>How many samples are sound, N.</summary>
    public int Count => Captions.Count;

    /// <summary>The pictures, <c>[N, Side, Side, 3]</c>, sRGB bytes.</summary>
    public byte[] Pixels { get; }

    /// <summary>The captions, N.</summary>
    public IReadOnlyList<string> Captions { get; }

    /// <summary>For each sample its index in the set's split; they rise, with gaps where samples are broken.</summary>
    public IReadOnlyList<int> Indices { get; }

    /// <summary>The samples that were skipped.</summary>
    public IReadOnlyList<BrokenSample> Broken { get; }

    /// <summary>Tells these captions and pictures, in this order, from any others.</summary>
    public DataDigest Digest { get; }

    /// <summary>One picture, <c>[Side, Side, 3]</c>.</summary>
    public ReadOnlySpan<byte> Picture(int index)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)index, (uint)Count, nameof(index));
        return Pixels.AsSpan(index * 3 * Side * Side, 3 * Side * Side);
    }

    /// <summary>Writes one picture as numbers in [0, 1], <c>[Side, Side, 3]</c>.</summary>
    public void CopyFloats(int index, Span<float> destination)
    {
        var picture = Picture(index);
        for (int i = 0; i < picture.Length; i++)
            destination[i] = picture[i] / 255f;
    }

    /// <summary>The bytes of the pictures of a prepared split.</summary>
    public static long EstimateBytes(int count, int side) => (long)count * 3 * side * side;

    /// <summary>Decodes and resizes a split on worker threads.</summary>
    /// <param name="set">The data set.</param>
    /// <param name="split">One of its splits.</param>
    /// <param name="side">Pixels across and down.</param>
    /// <param name="maxBroken">More broken samples than this are fatal. Default 0.</param>
    /// <param name="threads">Worker threads; 0 is one for each core. The result does not depend on it.</param>
    /// <param name="progress">Told how many of how many samples are done, about a hundred times, from one thread at a time.</param>
    /// <param name="cancellation">Stops between two samples.</param>
    /// <exception cref="UserInputException">Too many samples are broken (the message lists some, and --max-broken), none is sound, or memory does not suffice.</exception>
    public static PreparedData Load(IDataSet set, string split, int side, int maxBroken = 0, int threads = 0,
        Action<int, int>? progress = null, CancellationToken cancellation = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(side, 1);
        ArgumentOutOfRangeException.ThrowIfNegative(maxBroken);
        int count = set.Count(split);
        var memory = GC.GetGCMemoryInfo();
        CheckMemory(set, split, count, side, memory.TotalAvailableMemoryBytes - memory.MemoryLoadBytes);
        int size = 3 * side * side;
        var pixels = new byte[(long)count * size];
        var hashes = new ulong[count];
        var broken = SampleLoader.Run(set, split, side, threads, (i, image) =>
        {
            var target = pixels.AsSpan(i * size, size);
            for (int p = 0; p < side * side; p++)
                image.Rgba.AsSpan(4 * p, 3).CopyTo(target[(3 * p)..]);
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
        if (broken.Length > 0)
        {
            for (int n = 0; n < sound.Length; n++)
                pixels.AsSpan(sound[n] * size, size).CopyTo(pixels.AsSpan(n * size, size));
            Array.Resize(ref pixels, sound.Length * size);
        }
        string[] captions = [.. sound.Select(i => set.Caption(split, i))];
        var digest = new DataDigest(split,
            sound.Select((i, n) => new SampleDigest(set.Key(split, i), DataDigest.OfCaption(captions[n]), hashes[i])));
        return new PreparedData(set.Name, split, side, pixels, captions, sound, broken, digest);
    }

    internal static void CheckMemory(IDataSet set, string split, int count, int side, long available)
    {
        long needed = EstimateBytes(count, side);
        string size = $"{set.Name} {split} is {count:N0} pictures of {side} x {side} x 3 bytes, {needed / 1e6:N0} MB";
        if (needed > Array.MaxLength)
        {
            throw new UserInputException($"{size}: more than the {Array.MaxLength / 1e6:N0} MB that one array can hold. Take smaller or "
                + "fewer pictures (--set imageSide=N, --set samples=N when training).");
        }
        if (needed > available)
        {
            throw new UserInputException($"{size}, and {available / 1e6:N0} MB of memory are available. Take smaller or fewer pictures "
                + "(--set imageSide=N, --set samples=N when training).");
        }
    }

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
