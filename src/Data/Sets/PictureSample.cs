namespace Dalle2.Data.Sets;

/// <summary>A captioned picture file, or a file that belongs to no pair: then <paramref name="Fault"/> says why. The key names it within
/// its set.</summary>
sealed record PictureSample(string Path, string Key, string Caption, string? Fault = null)
{
    /// <summary>The key of a picture's caption number so and so, from zero.</summary>
    public static string KeyOf(string file, int caption) => caption == 0 ? file : $"{file} [{caption + 1}]";
}
