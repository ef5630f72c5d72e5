namespace Dalle2.Data.Conversion;

/// <summary>A picture with its captions, as it is written.</summary>
/// <param name="Name">Its name below the set, with forward slashes and an ending.</param>
/// <param name="Bytes">Its file.</param>
/// <param name="Captions">Its captions, in order, at least one.</param>
sealed record ConvertedPicture(string Name, byte[] Bytes, IReadOnlyList<string> Captions);
