using System.Globalization;
using System.Text;

namespace Dalle2.Data.Text;

/// <summary>Puts the characters of a caption, composed and in lower case, together to words.</summary>
sealed class WordCutter
{
    readonly List<string> words = [];
    readonly StringBuilder word = new();

    // An apostrophe or hyphen behind the word, which belongs to it when a letter follows.
    Rune joint;

    // The word is one character of a script without spaces; the last mark may take one more consonant.
    bool isCharacter, isOpen;

    /// <summary>Takes the next character.</summary>
    public void Add(Rune rune)
    {
        bool mark = IsMark(rune);
        if (mark || SpacelessScript.Extends(rune) && word.Length > 0)
        {
            Append(rune);
        }
        else if (Rune.IsLetterOrDigit(rune))
        {
            if (word.Length > 0 && !isOpen && (isCharacter || SpacelessScript.Has(rune)))
                EndWord();
            Append(rune);
        }
        else if (rune.Value is '\'' or '-' && word.Length > 0 && joint == default)
        {
            joint = rune;
        }
        else
        {
            EndWord();
            if (!Rune.IsWhiteSpace(rune) && !Rune.IsControl(rune))
                words.Add(rune.ToString());
        }
        isOpen = mark && SpacelessScript.Stacks(rune);
    }

    /// <summary>The words, when all characters have been taken.</summary>
    public IReadOnlyList<string> Finish()
    {
        EndWord();
        return words;
    }

    void Append(Rune rune)
    {
        if (joint != default)
        {
            word.Append(joint.ToString());
            joint = default;
        }
        isCharacter = word.Length == 0 ? SpacelessScript.Has(rune) : isCharacter;
        word.Append(rune.ToString());
    }

    void EndWord()
    {
        if (word.Length > 0)
        {
            words.Add(word.ToString());
            word.Clear();
        }
        if (joint != default)
        {
            words.Add(joint.ToString());
            joint = default;
        }
    }

    static bool IsMark(Rune rune) =>
        Rune.GetUnicodeCategory(rune) is UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark
            or UnicodeCategory.EnclosingMark;
}
