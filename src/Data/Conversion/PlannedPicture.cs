namespace Dalle2.Data.Conversion;

/// <summary>A picture that will be written.</summary>
/// <param name="Split">The split of the set that it is of.</param>
/// <param name="Name">What it will be called; with <see cref="UnknownEnding"/>, its content says the ending.</param>
/// <param name="Indices">The samples that are its captions.</param>
sealed record PlannedPicture(string Split, string Name, IReadOnlyList<int> Indices)
{
    /// <summary>Stands for an ending that the content will tell.</summary>
    public const string UnknownEnding = ".~";
}
