using Dalle2.Data.Pictures;

namespace Dalle2.Data.Sets;

/// <summary>One cell of a <see cref="ContactSheet"/>: pictures side by side over a caption.</summary>
/// <param name="Caption">The text beneath, wrapped to the cell's width; may be empty.</param>
/// <param name="Pictures">At least one picture, each with a short label above it; an empty label shows nothing.</param>
public sealed record ContactCell(string Caption, IReadOnlyList<(string Label, Image Picture)> Pictures);
