using Dalle2.Data.Sets;
using Dalle2.Data.Shapes;

namespace Dalle2.Training.Scores;

/// <summary>Judges drawings of generated shapes with <see cref="ShapesScore"/>: what each shows, read back from its pixels.</summary>
sealed class ShapesJudge : DrawingJudge
{
    public override bool Knows(IDataSet set) => set is ShapesDataSet;

    public override Verdict Judge(IDataSet set, JudgedDrawings drawings)
    {
        var shapes = (ShapesDataSet)set;
        var score = new ShapesScore(shapes.Catalog.Tier, drawings.Side, drawings.Threads);
        Scene[] scenes = [.. drawings.Indices.Select(index => shapes.Scene(drawings.Split, index))];
        return new Verdict(score.Evaluate(drawings.Split, drawings.Pictures, scenes,
            ([.. Enumerable.Range(0, scenes.Length).Select(drawings.Truth)], scenes)), []);
    }
}
