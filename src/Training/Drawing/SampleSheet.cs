using Dalle2.Data.Pictures;

namespace Dalle2.Training.Drawing;

/// <summary>What a stage has learnt, on one picture.</summary>
/// <param name="Path">The file that it was written to.</param>
/// <param name="Picture">The picture.</param>
/// <param name="Captions">The captions of its cells, in their order.</param>
public sealed record SampleSheet(string Path, Image Picture, IReadOnlyList<string> Captions);
