namespace Dalle2.Export;

/// <summary>What <see cref="ModelExport"/> wrote.</summary>
/// <param name="Folder">The folder.</param>
/// <param name="Format">The format.</param>
/// <param name="Files">The files in it, by name.</param>
/// <param name="RunHash">Twelve hexadecimal digits that name the parameters, as <c>generate</c> writes them into pictures.</param>
public sealed record ExportedModel(string Folder, string Format, IReadOnlyList<ExportedFile> Files, string RunHash);
