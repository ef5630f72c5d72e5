using System.Globalization;
using Dalle2.Training.Scores;
using Dalle2.Training.Scores.Distances;

namespace Dalle2.Cli;

/// <summary>The tables of an evaluation.</summary>
static class EvaluationText
{
    public static void Show(RunEvaluation evaluation, TerminalText text)
    {
        text.Line(
            $"{evaluation.Count} captions of '{evaluation.Split}', run {evaluation.Run} ({evaluation.RunHash}), on {evaluation.Device}");
        if (evaluation.Attributes is { } attributes)
        {
            text.Line();
            text.Line("Share of drawings that show what the caption says:");
            text.Table(["attribute", ">drawn", "95 % interval", ">chance", ">ceiling", ">shuffled"],
                attributes.Attributes.Select((attribute, i) => (string[])
            [
                attribute.Key, Share(attribute.Value.Value), Interval(attribute.Value),
                Share(attributes.Chance[i].Value), Share(attributes.Ceiling[i].Value), Share(attributes.Shuffled[i].Value),
            ]));
            text.Line("chance: random pictures; ceiling: real pictures, judged the same way; shuffled: each drawing held against another "
                + "caption.");
        }

        if (evaluation.Choices.Count > 0)
        {
            text.Line();
            text.Line("Share of drawings that are nearest to the true picture among others:");
            text.Table(["test", ">drawn", "95 % interval", ">chance", ">drawings"], evaluation.Choices.Select(choice => (string[])
                [choice.Key, Share(choice.Value.Right.Value), Interval(choice.Value.Right), Share(choice.Value.Chance),
                choice.Value.Count.ToString(CultureInfo.InvariantCulture)]));
        }

        if (evaluation.Retrieval is { } retrieval)
        {
            text.Line();
            text.Line($"Retrieval among {retrieval.Count} (contrastive stage):");
            text.Table(["direction", ">recall@1", "95 % interval", ">chance", ">recall@5", "95 % interval", ">chance"],
            [
                ["caption to picture", Share(retrieval.TextToImage1.Value), Interval(retrieval.TextToImage1), Share(retrieval.Chance1),
                Share(retrieval.TextToImage5.Value), Interval(retrieval.TextToImage5), Share(retrieval.Chance5)],
                ["picture to caption", Share(retrieval.ImageToText1.Value), Interval(retrieval.ImageToText1), Share(retrieval.Chance1),
                Share(retrieval.ImageToText5.Value), Interval(retrieval.ImageToText5), Share(retrieval.Chance5)],
            ]);
        }

        if (evaluation.Reading is { } reading)
        {
            text.Line();
            text.Line($"Captions read in {reading.Count} true pictures among all {reading.CaptionCount} (contrastive stage):");
            text.Table(["attribute", ">right", "95 % interval", ">chance"], reading.Attributes.Select((attribute, i) => (string[])
                [attribute.Key, Share(attribute.Value.Value), Interval(attribute.Value), EvaluationFigure.Show(reading.Chance[i].Value)]));
        }

        if (evaluation.Distances is { Count: > 0 } distances)
        {
            text.Line();
            text.Line(
                $"Distances between {distances[0].Drawn.Count} drawings and the true pictures of their captions, the less the nearer:");
            text.Table([.. FeatureScore.Columns.Select((column, i) => i < 2 ? column : $">{column}")],
                distances.SelectMany(one => one.Rows));
            text.Line($"true and training: the true pictures against {distances[0].Training.Count} of the training; floor: two samples of "
                + $"{distances[0].Floor.Count} training pictures.");
        }

        if (evaluation.Memorization is { } memorization)
        {
            text.Line();
            text.Line($"Nearest of {memorization.TrainingCount} training pictures, by mean squared error:");
            text.Table(["", ">median", ">nearer than 95 % of the true", "95 % interval", ">chance"],
            [
                ["drawings", EvaluationFigure.Show(memorization.MedianDrawn), Share(memorization.Nearer.Value),
                Interval(memorization.Nearer), Share(MemorizationScore.Chance)],
                ["true pictures", EvaluationFigure.Show(memorization.MedianReal), "", "", ""],
            ]);
        }

        if (evaluation.Probe is { } probe)
        {
            text.Line();
            text.Line($"{probe.Count} pictures drawn again from so many components of their image embeddings, and what they show:");
            text.Table([.. probe.Columns.Select(column => $">{column}")], probe.Table);
        }

        if (evaluation.Beside is { } beside)
        {
            text.Line();
            text.Line($"Beside {beside.Run} ({beside.RunHash}):");
            text.Table(["figure", ">this run", "95 % interval", ">other", "95 % interval", ">chance or floor"],
                EvaluationFigure.Pairs(evaluation).Select(pair => (string[])
                [
                    pair.Own.Name, EvaluationFigure.Show(pair.Own.Value), pair.Own.Interval,
                    EvaluationFigure.Show(pair.Other.Value), pair.Other.Interval, EvaluationFigure.Show(pair.Own.Reference),
                ]));
        }

        if (evaluation.Loss is { } loss)
            text.Line($"Loss (bound on the negative log-likelihood): {loss.ToString("F2", CultureInfo.InvariantCulture)} nats a picture");
    }

    static string Share(double value) => double.IsNaN(value) ? "-" : value.ToString("F3", CultureInfo.InvariantCulture);

    static string Interval(WilsonInterval interval) => $"{Share(interval.Low)} to {Share(interval.High)}";
}
