using Dalle2.Data.Pictures;

namespace Dalle2.Data.Sets;

/// <summary>A set of the user's own picture files, which are read when they are loaded.</summary>
public abstract class PictureFileSet : IDataSet
{
    private protected PictureFileSet(string name) => Name = name;

    /// <inheritdoc/>
    public string Name { get; }

    /// <inheritdoc/>
    public IReadOnlyList<string> Splits => Samples.Names;

    /// <inheritdoc/>
    public virtual IReadOnlyList<string> Notices => [];

    /// <summary>Set once all samples are known.</summary>
    private protected PictureSplits Samples { get; init; } = null!;

    /// <inheritdoc/>
    public int Count(string split) => Samples.Count(split);

    /// <summary>The caption; empty for a sample whose loading fails because there is none.</summary>
    public string Caption(string split, int index) => Samples.Sample(split, index).Caption;

    /// <inheritdoc/>
    public string Source(string split, int index) => Samples.Sample(split, index).Path;

    /// <summary>The picture's name within the set, with a number behind it from its second caption on.</summary>
    public string Key(string split, int index) => Samples.Sample(split, index).Key;

    /// <inheritdoc/>
    public string? FileName(string split, int index) => Samples.Sample(split, index).Name;

    /// <inheritdoc/>
    public byte[]? FileBytes(string split, int index) => Samples.Bytes(split, index);

    /// <inheritdoc/>
    public (int Width, int Height)? Size(string split, int index) => Samples.Size(split, index);

    /// <inheritdoc/>
    public Image Load(string split, int index, int side) => Samples.Load(split, index, side);
}
