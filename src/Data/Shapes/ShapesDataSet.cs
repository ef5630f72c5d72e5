using Dalle2.Data.Pictures;
using Dalle2.Data.Sets;

namespace Dalle2.Data.Shapes;

/// <summary>
/// <c>shapes</c> (one shape at a place) and <c>shapes2</c> (two shapes in a relation): generated, captioned, exact, at any side from 16 pixels.
/// Sample i of split s under a seed is a pure function of the three. Training draws its combinations with replacement from those that are
/// not held out; the held-out split goes through its combinations in order, with jitter of its own.
/// </summary>
public sealed class ShapesDataSet : IDataSet
{
    readonly ulong seed;
    readonly int trainCount, heldOutCount;

    /// <summary>Opens tier 1 or 2; the options' Seed, Count and HeldOutCount count.</summary>
    /// <exception cref="UserInputException">A count is below one.</exception>
    public ShapesDataSet(int tier, DataSetOptions? options = null)
    {
        options ??= new DataSetOptions();
        Catalog = tier switch
        {
            1 => SceneCatalog.One,
            2 => SceneCatalog.Two,
            _ => throw new ArgumentOutOfRangeException(nameof(tier), tier, "there are the tiers 1 and 2"),
        };
        Name = tier == 1 ? "shapes" : "shapes2";
        seed = options.Seed;
        trainCount = options.Count ?? (tier == 1 ? 6_000 : 20_000);
        heldOutCount = options.HeldOutCount ?? (tier == 1 ? Catalog.HeldOutCount : 2_000);
        if (trainCount < 1 || heldOutCount < 1)
            throw new UserInputException($"{Name}: {Math.Min(trainCount, heldOutCount)} samples are no data set; ask for at least 1.");
    }

    /// <summary>The combinations of this tier.</summary>
    public SceneCatalog Catalog { get; }

    /// <inheritdoc/>
    public string Name { get; }

    /// <inheritdoc/>
    public IReadOnlyList<string> Splits { get; } = ["train", "held-out"];

    /// <inheritdoc/>
    public int Count(string split) => IsTrain(split) ? trainCount : heldOutCount;

    /// <summary>What the sample shows.</summary>
    public Scene Scene(string split, int index)
    {
        CheckIndex(split, index);
        return IsTrain(split)
            ? Catalog.Train(Random(split, index).Below(0, Catalog.TrainCount))
            : Catalog.HeldOut(index % Catalog.HeldOutCount);
    }

    /// <summary>How the sample's shapes deviate from the exact rendering.</summary>
    public SceneJitter Jitter(string split, int index)
    {
        CheckIndex(split, index);
        var random = Random(split, index);
        ShapeJitter Draw(uint from) => new(
            ShapeJitter.MaxShift * (2 * random.Uniform(from) - 1),
            ShapeJitter.MaxShift * (2 * random.Uniform(from + 1) - 1),
            ShapeJitter.MaxGrowth * (2 * random.Uniform(from + 2) - 1));
        return new SceneJitter(Draw(1), Catalog.Tier == 2 ? Draw(4) : default);
    }

    /// <inheritdoc/>
    public string Caption(string split, int index) => Scene(split, index).Caption;

    /// <inheritdoc/>
    public string Source(string split, int index) => $"{Name} {split} sample {index}, seed {seed}";

    /// <inheritdoc/>
    public Image Load(string split, int index, int side) => side >= SceneRenderer.MinSide
        ? SceneRenderer.Render(Scene(split, index), side, Jitter(split, index))
        : throw new UserInputException($"{Name}: on {side} x {side} pixels its shapes cannot be told apart; take a side of at least "
            + $"{SceneRenderer.MinSide} (--set imageSide=N when training, --side N when inspecting)");

    CounterHash Random(string split, int index) => new(seed, (ulong)(2 * Catalog.Tier + (IsTrain(split) ? 0 : 1)), (ulong)index);

    void CheckIndex(string split, int index)
    {
        if (index < 0 || index >= Count(split))
            throw new ArgumentOutOfRangeException(nameof(index), index, $"{Name} {split} has {Count(split)} samples");
    }

    bool IsTrain(string split) => SplitNames.IndexOf(this, split) == 0;
}
