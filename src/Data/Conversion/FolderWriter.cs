using Dalle2.Data.Sets;
using Dalle2.Data.Text;

namespace Dalle2.Data.Conversion;

/// <summary>Writes the form that <see cref="FolderDataSet"/> reads: pictures, and a .txt beside each with a caption in a line.</summary>
/// <param name="folder">The folder.</param>
sealed class FolderWriter(string folder) : ISetWriter
{
    /// <inheritdoc/>
    public int ChangedCaptions { get; private set; }

    /// <inheritdoc/>
    public void Add(ConvertedPicture picture)
    {
        string path = Path.Combine(folder, picture.Name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllBytes(path, picture.Bytes);
        File.WriteAllText(path[..^Path.GetExtension(path).Length] + ".txt", string.Concat(picture.Captions.Select(Line)));
    }

    /// <inheritdoc/>
    public void Finish() => Directory.CreateDirectory(folder);

    /// <inheritdoc/>
    public void Dispose()
    {
        // Each file is closed already.
    }

    // A line break in a caption would make two of it.
    string Line(string caption)
    {
        string[] lines = EncodedText.Lines(caption);
        ChangedCaptions += lines.Length > 1 ? 1 : 0;
        return string.Join(' ', lines.Select(line => line.Trim()).Where(line => line.Length > 0)) + "\n";
    }
}
