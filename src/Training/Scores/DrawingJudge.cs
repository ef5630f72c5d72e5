using Dalle2.Data.Sets;
using Dalle2.Training.Families;

namespace Dalle2.Training.Scores;

/// <summary>
/// Judges drawings from the captions of one kind of data set. A class that derives from this one, with a constructor without arguments, is found in every
/// loaded assembly that refers to this one, and from then on <c>eval</c> asks it.
/// </summary>
public abstract class DrawingJudge
{
    static readonly Lazy<IReadOnlyList<DrawingJudge>> Found = new(() => [.. Discovery.Of<DrawingJudge>()]);

    /// <summary>All judges.</summary>
    public static IReadOnlyList<DrawingJudge> All => Found.Value;

    /// <summary>Whether it knows this data set.</summary>
    public abstract bool Knows(IDataSet set);

    /// <summary>All captions that pictures of a split can have, where they can be told and are not too many to be read one and all; null by default.</summary>
    /// <param name="set">A set that it knows.</param>
    /// <param name="split">The split that pictures are from.</param>
    public virtual CaptionCatalog? Captions(IDataSet set, string split) => null;

    /// <summary>Judges.</summary>
    /// <param name="set">A set that it knows.</param>
    /// <param name="drawings">What was drawn.</param>
    public abstract Verdict Judge(IDataSet set, JudgedDrawings drawings);
}

/// <summary>What was drawn, and from what.</summary>
/// <param name="Split">The split that the captions are from.</param>
/// <param name="Indices">The index of each sample in the split.</param>
/// <param name="Pictures">The drawings, <c>[side, side, 3]</c> each.</param>
/// <param name="Truth">The true picture of a drawing by its number, as the model would have been given it.</param>
/// <param name="Side">The side in pixels.</param>
/// <param name="Threads">Cores to use; the verdict does not depend on it.</param>
public sealed record JudgedDrawings(string Split, IReadOnlyList<int> Indices, IReadOnlyList<float[]> Pictures, Func<int, float[]> Truth,
    int Side, int Threads);

/// <summary>What a judge says: what it cannot say is null or empty.</summary>
/// <param name="Attributes">The share of drawings that show what the caption says, by attribute.</param>
/// <param name="Choices">The share of drawings that are nearest to the true picture among others, by test.</param>
public sealed record Verdict(EvaluationResult? Attributes, IReadOnlyList<KeyValuePair<string, EmojiScore>> Choices);
