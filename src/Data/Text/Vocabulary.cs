using System.IO.Hashing;
using System.Text;

namespace Dalle2.Data.Text;

/// <summary>
/// The words a model knows, each with a number: <c>0 &lt;pad&gt;, 1 &lt;bos&gt;, 2 &lt;eos&gt;, 3 &lt;unk&gt;</c>, then the words
/// by falling count, equals in ordinal order. Immutable. As a file: UTF-8, one word a line, the line's number from zero is the word's.
/// </summary>
public sealed class Vocabulary
{
    /// <summary>Fills a batch behind a shorter caption.</summary>
    public const int Pad = 0;

    /// <summary>Begins a caption.</summary>
    public const int Bos = 1;

    /// <summary>Ends a caption.</summary>
    public const int Eos = 2;

    /// <summary>Stands for each word that is not in the vocabulary.</summary>
    public const int Unk = 3;

    static readonly string[] Specials = ["<pad>", "<bos>", "<eos>", "<unk>"];

    readonly Dictionary<string, int> ids;

    Vocabulary(string[] words)
    {
        Words = words;
        ids = new Dictionary<string, int>(words.Length, StringComparer.Ordinal);
        for (int i = 0; i < words.Length; i++)
            ids[words[i]] = i;
        // Captions are composed; a vocabulary that was made elsewhere need not be.
        for (int i = 0; i < words.Length; i++)
            ids.TryAdd(ComposedText.Compose(words[i]), i);
        var hash = new XxHash128();
        foreach (string word in words)
            hash.Append(Encoding.UTF8.GetBytes(word + "\n"));
        Digest = Convert.ToHexStringLower(hash.GetCurrentHash());
    }

    /// <summary>
    /// Tells vocabularies apart: XXH128 of the words in their order, 32 hexadecimal digits. A model is trained with one vocabulary,
    /// and one that was reordered or edited gives its words each other's meaning.
    /// </summary>
    public string Digest { get; }

    /// <summary>The words, the four specials first.</summary>
    public IReadOnlyList<string> Words { get; }

    /// <summary>How many words there are, with the specials.</summary>
    public int Count => Words.Count;

    /// <summary>How many words there are, without the specials.</summary>
    public int WordCount => Words.Count - Specials.Length;

    /// <summary>The words themselves, without the markers before them.</summary>
    public IEnumerable<string> PlainWords => Words.Skip(Specials.Length);

    /// <summary>The word's number, <see cref="Unk"/> for a word that is not there. Specials are not words: their spelling gives <see cref="Unk"/>.</summary>
    public int IdOf(string word) => ids.TryGetValue(word, out int id) && id >= Specials.Length ? id : Unk;

    /// <summary>Whether it is a word of the vocabulary.</summary>
    public bool Contains(string word) => IdOf(word) != Unk;

    /// <summary>Counts the captions' words and keeps those that occur at least <paramref name="minCount"/> times, at most <paramref name="maxWords"/>.</summary>
    public static Vocabulary Build(IEnumerable<string> captions, int minCount = 1, int maxWords = int.MaxValue)
    {
        var counts = new Dictionary<string, long>(StringComparer.Ordinal);
        foreach (string caption in captions)
        {
            foreach (string word in WordTokenizer.Split(caption))
                counts[word] = counts.GetValueOrDefault(word) + 1;
        }
        var kept = counts.Where(c => c.Value >= minCount).OrderByDescending(c => c.Value).ThenBy(c => c.Key, StringComparer.Ordinal)
            .Take(maxWords);
        return new Vocabulary([.. Specials, .. kept.Select(c => c.Key)]);
    }

    /// <summary>A vocabulary of these words in this order, without the specials: they are added.</summary>
    /// <exception cref="ArgumentException">A word is twice there, empty, a special, or contains white space.</exception>
    public static Vocabulary FromWords(IEnumerable<string> words)
    {
        string[] all = [.. Specials, .. words];
        return Fault(all) is { } fault ? throw new ArgumentException(fault, nameof(words)) : new Vocabulary(all);
    }

    /// <summary>The nearest words by <see cref="EditDistance"/>; equally near ones by number, so the more frequent first.</summary>
    public IReadOnlyList<string> Nearest(string word, int count) => EditDistance.Nearest(word, PlainWords, count);

    /// <summary>Writes the file, atomically.</summary>
    public void Save(string path)
    {
        var text = new StringBuilder();
        foreach (string word in Words)
            text.Append(word).Append('\n');
        AtomicFile.Write(path, Encoding.UTF8.GetBytes(text.ToString()));
    }

    /// <summary>Reads a file that <see cref="Save"/> wrote; line breaks and a byte order mark that an editor put there are
    /// accepted.</summary>
    /// <exception cref="UserInputException">It is missing, not UTF-8, lacks the specials, or has an empty or repeated word; the message has the line.</exception>
    public static Vocabulary Load(string path)
    {
        byte[] bytes;
        try
        {
            bytes = File.ReadAllBytes(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new UserInputException($"The vocabulary '{path}' cannot be read: {e.Message}", e);
        }
        string text = EncodedText.Decode(bytes, out string fault) ?? throw new UserInputException($"The vocabulary '{path}' {fault}.");
        if (!text.EndsWith('\n'))
            throw new UserInputException($"The vocabulary '{path}' does not end with a line break: it is empty or was cut off.");
        string[] words = EncodedText.Lines(text)[..^1];
        return Fault(words) is { } damage ? throw new UserInputException($"The vocabulary '{path}' is damaged: {damage}.")
            : new Vocabulary(words);
    }

    /// <summary>Reads the file of a model that was trained with a certain vocabulary.</summary>
    /// <param name="path">The file.</param>
    /// <param name="digest">What <see cref="Digest"/> was then.</param>
    /// <exception cref="UserInputException">As <see cref="Load(string)"/>, and when it is another vocabulary.</exception>
    public static Vocabulary Load(string path, string digest)
    {
        var vocabulary = Load(path);
        return vocabulary.Digest == digest ? vocabulary : throw new UserInputException($"The vocabulary '{path}' was reordered or edited: "
            + $"its digest is {vocabulary.Digest}, and the model was trained with {digest}. "
            + "Every number stands for another word now; put the file back as it was.");
    }

    static string? Fault(string[] words)
    {
        var lines = new Dictionary<string, int>(StringComparer.Ordinal);
        for (int i = 0; i < words.Length; i++)
        {
            string shown = VisibleText.Of(words[i]);
            if (i < Specials.Length && words[i] != Specials[i])
                return $"line {i + 1} is '{shown}' instead of '{Specials[i]}'";
            if (words[i].Length == 0 || words[i].Any(char.IsWhiteSpace))
                return $"line {i + 1} is {(words[i].Length == 0 ? "empty" : $"'{shown}', which contains white space")}";
            if (!lines.TryAdd(words[i], i))
                return $"line {i + 1} repeats '{shown}' of line {lines[words[i]] + 1}";
        }
        return words.Length < Specials.Length ? $"it has {words.Length} lines, fewer than the {Specials.Length} special words" : null;
    }
}
