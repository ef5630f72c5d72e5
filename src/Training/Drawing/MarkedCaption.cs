using Dalle2.Data.Sets;
using Dalle2.Data.Text;

namespace Dalle2.Training.Drawing;

/// <summary>Captions as they stand beneath drawings: with the words that the model has never read, which the drawing cannot show.</summary>
static class MarkedCaption
{
    public static string Of(string caption, WordTokenizer tokenizer) =>
        tokenizer.UnknownWords(caption) is { Count: > 0 } unknown ? $"{caption} [never read: {string.Join(", ", unknown)}]" : caption;

    public static bool HasUnknownWords(IDataSet set, string split, int index, WordTokenizer tokenizer)
    {
        try
        {
            return tokenizer.UnknownWords(set.Caption(split, index)).Count > 0;
        }
        catch (BrokenSampleException)
        {
            return true;
        }
    }
}
