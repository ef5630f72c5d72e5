namespace Dalle2.Data.Conversion;

/// <summary>Writes a set in one form, picture by picture.</summary>
interface ISetWriter : IDisposable
{
    /// <summary>Adds a picture; names and order are the caller's.</summary>
    void Add(ConvertedPicture picture);

    /// <summary>Writes what is left. Without it what was written is no set.</summary>
    void Finish();

    /// <summary>Captions that the form could not hold as they were.</summary>
    int ChangedCaptions => 0;
}
