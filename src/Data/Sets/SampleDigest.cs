namespace Dalle2.Data.Sets;

/// <summary>A sample's content in 16 bytes: 8 of its caption and 8 of its picture as prepared, both of XXH128. The key tells it from
/// others.</summary>
public readonly record struct SampleDigest(string Key, ulong Caption, ulong Picture)
{
    /// <summary>Whether caption and picture are the same, whatever the key.</summary>
    public bool HasContentOf(SampleDigest other) => Caption == other.Caption && Picture == other.Picture;
}
