using Dalle2.Data.Shapes;

namespace Dalle2.Training.Scores;

/// <summary>Compares what a caption says with what a picture shows, attribute by attribute.</summary>
static class SceneAttributes
{
    static readonly string[] One = ["shape", "colour", "size", "place", "background", "all"];
    static readonly string[] Two = ["shape", "colour", "size", "relation", "background", "all"];

    internal static IReadOnlyList<string> Names(int tier) => tier == 1 ? One : Two;

    /// <summary>Six answers in the order of <see cref="Names"/>; all false when nothing was recognized.</summary>
    /// <remarks>
    /// "A above B" and "B below A" are one picture. So a pair is compared both ways round and the way counts that agrees in most;
    /// shape, color and size are right when they are right for both.
    /// </remarks>
    internal static bool[] Compare(Scene said, Scene? shown)
    {
        if (shown is null || (said.Second is null) != (shown.Second is null))
            return new bool[6];

        if (said.Second is null)
        {
            return Answers(said.First.Shape == shown.First.Shape, said.First.Color == shown.First.Color,
                said.First.Size == shown.First.Size,
                said.First.Place == shown.First.Place, said.Background == shown.Background);
        }

        var turned = new Scene(shown.Background, shown.Second!, shown.First);
        return Agreement(said, turned) > Agreement(said, shown) ? ComparePair(said, turned) : ComparePair(said, shown);
    }

    // Twice the number of agreements, and one more for the relation, which decides between equals.
    static int Agreement(Scene said, Scene shown) => 2 * (Agreement(said.First, shown.First) + Agreement(said.Second!, shown.Second!))
        + (said.Relation == shown.Relation ? 3 : 0);

    static int Agreement(ShapeObject said, ShapeObject shown) =>
        (said.Shape == shown.Shape ? 1 : 0) + (said.Color == shown.Color ? 1 : 0) + (said.Size == shown.Size ? 1 : 0);

    static bool[] ComparePair(Scene said, Scene shown) => Answers(
        said.First.Shape == shown.First.Shape && said.Second!.Shape == shown.Second!.Shape,
        said.First.Color == shown.First.Color && said.Second!.Color == shown.Second!.Color,
        said.First.Size == shown.First.Size && said.Second!.Size == shown.Second!.Size,
        said.Relation == shown.Relation,
        said.Background == shown.Background);

    static bool[] Answers(bool shape, bool color, bool size, bool placing, bool background) =>
        [shape, color, size, placing, background, shape && color && size && placing && background];
}
