using Dalle2.Layers;
using Dalle2.Tensors;

namespace Dalle2.Training;

/// <summary>The samples of one step, on the host. Sequences are time-major, padded with 0 to the longest of the batch.</summary>
public sealed class Batch
{
    internal Batch(IReadOnlyList<int[]> captions, float[] images, int side, IReadOnlyList<int> indices)
    {
        Size = captions.Count;
        Side = side;
        Images = images;
        Indices = indices;
        Lengths = [.. captions.Select(c => c.Length)];
        Time = Lengths.Max();
        Tokens = new int[Time * Size];
        for (int b = 0; b < Size; b++)
        {
            for (int t = 0; t < captions[b].Length; t++)
                Tokens[t * Size + b] = captions[b][t];
        }
    }

    /// <summary>Samples.</summary>
    public int Size { get; }

    /// <summary>Words of the longest caption.</summary>
    public int Time { get; }

    /// <summary>The side of the pictures.</summary>
    public int Side { get; }

    /// <summary>Word numbers, <c>[Time, Size]</c>.</summary>
    public int[] Tokens { get; }

    /// <summary>Words of each caption, <c>[Size]</c>, at least 1.</summary>
    public int[] Lengths { get; }

    /// <summary>Pictures, <c>[Size, Side, Side, 3]</c> in [0, 1].</summary>
    public float[] Images { get; }

    /// <summary>Which samples of the data they are.</summary>
    public IReadOnlyList<int> Indices { get; }

    /// <summary>The word numbers on the device.</summary>
    public IntTensor UploadTokens(Context context) => context.Upload(Tokens, Time, Size);

    /// <summary>The lengths on the device.</summary>
    public IntTensor UploadLengths(Context context) => context.Upload(Lengths, Size);

    /// <summary>The pictures on the device.</summary>
    public Tensor UploadImages(Context context) => context.Upload(Images, Size, Side, Side, 3);
}
