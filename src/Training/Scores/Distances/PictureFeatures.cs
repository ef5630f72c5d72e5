namespace Dalle2.Training.Scores.Distances;

/// <summary>What sets of pictures are compared by: numbers of each picture. Their mean square is about 1 over real pictures.</summary>
public abstract class PictureFeatures
{
    /// <summary>The side at which pictures are looked at; others are resized to it, so that figures of runs of different sides can stand beside each other.</summary>
    public abstract int Side { get; }

    /// <summary>The name: of a row of the tables, of a JSON key.</summary>
    public abstract string Name { get; }

    /// <summary>What they are and how many, in words.</summary>
    public abstract string Description { get; }

    /// <summary>A row of numbers for each picture.</summary>
    public IReadOnlyList<float[]> Of(PictureBytes pictures) => Compute(pictures.Resize(Side));

    /// <summary>A row of numbers for each picture.</summary>
    /// <param name="pictures">Pictures of <see cref="Side"/>.</param>
    protected abstract IReadOnlyList<float[]> Compute(PictureBytes pictures);
}
