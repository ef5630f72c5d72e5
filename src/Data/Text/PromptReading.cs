namespace Dalle2.Data.Text;

/// <summary>How a prompt is read by a model of a certain length: what it understands, what it does not, and what never reaches
/// it.</summary>
/// <param name="Ids">The numbers of the words that are read, unpadded, unknown ones among them.</param>
/// <param name="Words">The words that are read, in order.</param>
/// <param name="Unknown">Those of them that the vocabulary lacks, each once, in order.</param>
/// <param name="Cut">The words behind the model's length, in order, known or not: they change nothing.</param>
public sealed record PromptReading(
    IReadOnlyList<int> Ids, IReadOnlyList<string> Words, IReadOnlyList<string> Unknown, IReadOnlyList<string> Cut)
{
    /// <summary>Whether words lie behind the model's length.</summary>
    public bool IsCut => Cut.Count > 0;

    /// <summary>Whether any word that is read is known.</summary>
    public bool IsUnderstood => Ids.Any(id => id > Vocabulary.Unk);
}
