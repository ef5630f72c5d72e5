namespace Dalle2.Data.Shards;

/// <summary>The files of an archive that share a name but for their endings; where one is there twice, the later, as tar itself unpacks it.</summary>
sealed class ShardMember
{
    /// <summary>Pictures by their names in the archive, as a rule one.</summary>
    public Dictionary<string, FileSlice> Pictures { get; } = new(StringComparer.Ordinal);

    /// <summary>A caption file's name and bytes.</summary>
    public (string Name, byte[] Bytes)? Text { get; set; }

    /// <summary>A file of JSON with a caption among its properties.</summary>
    public (string Name, byte[] Bytes)? Json { get; set; }
}
