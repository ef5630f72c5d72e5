using System.Globalization;
using System.Reflection;
using System.Text;

namespace Dalle2.Data.Text;

/// <summary>
/// Unicode's normalization form C: a letter and its accents are one character where there is one. .NET leaves text as it is under invariant
/// globalization, so that <c>café</c> typed in two ways would be two words and two file names.
/// </summary>
public static class ComposedText
{
    // Below it there is neither a combining mark nor a character that decomposes for good.
    const char FirstMark = '\u0300';

    const int HangulFirst = 0xAC00, LeadFirst = 0x1100, VowelFirst = 0x1161, TailFirst = 0x11A7;
    const int Leads = 19, Vowels = 21, Tails = 28, Syllables = Leads * Vowels * Tails;

    static readonly Dictionary<int, byte> Classes = [];
    static readonly Dictionary<int, int[]> Decompositions = [];
    static readonly Dictionary<(int First, int Second), int> Compositions = [];

    static ComposedText()
    {
        using var stream = Assembly.GetExecutingAssembly().GetManifestResourceStream("CanonicalComposition.txt")!;
        using var reader = new StreamReader(stream);
        while (reader.ReadLine() is { } line)
        {
            if (line.StartsWith('#'))
                continue;
            string[] fields = line.Split(' ', 3);
            int code = Hex(fields[0]);
            if (fields[1] != "0")
                Classes.Add(code, byte.Parse(fields[1], CultureInfo.InvariantCulture));
            if (fields.Length == 3)
            {
                int[] parts = [.. fields[2][1..].Split(' ').Select(Hex)];
                Decompositions.Add(code, parts);
                if (fields[2][0] == '+')
                    Compositions.Add((parts[0], parts[1]), code);
            }
        }
    }

    /// <summary>The text in form C; the text itself where it already is.</summary>
    public static string Compose(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        if (!text.AsSpan().ContainsAnyInRange(FirstMark, char.MaxValue))
            return text;
        var codes = new List<int>(text.Length);
        foreach (var rune in text.EnumerateRunes())
            Decompose(rune.Value, codes);
        Order(codes);
        int length = Compose(codes);
        var composed = new StringBuilder(length);
        foreach (int code in codes.Take(length))
            composed.Append(new Rune(code).ToString());
        return composed.ToString();
    }

    static void Decompose(int code, List<int> target)
    {
        int syllable = code - HangulFirst;
        if (syllable is >= 0 and < Syllables)
        {
            target.Add(LeadFirst + syllable / (Vowels * Tails));
            target.Add(VowelFirst + syllable % (Vowels * Tails) / Tails);
            if (syllable % Tails > 0)
                target.Add(TailFirst + syllable % Tails);
        }
        else if (Decompositions.TryGetValue(code, out int[]? parts))
        {
            foreach (int part in parts)
                Decompose(part, target);
        }
        else
        {
            target.Add(code);
        }
    }

    // Marks between two characters of class 0 are sorted by class; equal ones keep their order.
    static void Order(List<int> codes)
    {
        for (int i = 1; i < codes.Count; i++)
        {
            int code = codes[i], at = i;
            byte own = Class(code);
            for (; own > 0 && at > 0 && Class(codes[at - 1]) > own; at--)
                codes[at] = codes[at - 1];
            codes[at] = code;
        }
    }

    // In place; returns how many are left.
    static int Compose(List<int> codes)
    {
        int starter = -1, length = 0;
        byte before = 0;
        for (int i = 0; i < codes.Count; i++)
        {
            int code = codes[i];
            byte own = Class(code);
            // A mark is kept from its letter by one of the same class, and a letter by any mark between.
            bool adjacent = starter == length - 1;
            if (starter >= 0 && (adjacent || before < own) && Pair(codes[starter], code) is { } pair)
            {
                codes[starter] = pair;
                continue;
            }
            if (own == 0)
                starter = length;
            before = own;
            codes[length++] = code;
        }
        return length;
    }

    static int? Pair(int first, int second)
    {
        int lead = first - LeadFirst, vowel = second - VowelFirst, syllable = first - HangulFirst, tail = second - TailFirst;
        return lead is >= 0 and < Leads && vowel is >= 0 and < Vowels ? HangulFirst + (lead * Vowels + vowel) * Tails
            : syllable is >= 0 and < Syllables && syllable % Tails == 0 && tail is > 0 and < Tails ? first + tail
            : Compositions.TryGetValue((first, second), out int composed) ? composed : null;
    }

    static byte Class(int code) => Classes.GetValueOrDefault(code);

    static int Hex(string text) => int.Parse(text, NumberStyles.HexNumber, CultureInfo.InvariantCulture);
}
