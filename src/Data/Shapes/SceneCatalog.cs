using Dalle2.Data.Sets;

namespace Dalle2.Data.Shapes;

/// <summary>
/// Every combination of the two tiers of <c>shapes</c>, in a fixed order, and which of them training never sees.
/// Tier one: 3 backgrounds x 8 shapes x 8 colors x 2 sizes x 9 places = 3,456.
/// Tier two: 3 backgrounds x 4 relations x (8 shapes x 8 colors x 2 sizes) twice = 196,608.
/// A combination is held out when FNV-1a-32 of its caption's UTF-8 text is a multiple of five.
/// </summary>
public sealed class SceneCatalog
{
    static readonly Lazy<SceneCatalog> LazyOne = new(() => new SceneCatalog(1)), LazyTwo = new(() => new SceneCatalog(2));

    readonly int[] train, heldOut;

    SceneCatalog(int tier)
    {
        Tier = tier;
        Count = tier == 1 ? 3_456 : 196_608;
        var hashes = new uint[Count];
        for (int i = 0; i < Count; i++)
            hashes[i] = Fnv1a.Hash32(this[i].Caption);
        train = [.. Enumerable.Range(0, Count).Where(i => hashes[i] % 5 != 0)];
        // In order of the hash, so that any beginning of the list is a fair selection.
        heldOut = [.. Enumerable.Range(0, Count).Where(i => hashes[i] % 5 == 0).OrderBy(i => hashes[i]).ThenBy(i => i)];
    }

    /// <summary>One shape at a place.</summary>
    public static SceneCatalog One => LazyOne.Value;

    /// <summary>Two shapes in a relation.</summary>
    public static SceneCatalog Two => LazyTwo.Value;

    /// <summary>1 or 2.</summary>
    public int Tier { get; }

    /// <summary>How many combinations there are.</summary>
    public int Count { get; }

    /// <summary>How many of them training draws from.</summary>
    public int TrainCount => train.Length;

    /// <summary>How many of them are held out.</summary>
    public int HeldOutCount => heldOut.Length;

    /// <summary>A combination of the tier.</summary>
    public Scene this[int index]
    {
        get
        {
            ArgumentOutOfRangeException.ThrowIfNegative(index);
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, Count);
            int Take(int n)
            {
                int digit = index % n;
                index /= n;
                return digit;
            }
            if (Tier == 1)
            {
                var place = (Place)Take(9);
                var one = new ShapeObject((ShapeKind)Take(8), (ShapeColor)Take(8), (ShapeSize)Take(2), place);
                return new Scene((Background)Take(3), one);
            }
            var (shape, color, size) = ((ShapeKind)Take(8), (ShapeColor)Take(8), (ShapeSize)Take(2));
            var (otherShape, otherColor, otherSize) = ((ShapeKind)Take(8), (ShapeColor)Take(8), (ShapeSize)Take(2));
            var relation = (Relation)Take(4);
            return Scene.Pair((Background)Take(3), shape, color, size, relation, otherShape, otherColor, otherSize);
        }
    }

    /// <summary>A combination that training draws from, in catalog order.</summary>
    public Scene Train(int index) => this[train[index]];

    /// <summary>A held-out combination; the order is by hash, so that the first N are a fair selection.</summary>
    public Scene HeldOut(int index) => this[heldOut[index]];

    /// <summary>Whether training never sees the scene.</summary>
    public static bool IsHeldOut(Scene scene) => Fnv1a.Hash32(scene.Caption) % 5 == 0;
}
