// Dropout:  y[i] = x[i] / (1 - p) where u[i] >= p, else 0;  u ~ U[0, 1) from the key.  x, y [n], written (=)   mask [MaskLength(n)], written, a bit an element
//   Element 64 c + 16 k + j has word k of random block 16 c + j, so that neighbors, which neighboring threads take, have blocks of their own.
//   Its bit is 4 (c % 8) + k of mask[16 (c / 8) + j].
// Backward:  dx[i] = dy[i] / (1 - p) where the bit is set, else 0   (written, =)
using ILGPU;

namespace Dalle2.Kernels;

/// <summary>Setting random elements to zero.</summary>
public static class DropoutOp
{
    // Random words of a block; blocks that are drawn side by side, and so the integers of a mask's row; runs whose bits make an integer.
    const int Words = 4;
    const int Blocks = 16;
    const int Runs = 8;

    // Elements of a run, of a row of the mask and of a group.
    const int Run = Words * Blocks;
    const int Row = Runs * Run;
    const int GroupElements = 8 * Row;

    /// <summary>Integers of the mask of so many elements.</summary>
    public static int MaskLength(int length) => IntrinsicMath.DivRoundUp(length, Row) * Blocks;

    /// <summary>Zero with probability p, else scaled by 1 / (1 - p).</summary>
    /// <param name="stream">Where it runs.</param>
    /// <param name="x">The input.</param>
    /// <param name="y">Written.</param>
    /// <param name="mask">Written, for Backward: which elements are not zero.</param>
    /// <param name="key">Decides which elements.</param>
    /// <param name="p">In [0, 1).</param>
    /// <exception cref="ArgumentException">The lengths do not fit.</exception>
    public static void Forward(Stream stream, Tensor x, Tensor y, ArrayView<int> mask, StepKey key, float p)
    {
        Require(x, y, mask);
        stream.Launch(ForwardKernel, Groups(stream, x), x.View, y.View, mask, key.Key, key.Step, Threshold(p), 1f / (1f - p),
            x.Length);
    }

    /// <summary>The gradient of the elements that are not zero, scaled as they are.</summary>
    /// <param name="stream">Where it runs.</param>
    /// <param name="mask">From Forward.</param>
    /// <param name="dy">The output's gradient.</param>
    /// <param name="dx">Written.</param>
    /// <param name="p">As in Forward.</param>
    /// <exception cref="ArgumentException">The lengths do not fit.</exception>
    public static void Backward(Stream stream, ArrayView<int> mask, Tensor dy, Tensor dx, float p)
    {
        Require(dy, dx, mask);
        stream.Launch(BackwardKernel, Groups(stream, dy), mask, dy.View, dx.View, 1f / (1f - p), dy.Length);
    }

    // Elements whose 24 random bits are below it become zero: u >= p without a conversion.
    static int Threshold(float p) => (int)MathF.Ceiling(p * 16777216f);

    static KernelConfig Groups(Stream stream, Tensor x) => Lanes.Groups(stream, IntrinsicMath.DivRoundUp(x.Length, GroupElements));

    static void Require(Tensor x, Tensor y, ArrayView<int> mask)
    {
        if (x.Length != y.Length || mask.Length != MaskLength(x.Length))
        {
            throw new ArgumentException(
                $"dropout goes element by element; {x.Shape}, {y.Shape} and a mask of {mask.Length} integers do not fit");
        }
    }

    // One group per eight rows of the mask; thread t of T has the integers t, t + T, ... of each, or of every other row where there are 32.
    static void ForwardKernel(
        ArrayView<float> x, ArrayView<float> y, ArrayView<int> mask, RandomKey named, ArrayView<int> step, int threshold, float scale,
        int n)
    {
        RandomKey key = StepKey.At(named, step);
        int first = Grid.IdxX * GroupElements, end = IntrinsicMath.Min(first + GroupElements, n);
        for (int row = first + OwnRow * Row; row < end; row += RowsAtOnce * Row)
        {
            for (int k = 0; k < Blocks * RowsAtOnce / Group.DimX; k++)
            {
                int own = k * Group.DimX + Group.IdxX - OwnRow * Blocks, bits = 0;
                for (int run = 0; run < Runs && row + run * Run < end; run++)
                {
                    int start = row + run * Run;
                    int kept = Kept(Philox.Block(key, (uint)(start / Words + own)), threshold);
                    Apply(x, y, start, own, kept, scale, end);
                    bits |= kept << (Words * run);
                }

                mask[row / Row * Blocks + own] = bits;
            }
        }
    }

    static void BackwardKernel(ArrayView<int> mask, ArrayView<float> dy, ArrayView<float> dx, float scale, int n)
    {
        int first = Grid.IdxX * GroupElements, end = IntrinsicMath.Min(first + GroupElements, n);
        for (int row = first + OwnRow * Row; row < end; row += RowsAtOnce * Row)
        {
            for (int k = 0; k < Blocks * RowsAtOnce / Group.DimX; k++)
            {
                int own = k * Group.DimX + Group.IdxX - OwnRow * Blocks, bits = mask[row / Row * Blocks + own];
                for (int run = 0; run < Runs && row + run * Run < end; run++)
                    Apply(dy, dx, row + run * Run, own, bits >> (Words * run), scale, end);
            }
        }
    }

    static int RowsAtOnce => IntrinsicMath.Max(1, Group.DimX / Blocks);

    static int OwnRow => Group.DimX > Blocks ? Group.IdxX / Blocks : 0;

    // A bit for each word.
    static int Kept(RandomBlock words, int threshold) =>
        Bit(words.W0, threshold) | (Bit(words.W1, threshold) << 1) | (Bit(words.W2, threshold) << 2) | (Bit(words.W3, threshold) << 3);

    // 1 from the threshold on: the sign of what is missing to it.
    static int Bit(uint word, int threshold) => (int)((uint)(threshold - 1 - (int)(word >> 8)) >> 31);

    // The four elements of a run that one thread has.
    static void Apply(ArrayView<float> x, ArrayView<float> y, int start, int own, int kept, float scale, int end)
    {
        int i = start + own;
        if (start + Run <= end)
        {
            for (int k = 0; k < Words; k++)
                Put(x, y, i + k * Blocks, kept & (1 << k), scale);
            return;
        }

        for (int k = 0; k < Words; k++)
        {
            if (i + k * Blocks < end)
                Put(x, y, i + k * Blocks, kept & (1 << k), scale);
        }
    }

    static void Put(ArrayView<float> x, ArrayView<float> y, int i, int kept, float scale)
    {
        float scaled = x[i] * scale;
        y[i] = kept != 0 ? scaled : 0f;
    }
}
