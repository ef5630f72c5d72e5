using Dalle2.Data.Pictures;
using Dalle2.Data.Sets;
using Dalle2.Layers;
using Dalle2.Tensors;

namespace Dalle2.Training.Loop;

/// <summary>The samples of one step, on the host. Sequences are time-major, padded with 0 to the longest of the batch.</summary>
public sealed class Batch
{
    readonly int[] lengths;
    readonly int[] indices;
    readonly int[] sameCaptions;
    readonly float[] images;
    readonly TokenBatch words = new();
    readonly TokenBatch rows = new();
    int[] tokens = [];
    int[] turned = [];
    byte[] pictures = [];
    byte[]? varied;

    /// <summary>Captions, with pictures or without.</summary>
    /// <param name="captions">The word numbers of each caption, at least one each.</param>
    /// <param name="images">Their pictures, <c>[captions, side, side, 3]</c> in [0, 1]; or none.</param>
    /// <param name="side">The side of the pictures.</param>
    /// <exception cref="ArgumentException">The pictures have another extent.</exception>
    public Batch(int[][] captions, float[] images, int side)
    {
        if (images.Length != 0 && images.Length != (long)captions.Length * side * side * 3)
            throw new ArgumentException($"{images.Length} values are no {captions.Length} pictures of {side}x{side}", nameof(images));
        (lengths, indices, this.images) = (new int[captions.Length], [.. Enumerable.Range(0, captions.Length)], images);
        sameCaptions = new int[captions.Length];
        Side = side;
        SetCaptions(captions);
    }

    /// <summary>Room for samples; <see cref="Indices"/> are to be set and <see cref="Fill"/> called.</summary>
    internal Batch(int size, int side)
    {
        (lengths, indices, images) = (new int[size], new int[size], new float[checked(size * side * side * 3)]);
        sameCaptions = new int[size];
        Side = side;
    }

    /// <summary>Samples.</summary>
    public int Size => lengths.Length;

    /// <summary>Words of the longest caption.</summary>
    public int Time { get; private set; }

    /// <summary>The side of the pictures.</summary>
    public int Side { get; }

    /// <summary>Word numbers, <c>[Time, Size]</c>.</summary>
    public ReadOnlySpan<int> Tokens => tokens.AsSpan(0, Time * Size);

    /// <summary>Words of each caption, <c>[Size]</c>, at least 1.</summary>
    public ReadOnlySpan<int> Lengths => lengths;

    /// <summary>Pictures, <c>[Size, Side, Side, 3]</c> in [0, 1].</summary>
    public ReadOnlySpan<float> Images => images;

    /// <summary>Which samples of the data they are.</summary>
    internal Span<int> Indices => indices;

    /// <summary>Samples of the step that this batch is a part of, where a step has several; else 0.</summary>
    internal int StepSize { get; set; }

    /// <summary>Words of all their captions.</summary>
    internal long StepWords { get; set; }

    /// <summary>Of each of these captions the first that is the same one, <c>[parts times Size]</c>; empty unless the stage compares samples.</summary>
    internal int[] StepCaptions { get; set; } = [];

    /// <summary>The word numbers on the device.</summary>
    public TokenBatch UploadTokens(Context context) => words.Upload(context, Time, Size);

    /// <summary>The word numbers on the device: word by word, <c>[Time, Size]</c>, or caption by caption, <c>[Size, Time]</c>.</summary>
    public TokenBatch UploadTokens(Context context, bool byCaption)
    {
        if (!byCaption)
            return UploadTokens(context);
        if (turned.Length < Time * Size)
            turned = new int[Time * Size];
        for (int at = 0; at < Time * Size; at++)
            turned[at % Size * Time + at / Size] = tokens[at];
        rows.Set(turned.AsSpan(0, Time * Size));
        return rows.Upload(context, Size, Time);
    }

    /// <summary>The lengths on the device.</summary>
    public IntTensor UploadLengths(Context context) => context.Upload(Lengths, Size);

    /// <summary>Of each caption the first sample that has the same one, on the device, <c>[Size]</c>.</summary>
    public IntTensor UploadSameCaptions(Context context)
    {
        for (int b = 0; b < Size; b++)
        {
            int first = 0;
            while (first < b && !IsSame(first, b))
                first++;
            sameCaptions[b] = first;
        }

        return context.Upload(sameCaptions, Size);
    }

    /// <summary>The pictures on the device.</summary>
    public Tensor UploadImages(Context context) => context.Upload(Images, Size, Side, Side, 3);

    /// <summary>Takes the samples of <see cref="Indices"/>; allocates only for captions longer than ever before, and for pictures that are read
    /// again.</summary>
    internal void Fill(PreparedData data, int[][] captions, Func<int, PictureVariation>? variation = null)
    {
        SetCaptions(captions);
        int pixels = Side * Side * 3;
        if (pictures.Length == 0)
            pictures = new byte[images.Length];
        data.CopyPictures(indices, pictures);
        for (int b = 0; b < Size; b++)
        {
            ReadOnlySpan<byte> picture = pictures.AsSpan(b * pixels, pixels);
            if (variation != null)
            {
                varied ??= new byte[pixels];
                variation(indices[b]).Apply(picture, Side, varied);
                picture = varied;
            }

            Span<float> image = images.AsSpan(b * pixels, pixels);
            for (int i = 0; i < pixels; i++)
                image[i] = picture[i] / 255f;
        }
    }

    /// <summary>Takes the captions of the samples of <see cref="Indices"/>, and no pictures.</summary>
    internal void SetCaptions(int[][] captions)
    {
        Time = 0;
        for (int b = 0; b < Size; b++)
        {
            lengths[b] = captions[indices[b]].Length;
            Time = Math.Max(Time, lengths[b]);
        }

        if (tokens.Length < Time * Size)
            tokens = new int[Time * Size];
        Array.Clear(tokens);
        for (int b = 0; b < Size; b++)
        {
            int[] caption = captions[indices[b]];
            for (int t = 0; t < caption.Length; t++)
                tokens[t * Size + b] = caption[t];
        }

        words.Set(Tokens);
    }

    bool IsSame(int one, int other)
    {
        if (lengths[one] != lengths[other])
            return false;
        for (int t = 0; t < lengths[one]; t++)
        {
            if (tokens[t * Size + one] != tokens[t * Size + other])
                return false;
        }

        return true;
    }
}
