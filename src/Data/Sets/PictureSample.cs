namespace Dalle2.Data.Sets;

/// <summary>A captioned picture file, or a file that belongs to no pair: then <paramref name="Fault"/> says why.</summary>
internal sealed record PictureSample(string Path, string Caption, string? Fault = null);
