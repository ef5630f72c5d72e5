using System.Buffers.Binary;
using System.Numerics;

namespace Dalle2.Gpu.Runtime;

/// <summary>
/// SHA-256 as in FIPS 180-4. The runtime's own calls OpenSSL on Linux, and ends the process where that is missing, as on many a machine that has nothing but a card and its driver.
/// </summary>
static class Sha256
{
    /// <summary>Bytes of a hash.</summary>
    public const int Length = 32;

    // The first 32 bits of the fractional parts of the cube roots of the first 64 primes, and of the square roots of the first 8.
    static readonly uint[] Constants = Fractions(64, x => Math.Cbrt(x));
    static readonly uint[] Start = Fractions(8, x => Math.Sqrt(x));

    /// <summary>The hash of some bytes.</summary>
    public static byte[] Hash(ReadOnlySpan<byte> data)
    {
        uint[] state = [.. Start];
        int whole = data.Length / 64 * 64;
        for (int at = 0; at < whole; at += 64)
            Add(state, data.Slice(at, 64));
        // What is left, a one, zeros, and the length in bits.
        Span<byte> last = stackalloc byte[128];
        last.Clear();
        ReadOnlySpan<byte> rest = data[whole..];
        rest.CopyTo(last);
        last[rest.Length] = 0x80;
        int end = rest.Length < 56 ? 64 : 128;
        BinaryPrimitives.WriteUInt64BigEndian(last[(end - 8)..], 8UL * (ulong)data.Length);
        for (int at = 0; at < end; at += 64)
            Add(state, last.Slice(at, 64));
        var hash = new byte[Length];
        for (int i = 0; i < state.Length; i++)
            BinaryPrimitives.WriteUInt32BigEndian(hash.AsSpan(4 * i), state[i]);
        return hash;
    }

    static void Add(uint[] state, ReadOnlySpan<byte> block)
    {
        Span<uint> w = stackalloc uint[64];
        for (int t = 0; t < 16; t++)
            w[t] = BinaryPrimitives.ReadUInt32BigEndian(block[(4 * t)..]);
        for (int t = 16; t < 64; t++)
        {
            uint early = Turned(w[t - 15], 7) ^ Turned(w[t - 15], 18) ^ w[t - 15] >> 3,
                late = Turned(w[t - 2], 17) ^ Turned(w[t - 2], 19) ^ w[t - 2] >> 10;
            w[t] = unchecked(w[t - 16] + early + w[t - 7] + late);
        }

        var (a, b, c, d, e, f, g, h) = (state[0], state[1], state[2], state[3], state[4], state[5], state[6], state[7]);
        for (int t = 0; t < 64; t++)
        {
            uint first = unchecked(h + (Turned(e, 6) ^ Turned(e, 11) ^ Turned(e, 25)) + ((e & f) ^ (~e & g)) + Constants[t] + w[t]);
            uint second = unchecked((Turned(a, 2) ^ Turned(a, 13) ^ Turned(a, 22)) + ((a & b) ^ (a & c) ^ (b & c)));
            (h, g, f, e, d, c, b, a) = (g, f, e, unchecked(d + first), c, b, a, unchecked(first + second));
        }

        uint[] sums = [a, b, c, d, e, f, g, h];
        for (int i = 0; i < sums.Length; i++)
            state[i] = unchecked(state[i] + sums[i]);
    }

    static uint Turned(uint value, int bits) => BitOperations.RotateRight(value, bits);

    static uint[] Fractions(int count, Func<double, double> root)
    {
        IEnumerable<int> primes = Enumerable.Range(2, 310).Where(n => Enumerable.Range(2, (int)Math.Sqrt(n) - 1).All(d => n % d != 0));
        return [.. primes.Take(count).Select(prime => root(prime)).Select(r => (uint)((r - Math.Floor(r)) * 4294967296.0))];
    }
}
