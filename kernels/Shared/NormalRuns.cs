// How a group goes along the elements of samples with a normal deviate for each, made from Philox where it is used:
//   element 64 c + 16 k + j of sample s has deviate k of random block s blocks + 16 c + j, so that neighbors, which neighboring threads take, have blocks of their own;
//   deviates 0 and 1 are the cosine and the sine of words 0 and 1 (Box and Muller, 1958), 2 and 3 those of words 2 and 3.
using ILGPU;

namespace Dalle2.Kernels.Shared;

/// <summary>What is done with an element and its deviate.</summary>
interface INoisyElement
{
    void Do(int at, float noise);
}

/// <summary>Elements with noise over the threads of groups.</summary>
static class NormalRuns
{
    /// <summary>Elements of a group.</summary>
    public const int GroupElements = 4 * Run;

    const int Words = 4, Blocks = 16, Run = Words * Blocks;

    /// <summary>Groups along x that share a sample, along y samples.</summary>
    public static KernelConfig Groups(Stream stream, int length, int samples) => new(
        new Index3D(IntrinsicMath.DivRoundUp(length, GroupElements), samples, 1), Lanes.Groups(stream, 1).GroupDim);

    /// <summary>Each element of the group's part of a sample.</summary>
    /// <param name="element">What is done.</param>
    /// <param name="key">Names the random tensor.</param>
    /// <param name="sample">Which of the samples whose noise the key names; 0 where each has a key of its own.</param>
    /// <param name="length">Elements of a sample.</param>
    public static void ForEach<T>(T element, RandomKey key, int sample, int length)
        where T : struct, INoisyElement
    {
        int firstBlock = sample * IntrinsicMath.DivRoundUp(length, Run) * Blocks;
        int first = Grid.IdxX * GroupElements, end = IntrinsicMath.Min(first + GroupElements, length);
        for (int start = first + OwnRun * Run; start < end; start += RunsAtOnce * Run)
        {
            for (int k = 0; k < Blocks * RunsAtOnce / Group.DimX; k++)
            {
                int own = k * Group.DimX + Group.IdxX - OwnRun * Blocks;
                RandomBlock words = Philox.Block(key, (uint)(firstBlock + start / Words + own));
                Do(element, words, start, own, end);
            }
        }
    }

    // Where a group has more threads than a run has blocks, it takes several at once.
    static int RunsAtOnce => IntrinsicMath.Max(1, Group.DimX / Blocks);

    static int OwnRun => Group.DimX > Blocks ? Group.IdxX / Blocks : 0;

    static void Do<T>(T element, RandomBlock words, int start, int own, int end)
        where T : struct, INoisyElement
    {
        float noise0 = Philox.NormalCos(words.W0, words.W1), noise1 = Philox.NormalSin(words.W0, words.W1);
        float noise2 = Philox.NormalCos(words.W2, words.W3), noise3 = Philox.NormalSin(words.W2, words.W3);
        int at = start + own;
        if (start + Run <= end)
        {
            element.Do(at, noise0);
            element.Do(at + Blocks, noise1);
            element.Do(at + 2 * Blocks, noise2);
            element.Do(at + 3 * Blocks, noise3);
            return;
        }

        if (at < end)
            element.Do(at, noise0);
        if (at + Blocks < end)
            element.Do(at + Blocks, noise1);
        if (at + 2 * Blocks < end)
            element.Do(at + 2 * Blocks, noise2);
        if (at + 3 * Blocks < end)
            element.Do(at + 3 * Blocks, noise3);
    }
}
