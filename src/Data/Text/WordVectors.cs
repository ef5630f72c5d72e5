using System.Buffers.Binary;
using System.Globalization;
using System.Text;

namespace Dalle2.Data.Text;

/// <summary>
/// Trained word vectors from a file, only those of the words that are asked for. GloVe text (<c>word v1 v2 ...</c>), word2vec text (the same below a line
/// <c>count dimension</c>) and word2vec binary (that line, then word, space, little-endian floats) are told apart by the content.
/// </summary>
public sealed class WordVectors
{
    // Far above any that was ever trained; a header that says more is damaged.
    const int LongestVector = 1 << 16;

    WordVectors(int dimension, IReadOnlyDictionary<string, float[]> vectors, IReadOnlyList<string> missing) =>
        (Dimension, Vectors, Missing) = (dimension, vectors, missing);

    /// <summary>The length of each vector.</summary>
    public int Dimension { get; }

    /// <summary>The vectors of the words that the file has.</summary>
    public IReadOnlyDictionary<string, float[]> Vectors { get; }

    /// <summary>The words that it lacks, in the order they were asked for.</summary>
    public IReadOnlyList<string> Missing { get; }

    /// <summary>Reads the vectors of a vocabulary's words; specials are not looked for.</summary>
    /// <inheritdoc cref="Load(string, IEnumerable{string})"/>
    public static WordVectors Load(string path, Vocabulary vocabulary) =>
        Load(path, vocabulary.Words.Skip(vocabulary.Count - vocabulary.WordCount));

    /// <summary>Reads the vectors of the words. Words are compared as they stand, and composed; a file that has one twice counts the first
    /// time.</summary>
    /// <exception cref="UserInputException">The file cannot be read, is truncated, or contradicts itself; the message has the line, or the byte offset of a binary file.</exception>
    public static WordVectors Load(string path, IEnumerable<string> words)
    {
        string[] wanted = [.. words.Distinct(StringComparer.Ordinal)];
        var set = wanted.ToHashSet(StringComparer.Ordinal);
        var found = new Dictionary<string, float[]>(StringComparer.Ordinal);
        int dimension;
        try
        {
            using var stream = new BufferedStream(File.OpenRead(path), 1 << 16);
            var header = Header(stream, out bool binary);
            stream.Position = 0;
            dimension = binary ? ReadBinary(path, stream, header!.Value, set, found) : ReadText(path, stream, header, set, found);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new UserInputException($"The word vectors '{path}' cannot be read: {e.Message}", e);
        }
        return new WordVectors(dimension, found, [.. wanted.Where(w => !found.ContainsKey(w))]);
    }

    // The line "count dimension", if the file begins with one, and whether what follows is binary.
    static (long Count, int Dimension, int Bytes)? Header(Stream stream, out bool binary)
    {
        var start = new byte[1 << 16];
        int length = stream.ReadAtLeast(start, start.Length, throwOnEndOfStream: false);
        var content = start.AsSpan(0, length);
        int end = content.IndexOf((byte)'\n');
        binary = false;
        if (end is < 0 or > 40)
            return null;
        string[] fields = Encoding.UTF8.GetString(content[..end]).Trim().Split(' ');
        if (fields.Length != 2 || !long.TryParse(fields[0], NumberStyles.None, CultureInfo.InvariantCulture, out long count)
            || !int.TryParse(fields[1], NumberStyles.None, CultureInfo.InvariantCulture, out int dimension) || dimension < 1)
        {
            return null;
        }
        // In a text file the first vector is a line of dimension numbers; floats in binary are hardly ever that.
        var line = content[(end + 1)..];
        int next = line.IndexOf((byte)'\n');
        string text = Encoding.UTF8.GetString(next < 0 ? line : line[..next]);
        string[] numbers = text.TrimEnd('\r', ' ').Split(' ');
        binary = numbers.Length <= Math.Min(dimension, 100)
            || !numbers.Skip(Math.Max(1, numbers.Length - dimension)).SkipLast(1)
            .All(n => float.TryParse(n, NumberStyles.Float, CultureInfo.InvariantCulture, out _));
        return (count, dimension, end + 1);
    }

    static int ReadText(string path, Stream stream, (long Count, int Dimension, int Bytes)? header, HashSet<string> wanted,
        Dictionary<string, float[]> found)
    {
        using var reader = new StreamReader(stream, new UTF8Encoding(false), detectEncodingFromByteOrderMarks: true);
        int number = 0;
        if (header is not null)
        {
            reader.ReadLine();
            number++;
        }
        int dimension = header?.Dimension ?? 0;
        if (dimension > LongestVector)
            throw Fault(path, 1, $"vectors of {dimension} numbers are none; the longest that are read have {LongestVector}");
        long vectors = 0;
        while (reader.ReadLine() is { } line)
        {
            number++;
            if (string.IsNullOrWhiteSpace(line))
                continue;
            string[] fields = line.TrimEnd(' ', '\r').Split(' ');
            if (dimension == 0)
            {
                // The first word of a file without header is taken to have no space in it.
                dimension = fields.Length - 1;
                if (dimension == 0)
                    throw Fault(path, number, "a word without numbers");
            }
            if (fields.Length < dimension + 1)
                throw Fault(path, number, $"{fields.Length - 1} numbers instead of {dimension}");
            vectors++;
            string word = AsWanted(string.Join(' ', fields[..^dimension]), wanted);
            if (!wanted.Contains(word) || found.ContainsKey(word))
                continue;
            var vector = new float[dimension];
            for (int i = 0; i < dimension; i++)
            {
                string field = fields[fields.Length - dimension + i];
                if (!float.TryParse(field, NumberStyles.Float, CultureInfo.InvariantCulture, out vector[i]) || !float.IsFinite(vector[i]))
                    throw Fault(path, number, $"'{field}' is no finite number");
            }
            found.Add(word, vector);
        }
        if (vectors == 0)
            throw new UserInputException($"The word vectors '{path}' are empty.");
        if (header is { } h && h.Count != vectors)
        {
            throw new UserInputException($"The word vectors '{path}' say in line 1 that there are {h.Count}, and there are "
                + $"{vectors}: the file is truncated or its header is wrong.");
        }
        return dimension;
    }

    static int ReadBinary(string path, Stream stream, (long Count, int Dimension, int Bytes) header, HashSet<string> wanted,
        Dictionary<string, float[]> found)
    {
        const int longestWord = 4096;
        long size = stream.Length;
        if (header.Dimension > LongestVector)
            throw Fault(path, 1, $"vectors of {header.Dimension} numbers are none; the longest that are read have {LongestVector}");
        // Each entry has a separator and its floats; a header that promises more lies.
        if (header.Count > (size - header.Bytes) / (1 + 4L * header.Dimension))
        {
            throw new UserInputException($"The word vectors '{path}' promise {header.Count} vectors of "
                + $"{header.Dimension} numbers, and the file has only {size} bytes: it is truncated or its header is wrong.");
        }
        if (header.Count == 0)
            throw new UserInputException($"The word vectors '{path}' are empty.");
        stream.Position = header.Bytes;
        var bytes = new byte[4 * header.Dimension];
        var word = new List<byte>();
        long at = header.Bytes;
        for (long n = 0; n < header.Count; n++)
        {
            long start = at;
            word.Clear();
            for (int b; (b = stream.ReadByte()) != ' '; word.Add((byte)b))
            {
                at++;
                if (b < 0 || word.Count == longestWord)
                {
                    throw new UserInputException($"The word vectors '{path}': the word of vector {n} at byte {start} has no end: the file "
                        + "is truncated or no word2vec file.");
                }
            }
            at++;
            int read = stream.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false);
            if (read < bytes.Length)
            {
                throw new UserInputException($"The word vectors '{path}' are truncated: vector {n} of {header.Count} ends after {read} of "
                    + $"{bytes.Length} bytes, at byte {at + read}.");
            }
            // Some writers end each vector with a line break, others do not.
            string text = AsWanted(Encoding.UTF8.GetString(word.ToArray()).TrimStart('\n'), wanted);
            if (wanted.Contains(text) && !found.ContainsKey(text))
            {
                var vector = new float[header.Dimension];
                for (int i = 0; i < vector.Length; i++)
                {
                    vector[i] = BinaryPrimitives.ReadSingleLittleEndian(bytes.AsSpan(4 * i));
                    if (!float.IsFinite(vector[i]))
                    {
                        throw new UserInputException(
                            $"The word vectors '{path}': number {i} of '{text}' at byte {at + 4 * i} is not finite.");
                    }
                }
                found.Add(text, vector);
            }
            at += bytes.Length;
        }
        return header.Dimension;
    }

    static string AsWanted(string word, HashSet<string> wanted) => wanted.Contains(word) ? word : ComposedText.Compose(word);

    static UserInputException Fault(string path, int line, string fault) => new($"The word vectors '{path}', line {line}: {fault}.");
}
