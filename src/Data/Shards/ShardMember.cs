namespace Dalle2.Data.Shards;

/// <summary>The files of an archive that share a name but for their endings.</summary>
sealed class ShardMember
{
    /// <summary>Pictures by their names in the archive, as a rule one.</summary>
    public List<(string Name, FileSlice Slice)> Pictures { get; } = [];

    /// <summary>A caption file's name and bytes.</summary>
    public (string Name, byte[] Bytes)? Text { get; set; }

    /// <summary>A file of JSON with a caption among its properties.</summary>
    public (string Name, byte[] Bytes)? Json { get; set; }
}
