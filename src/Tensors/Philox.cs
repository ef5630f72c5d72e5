using System.Text;
using Dalle2.Gpu.Extensions;

namespace Dalle2.Tensors;

/// <summary>
/// Philox4x32-10, the counter-based generator of Salmon, Moraes, Dror and Shaw, "Parallel random numbers: as easy as 1, 2, 3" (SC 2011).
/// Element i of a random tensor is a pure function of (seed, step, tensor, i), so every device draws the same noise. Callable from kernels and from the host.
/// </summary>
public static class Philox
{
    /// <summary>Ten rounds over one counter; four independent 32-bit words.</summary>
    /// <param name="c0">Counter word 0.</param>
    /// <param name="c1">Counter word 1.</param>
    /// <param name="c2">Counter word 2.</param>
    /// <param name="c3">Counter word 3.</param>
    /// <param name="k0">Key word 0.</param>
    /// <param name="k1">Key word 1.</param>
    public static RandomBlock Block(uint c0, uint c1, uint c2, uint c3, uint k0, uint k1)
    {
        for (int round = 0; round < 10; round++)
        {
            ulong p0 = 0xD2511F53ul * c0;
            ulong p1 = 0xCD9E8D57ul * c2;
            c0 = (uint)(p1 >> 32) ^ c1 ^ k0;
            c1 = (uint)p1;
            c2 = (uint)(p0 >> 32) ^ c3 ^ k1;
            c3 = (uint)p0;
            k0 += 0x9E3779B9u;
            k1 += 0xBB67AE85u;
        }

        return new RandomBlock(c0, c1, c2, c3);
    }

    /// <summary>Block number <paramref name="block"/> of the stream that <paramref name="key"/> names.</summary>
    public static RandomBlock Block(RandomKey key, uint block) =>
        Block(block, key.Tensor, (uint)key.Step, (uint)(key.Step >> 32), (uint)key.Seed, (uint)(key.Seed >> 32));

    // Through a signed integer: vector units convert those.
    /// <summary>A float in [0, 1), 24 random bits.</summary>
    public static float Uniform(uint word) => (int)(word >> 8) * (1f / 16777216f);

    /// <summary>One of the two normal deviates of a pair of words (Box and Muller, 1958): the cosine one.</summary>
    public static float NormalCos(uint first, uint second) => Radius(first) * StrictMath.Cos(2f * StrictMath.PI * Uniform(second));

    /// <summary>The other normal deviate of a pair of words: the sine one.</summary>
    public static float NormalSin(uint first, uint second) => Radius(first) * StrictMath.Sin(2f * StrictMath.PI * Uniform(second));

    // 1 - u lies in (0, 1], so that the logarithm is finite.
    static float Radius(uint word) => StrictMath.Sqrt(-2f * StrictMath.Log(1f - Uniform(word)));

    /// <summary>A random permutation of 0..count-1 by Fisher and Yates; a pure function of the key.</summary>
    public static int[] Permutation(RandomKey key, int count)
    {
        var order = new int[count];
        Permute(key, order);
        return order;
    }

    /// <summary>Writes the <see cref="Permutation"/> of as many numbers as there is room for.</summary>
    public static void Permute(RandomKey key, Span<int> order)
    {
        for (int i = 0; i < order.Length; i++)
            order[i] = i;
        for (int i = order.Length - 1; i > 0; i--)
        {
            RandomBlock words = Block(key, (uint)i);
            ulong word = ((ulong)words.W1 << 32) | words.W0;
            int j = (int)(word % (ulong)(i + 1));
            (order[i], order[j]) = (order[j], order[i]);
        }
    }
}

/// <summary>Four random words.</summary>
/// <param name="W0">Word 0.</param>
/// <param name="W1">Word 1.</param>
/// <param name="W2">Word 2.</param>
/// <param name="W3">Word 3.</param>
public readonly record struct RandomBlock(uint W0, uint W1, uint W2, uint W3);

/// <summary>Names one random tensor.</summary>
/// <param name="Seed">The run's seed.</param>
/// <param name="Step">The training step, or the sample number.</param>
/// <param name="Tensor">Which tensor of that step; see <see cref="Named"/>.</param>
public readonly record struct RandomKey(ulong Seed, ulong Step, uint Tensor)
{
    /// <summary>The key of a tensor that is named by text, hashed with FNV-1a-32.</summary>
    public static RandomKey Named(ulong seed, ulong step, string tensor)
    {
        uint hash = 2166136261;
        Span<byte> utf8 = stackalloc byte[4];
        foreach (Rune rune in tensor.EnumerateRunes())
        {
            foreach (byte b in utf8[..rune.EncodeToUtf8(utf8)])
                hash = unchecked((hash ^ b) * 16777619);
        }

        return new RandomKey(seed, step, hash);
    }
}
