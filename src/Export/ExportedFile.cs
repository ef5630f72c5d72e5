namespace Dalle2.Export;

/// <summary>A file of an exported model.</summary>
/// <param name="Name">Its name in the folder.</param>
/// <param name="Bytes">Its size.</param>
public readonly record struct ExportedFile(string Name, long Bytes);
