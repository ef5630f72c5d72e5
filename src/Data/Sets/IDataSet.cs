using Dalle2.Data.Pictures;

namespace Dalle2.Data.Sets;

/// <summary>A set of captioned pictures, cut into named splits. Reading is thread-safe; a sample is decoded each time it is asked for.</summary>
public interface IDataSet
{
    /// <summary>The name the set was opened by: <c>shapes</c>, <c>emoji</c>, a folder's path...</summary>
    string Name { get; }

    /// <summary>The splits, <c>train</c> first; what is held out of training follows.</summary>
    IReadOnlyList<string> Splits { get; }

    /// <summary>How many samples the split has.</summary>
    /// <exception cref="ArgumentException">No such split; the message lists those there are.</exception>
    int Count(string split);

    /// <summary>The caption of a sample.</summary>
    string Caption(string split, int index);

    /// <summary>Where the sample comes from, for messages: a path, or the generator's own words.</summary>
    string Source(string split, int index);

    /// <summary>The sample's name within the set, wherever the set lies: what says after a change which sample is which.</summary>
    string Key(string split, int index) => Source(split, index);

    /// <summary>The name of the picture's file within the set, with forward slashes, maybe without an ending; null where pictures have no
    /// names.</summary>
    string? FileName(string split, int index) => null;

    /// <summary>The picture's file as it is, or a PNG of what the set keeps of it; null where pictures are generated at any side.</summary>
    /// <exception cref="BrokenSampleException">It cannot be read; the message says which and why.</exception>
    byte[]? FileBytes(string split, int index) => null;

    /// <summary>The size of the picture before it is made square; null where the set's pictures are square, or it cannot be told.</summary>
    (int Width, int Height)? Size(string split, int index) => null;

    /// <summary>What a person should know about the set that makes no sample unusable, a sentence each without its full stop.</summary>
    IReadOnlyList<string> Notices => [];

    /// <summary>The picture at <paramref name="side"/> x <paramref name="side"/>, composited and resized, opaque.</summary>
    /// <exception cref="BrokenSampleException">The sample cannot be read; the message says which and why.</exception>
    Image Load(string split, int index, int side);
}

/// <summary>One sample that cannot be read. It is counted and skipped, and fatal above a limit that the user sets.</summary>
public sealed class BrokenSampleException(string source, string reason, Exception? inner = null)
    : Exception($"{source}: {reason}", inner)
{
    /// <summary>The file or the sample that is broken.</summary>
    public string SamplePath { get; } = source;

    /// <summary>What is wrong with it.</summary>
    public string Reason { get; } = reason;
}
