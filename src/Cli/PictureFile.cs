using System.Buffers.Binary;
using System.Globalization;
using Dalle2.Data;
using Dalle2.Data.Pictures;
using Dalle2.Gpu.Runtime;
using Dalle2.Training.Drawing;
using Dalle2.Training.Families;

namespace Dalle2.Cli;

/// <summary>
/// A drawn picture's PNG with the text chunks that tell how to draw it again: <c>prompt</c>, <c>seed</c>, <c>number</c> (the picture's among those
/// of its prompt, from 0), one for each option of the model's sampler (<c>temperature</c>...), <c>run</c> (the folder's full path), <c>runHash</c> (of the
/// parameters) and <c>version</c> (of the program) and, unless it is float32, <c>precision</c>. What was drawn from an image's embedding has that too, <c>embedding</c>: floats, lower bytes first, in Base64. What comes from a picture has <see cref="SourceChunks"/> besides.
/// </summary>
sealed record PictureFile(
    string Prompt, ulong Seed, int Number, IReadOnlyList<KeyValuePair<string, string>> Sampling, string Run, string RunHash, string Version,
    Precision Precision = Precision.Float32, float[]? Embedding = null,
    SourcePicture? Source = null)
{
    public byte[] Encode(Image image) => PictureEncoder.Png(image,
    [
        new("prompt", Prompt),
        new("seed", Seed.ToString(CultureInfo.InvariantCulture)),
        new("number", Number.ToString(CultureInfo.InvariantCulture)),
        .. Sampling,
        new("run", Run),
        new("runHash", RunHash),
        new("version", Version),
        .. Precision == Precision.Float32 ? (KeyValuePair<string, string>[])[] : [new("precision", Precision.ToString())],
        .. Embedding == null ? (KeyValuePair<string, string>[])[] : [new("embedding", Encode(Embedding))],
        .. Source == null ? [] : SourceChunks.Encode(Source),
    ]);

    /// <summary>Reads the chunks of a file.</summary>
    /// <exception cref="UserInputException">It cannot be read, is no PNG, was not drawn by this program, or a value is not one that it would write.</exception>
    public static PictureFile Read(string path, byte[] file)
    {
        IReadOnlyList<KeyValuePair<string, string>> chunks;
        try
        {
            chunks = PngText.Read(file);
        }
        catch (ImageFormatException fault)
        {
            throw new UserInputException($"{path}: not a sound PNG file ({fault.Message}).", fault);
        }

        string Text(string key) => chunks.FirstOrDefault(chunk => chunk.Key == key).Value
            ?? throw new UserInputException($"{path}: has no text chunk '{key}', so it was not drawn by this program, or another one saved "
            + "it anew. Only a file that 'dalle2 generate' wrote can be drawn again.");
        T Number<T>(string key)
            where T : System.Numerics.INumberBase<T> => T.TryParse(Text(key), NumberStyles.None, CultureInfo.InvariantCulture, out T? value)
            ? value
            : throw new UserInputException(
            $"{path}: its text chunk '{key}' is '{VisibleText.Of(Text(key))}', where a whole number belongs.");
        string precision = chunks.FirstOrDefault(chunk => chunk.Key == "precision").Value ?? nameof(Precision.Float32);
        if (!Enum.TryParse(precision, out Precision multiplied) || !Enum.IsDefined(multiplied))
        {
            throw new UserInputException($"{path}: its text chunk 'precision' is '{VisibleText.Of(precision)}', where one of "
                + $"{string.Join(", ", Enum.GetNames<Precision>())} belongs.");
        }

        string[] options = [.. ModelFamily.All.SelectMany(family => family.SamplerOptions).Select(option => option.Name).Distinct()];
        // What comes from a picture cannot be told from its prompt alone.
        SourcePicture? source = SourceChunks.Decode(path, chunks);
        string? embedding = source == null ? chunks.FirstOrDefault(chunk => chunk.Key == "embedding").Value : Text("embedding");
        return new PictureFile(
            Text("prompt"), Number<ulong>("seed"), Number<int>("number"), [.. chunks.Where(chunk => options.Contains(chunk.Key))],
            Text("run"), Text("runHash"), Text("version"), multiplied,
            embedding == null ? null : Decode(path, embedding), source);
    }

    static string Encode(float[] embedding)
    {
        byte[] bytes = new byte[sizeof(float) * embedding.Length];
        for (int i = 0; i < embedding.Length; i++)
            BinaryPrimitives.WriteSingleLittleEndian(bytes.AsSpan(sizeof(float) * i), embedding[i]);
        return Convert.ToBase64String(bytes);
    }

    static float[] Decode(string path, string text)
    {
        byte[] bytes = new byte[text.Length];
        if (!Convert.TryFromBase64String(text, bytes, out int length) || length == 0 || length % sizeof(float) != 0)
            throw new UserInputException($"{path}: its text chunk 'embedding' is no list of floats in Base64.");
        float[] embedding = new float[length / sizeof(float)];
        for (int i = 0; i < embedding.Length; i++)
            embedding[i] = BinaryPrimitives.ReadSingleLittleEndian(bytes.AsSpan(sizeof(float) * i));
        return embedding.All(float.IsFinite) ? embedding
            : throw new UserInputException($"{path}: its text chunk 'embedding' has a number that is not finite.");
    }

    /// <summary>Its sampler's values, checked as options are.</summary>
    /// <param name="path">The file's name, for messages.</param>
    /// <param name="family">The family of the run that drew it.</param>
    /// <exception cref="UserInputException">One is missing, or is not a value of its option.</exception>
    public SamplerSettings Settings(string path, ModelFamily family)
    {
        string Chunk(string name) => $"{path}: text chunk '{name}'";
        if (family.SamplerOptions.FirstOrDefault(option => Sampling.All(chunk => chunk.Key != option.Name)) is { } missing)
        {
            throw new UserInputException($"{path}: has no text chunk '{missing.Name}', so it was not drawn by this program, or another one "
                + "saved it anew. Only a file that 'dalle2 generate' wrote can be drawn again.");
        }

        return SamplerSettings.Of(family, Sampling.DistinctBy(chunk => chunk.Key).ToDictionary(chunk => chunk.Key, chunk => chunk.Value),
            Chunk);
    }

    /// <summary>The bytes of a file that a person named.</summary>
    /// <exception cref="UserInputException">It cannot be read.</exception>
    public static byte[] Load(string path)
    {
        try
        {
            return File.ReadAllBytes(path);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            throw new UserInputException(File.Exists(path)
                ? $"{path}: cannot be read ({fault.Message})." : $"{path}: there is no such file.", fault);
        }
    }

    /// <summary>The path for a picture to be written: with <c>.png</c> behind it.</summary>
    /// <exception cref="UserInputException">Another ending is asked for, or it is a folder.</exception>
    public static string RequirePng(string path)
    {
        if (Directory.Exists(path))
            throw new UserInputException($"--out {path}: is a folder; name a .png file.");
        string ending = Path.GetExtension(path);
        return ending.Length == 0 ? path + ".png"
            : string.Equals(ending, ".png", StringComparison.OrdinalIgnoreCase) ? path
            : throw new UserInputException($"--out {path}: pictures are written as PNG; name a file that ends in .png.");
    }
}
