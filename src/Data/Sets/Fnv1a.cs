using System.Text;

namespace Dalle2.Data.Sets;

/// <summary>FNV-1a with 32 bits: the explicit hash that decides splits, the same in every program and on every machine.</summary>
public static class Fnv1a
{
    /// <summary>The hash of the bytes.</summary>
    public static uint Hash32(ReadOnlySpan<byte> bytes)
    {
        uint hash = 2166136261;
        foreach (byte b in bytes)
            hash = (hash ^ b) * 16777619;
        return hash;
    }

    /// <summary>The hash of the text's UTF-8 bytes.</summary>
    public static uint Hash32(string text) => Hash32(Encoding.UTF8.GetBytes(text));
}
