using System.Diagnostics;
using Dalle2.Data;
using Dalle2.Data.Pictures;
using Dalle2.Data.Sets;
using Dalle2.Gpu.Runtime;
using Dalle2.Training.Drawing;
using Dalle2.Training.Loop;
using Dalle2.Training.Reporting;
using Dalle2.Training.Runs;
using Dalle2.Training.Scores.Distances;

namespace Dalle2.Training.Scores;

/// <summary>
/// Measures a run on captions that it was not trained on: what the drawings show against what was asked for, how far they are from real pictures and from those of the
/// training, retrieval and reading of the contrastive stage, the bound on the likelihood. Always beside chance, real pictures, and shuffled captions; beside another run if
/// that is asked for.
/// </summary>
public static class Evaluation
{
    /// <summary>Distances are measured with so many drawings at most: pairs of pictures grow with the square.</summary>
    public const int MostPictures = 4096;

    const int SheetCells = 24, SheetColumns = 6;

    /// <summary>Evaluates, and writes the run's report and the sheet of its nearest drawings anew.</summary>
    /// <param name="request">What to evaluate.</param>
    /// <param name="device">Where to draw; not owned.</param>
    /// <param name="observer">Hears what happens.</param>
    /// <param name="cancellation">Stops between two batches.</param>
    /// <exception cref="UserInputException">There is no run, no such split, nothing trained yet, or the other run's captions are others.</exception>
    public static RunEvaluation Run(EvaluationRequest request, Device device, ITrainingObserver observer,
        CancellationToken cancellation = default)
    {
        var clock = Stopwatch.StartNew();
        if (request.Count < 1)
            throw new UserInputException($"--count {request.Count}: evaluate at least one caption");
        RunFolder folder = RunFolder.Open(request.Run);
        string? unwritable = FolderAccess.Refusal(request.Run);
        if (unwritable != null)
            observer.Notice($"{folder.ReportPath} will not be written anew: {unwritable}");
        using var own = EvaluatedRun.Open(folder, request, keep: unwritable == null, device, observer, cancellation);
        EvaluationRequest same = request with { Split = own.Split, Probe = 0 };
        using EvaluatedRun? other = request.Beside is { } beside
            ? EvaluatedRun.Open(RunFolder.Open(beside), same, keep: false, device, observer, cancellation) : null;
        if (other != null)
            RequireComparable(own, other, request);

        RunEvaluation result = own.Measure();
        if (other != null)
            result = result with { Beside = other.Measure() };
        if (own.Drawings.Count > 0)
        {
            result = Compare(own, other, result, device, observer);
            result = result with
            {
                Cells = Cells(own, other),
                Probe = request.Probe > 0 ? own.Probe(request.Probe) : null,
            };
        }

        result = result with { Seconds = clock.Elapsed.TotalSeconds };
        return unwritable == null ? Write(folder, own, device, result, observer) : result;
    }

    static void RequireComparable(EvaluatedRun own, EvaluatedRun other, EvaluationRequest request)
    {
        if (!own.Samples.Captions.SequenceEqual(other.Samples.Captions))
        {
            throw new UserInputException($"{other.Path}: its captions of '{own.Split}' ({other.Config.Data}) are not those of {own.Path} "
                + $"({own.Config.Data}); name a run of the same data with --beside");
        }

        // Each run takes the options that its model knows; one that neither does is told by the first.
        if (request.Sampling.Keys.Except(request.SamplingOf(own.Family).Keys).Except(request.SamplingOf(other.Family).Keys).Any())
            SamplerSettings.Of(own.Family, request.Sampling);
    }

    static RunEvaluation Compare(EvaluatedRun own, EvaluatedRun? other, RunEvaluation result, Device device, ITrainingObserver observer)
    {
        if (own.Drawings.Count > MostPictures)
            observer.Notice($"distances are measured with {MostPictures} of the {own.Drawings.Count} drawings");
        var (drawn, truth) = own.Pictures(MostPictures);
        const string what = "distances to real pictures";
        observer.Working(what, 0, drawn.Count);
        using var distances = new DrawingDistances(device, truth, own.Training, own.OtherTraining(truth.Count));
        IReadOnlyList<FeatureScore> scores = distances.Of(drawn);
        observer.Working(what, drawn.Count, drawn.Count);
        result = result with { Distances = scores, Memorization = own.Memorization(drawn, truth) };
        if (other is not { Drawings.Count: > 0 })
            return result;
        var (otherDrawn, otherTruth) = other.Pictures(MostPictures);
        return result with
        {
            Beside = result.Beside! with
            {
                Distances = distances.Of(otherDrawn),
                Memorization = other.Memorization(otherDrawn, otherTruth),
            },
        };
    }

    // Those first whose words are all known: what a model has never read it cannot draw.
    static ContactCell[] Cells(EvaluatedRun own, EvaluatedRun? other) =>
    [
        .. Enumerable.Range(0, own.Samples.Count).OrderBy(i => own.Tokenizer.UnknownWords(own.Samples.Captions[i]).Count > 0)
            .Take(SheetCells)
            .Select(i => new ContactCell(MarkedCaption.Of(own.Samples.Captions[i], own.Tokenizer),
            [
                ("drawn", Picture(own, own.Drawings[i])),
                .. other is { Drawings.Count: > 0 } ? [("beside", Picture(other, other.Drawings[i]))] : Array.Empty<(string, Image)>(),
                ("truth", Picture(own, own.Samples.Picture(i))),
            ])),
    ];

    static Image Picture(EvaluatedRun run, float[] values) => ImageTransform.FromFloats(values, run.Samples.Side, run.Samples.Side);

    // The figures are worth more than the page.
    static RunEvaluation Write(RunFolder folder, EvaluatedRun own, Device device, RunEvaluation result, ITrainingObserver observer)
    {
        try
        {
            if (result.Memorization is { Cells.Count: > 0 } memorization)
            {
                string path = Sheet("nearest.png", memorization.Cells, SheetColumns);
                result = result with { Memorization = memorization with { Sheet = path } };
            }

            if (result.Probe is { } probe)
                result = result with { Probe = probe with { Sheet = Sheet("probe.png", probe.Cells, columns: 1) } };
            RunReport.Write(folder, own.Config, device, result);
        }
        catch (UserInputException fault)
        {
            observer.Notice($"the report was not written: {fault.Message}");
        }

        return result;

        string Sheet(string name, IReadOnlyList<ContactCell> cells, int columns)
        {
            string path = Path.Combine(folder.SamplesPath, name);
            AtomicFile.Write(path, PictureEncoder.Png(ContactSheet.Draw(cells, columns)));
            return path;
        }
    }
}
