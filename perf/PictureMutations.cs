using System.Buffers.Binary;
using System.IO.Hashing;

namespace Dalle2.Perf;

/// <summary>Damaged pictures without end, the same ones for the same seed: bits, bytes, numbers, pieces and ends of sound files changed.</summary>
public sealed class PictureMutations
{
    static readonly uint[] Extremes = [0, 1, 2, 3, 4, 255, 256, 4097, 0x7FFF, 0x8000, 0xFFFF, 0x10000, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF];

    readonly IReadOnlyList<byte[]> sound;
    readonly Random random;
    readonly PngPixelMutations? inside;

    /// <summary>Starts a sequence.</summary>
    /// <param name="sound">Sound files of one format, each longer than 8 bytes.</param>
    /// <param name="seed">Decides the sequence.</param>
    /// <param name="inside">Whether to change what is behind the compression, of PNG files alone; by default the file's own bytes are changed.</param>
    public PictureMutations(IReadOnlyList<byte[]> sound, int seed, bool inside = false)
    {
        if (sound.Count == 0 || sound.Any(file => file.Length < 9))
            throw new ArgumentException("sound files of more than 8 bytes are needed", nameof(sound));
        this.sound = sound;
        random = new Random(seed);
        if (inside && sound.Any(file => file[0] != 0x89))
            throw new ArgumentException("only PNG files are changed inside", nameof(inside));
        this.inside = inside ? new PngPixelMutations(random) : null;
    }

    /// <summary>The next damaged file: one to four changes of a sound one.</summary>
    public byte[] Next()
    {
        byte[] original = sound[random.Next(sound.Count)];
        if (inside != null)
            return inside.Change(original);
        List<byte> file = [.. original];
        for (int changes = 1 + random.Next(4); changes > 0 && file.Count > 8; changes--)
            Change(file);
        byte[] result = [.. file];
        // With wrong checksums hardly a damaged PNG would come further than to them.
        if (random.Next(8) != 0)
            RepairChecksums(result);
        return result;
    }

    void Change(List<byte> file)
    {
        // Headers decide more than pixels do, so half of the changes fall there.
        int at = random.Next(random.Next(2) == 0 ? Math.Min(file.Count, 80) : file.Count);
        switch (random.Next(7))
        {
            case 0:
                file[at] ^= (byte)(1 << random.Next(8));
                break;
            case 1:
                file[at] = (byte)random.Next(256);
                break;
            case 2:
                WriteNumber(file, at, 2);
                break;
            case 3:
                WriteNumber(file, at, 4);
                break;
            case 4:
                file.RemoveRange(at, Math.Min(1 + random.Next(32), file.Count - at));
                break;
            case 5:
                byte[] other = sound[random.Next(sound.Count)];
                int from = random.Next(other.Length);
                file.InsertRange(at, other[from..Math.Min(other.Length, from + 1 + random.Next(64))]);
                break;
            default:
                int length = random.Next(file.Count);
                file.RemoveRange(length, file.Count - length);
                break;
        }
    }

    void WriteNumber(List<byte> file, int at, int size)
    {
        uint value = random.Next(3) == 0 ? (uint)random.Next(1 << random.Next(1, 17)) : Extremes[random.Next(Extremes.Length)];
        bool little = random.Next(2) == 0;
        for (int i = 0; i < size && at + i < file.Count; i++)
            file[at + i] = (byte)(value >> (8 * (little ? i : size - 1 - i)));
    }

    static void RepairChecksums(byte[] file)
    {
        if (file.Length < 8 || file[0] != 0x89 || file[1] != 'P')
            return;
        for (long at = 8; at + 12 <= file.Length;)
        {
            long length = BinaryPrimitives.ReadUInt32BigEndian(file.AsSpan((int)at));
            if (at + 12 + length > file.Length)
                return;
            uint crc = Crc32.HashToUInt32(file.AsSpan((int)at + 4, 4 + (int)length));
            BinaryPrimitives.WriteUInt32BigEndian(file.AsSpan((int)(at + 8 + length)), crc);
            at += 12 + length;
        }
    }
}
