namespace Dalle2.Data.Sets;

/// <summary>A captioned picture, or a file that belongs to no pair.</summary>
/// <param name="Path">The picture's file; with a source, what messages call the picture.</param>
/// <param name="Key">Its name within its set.</param>
/// <param name="Caption">The caption, composed.</param>
/// <param name="Fault">Why it cannot be used.</param>
/// <param name="Source">Where its bytes are; null if they are the file.</param>
sealed record PictureSample(string Path, string Key, string Caption, string? Fault = null, IPictureSource? Source = null)
{
    /// <summary>The picture's name within its set, which all of its captions share.</summary>
    public string Name
    {
        get
        {
            int number = Key.EndsWith(']') ? Key.LastIndexOf(" [", StringComparison.Ordinal) : -1;
            return number < 0 ? Key : Key[..number];
        }
    }

    /// <summary>The key of a picture's caption number so and so, from zero.</summary>
    public static string KeyOf(string file, int caption) => caption == 0 ? file : $"{file} [{caption + 1}]";
}
