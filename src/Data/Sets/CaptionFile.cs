using Dalle2.Data.Text;

namespace Dalle2.Data.Sets;

/// <summary>A picture's caption file: each line that is not blank is a caption.</summary>
static class CaptionFile
{
    /// <summary>What is wrong with a caption; null where nothing is.</summary>
    public static string? Fault(string caption) =>
        caption.Length == 0 ? "a caption of it is empty" : WordTokenizer.HasWords(caption) ? null
            : $"a caption of it has no words: '{VisibleText.Of(caption)}'";

    /// <summary>The captions, composed; without any of them, the fault says why.</summary>
    public static (IReadOnlyList<string> Captions, string? Fault) Read(string path)
    {
        try
        {
            return Of(File.ReadAllBytes(path), path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return ([], $"its caption file cannot be read: {VisibleText.Of(e.Message)}");
        }
    }

    /// <summary>The same of a file's bytes.</summary>
    public static (IReadOnlyList<string> Captions, string? Fault) Of(ReadOnlySpan<byte> bytes, string path)
    {
        string name = VisibleText.Of(Path.GetFileName(path));
        if (EncodedText.Decode(bytes, out string fault) is not { } text)
            return ([], $"its caption file {name} {fault}");
        string[] captions =
            [.. EncodedText.Lines(text).Select(line => ComposedText.Compose(line.Trim())).Where(line => line.Length > 0)];
        return (captions, captions.Length > 0 ? null : $"its caption file {name} is empty");
    }
}
