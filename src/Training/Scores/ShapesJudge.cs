using Dalle2.Data.Sets;
using Dalle2.Data.Shapes;

namespace Dalle2.Training.Scores;

/// <summary>Judges drawings of generated shapes with <see cref="ShapesScore"/>: what each shows, read back from its pixels.</summary>
sealed class ShapesJudge : DrawingJudge
{
    public override bool Knows(IDataSet set) => set is ShapesDataSet;

    // Two shapes have 196,608 captions, and each picture two of them.
    public override CaptionCatalog? Captions(IDataSet set, string split)
    {
        var shapes = (ShapesDataSet)set;
        if (shapes.Catalog.Tier != 1)
            return null;
        Scene[] said = [.. Enumerable.Range(0, shapes.Count(split)).Select(i => shapes.Scene(split, i))];
        Scene[] all = [.. Enumerable.Range(0, shapes.Catalog.Count).Select(i => shapes.Catalog[i])];
        return new CaptionCatalog([.. all.Select(scene => scene.Caption)], SceneAttributes.Names(1),
            (sample, caption) => SceneAttributes.Compare(said[sample], all[caption]));
    }

    public override Verdict Judge(IDataSet set, JudgedDrawings drawings)
    {
        var shapes = (ShapesDataSet)set;
        var score = new ShapesScore(shapes.Catalog.Tier, drawings.Side, drawings.Threads);
        Scene[] scenes = [.. drawings.Indices.Select(index => shapes.Scene(drawings.Split, index))];
        return new Verdict(score.Evaluate(drawings.Split, drawings.Pictures, scenes,
            ([.. Enumerable.Range(0, scenes.Length).Select(drawings.Truth)], scenes)), []);
    }
}
