using System.Diagnostics;
using Dalle2.Data;
using Dalle2.Data.Pictures;
using Dalle2.Data.Sets;
using Dalle2.Data.Text;
using Dalle2.Gpu.Runtime;
using Dalle2.Layers;
using Dalle2.Tensors;
using Dalle2.Training.Drawing;
using Dalle2.Training.Families;
using Dalle2.Training.Loop;
using Dalle2.Training.Reporting;
using Dalle2.Training.Runs;

namespace Dalle2.Training.Scores;

/// <summary>
/// Measures a run on captions that it was not trained on: what the drawings show against what was asked for, retrieval of the contrastive
/// stage, the bound on the likelihood. Always beside chance, the ceiling of real pictures, and shuffled captions.
/// </summary>
public static class Evaluation
{
    const int BatchSize = 64;
    const int SheetCells = 24;

    /// <summary>Evaluates, and writes the run's report anew.</summary>
    /// <param name="request">What to evaluate.</param>
    /// <param name="device">Where to draw; not owned.</param>
    /// <param name="observer">Hears what happens.</param>
    /// <param name="cancellation">Stops between two batches.</param>
    /// <exception cref="UserInputException">There is no run, no such split, or nothing trained yet.</exception>
    public static RunEvaluation Run(EvaluationRequest request, Device device, ITrainingObserver observer,
        CancellationToken cancellation = default)
    {
        var clock = Stopwatch.StartNew();
        if (request.Count < 1)
            throw new UserInputException($"--count {request.Count}: evaluate at least one caption");
        using RunFolder folder = RunFolder.Open(request.Run);
        string? unwritable = FolderAccess.Refusal(request.Run);
        if (unwritable != null)
            observer.Notice($"{folder.ReportPath} will not be written anew: {unwritable}");
        TrainedRun trained = TrainedRun.Load(folder, device, observer.Notice);
        using FamilyModel model = trained.Model;
        TrainingConfig config = trained.Config;
        if (trained.Stages.Count == 0)
        {
            throw new UserInputException(
                $"{request.Run}: nothing is trained yet; run: {ShellCommand.Of("dalle2", "train", "--out", request.Run, "--resume")}");
        }

        SamplerSettings settings = SamplerSettings.Of(trained.Family, request.Sampling);

        new DataRecord(folder).Check(trained.Tokenizer.Vocabulary, config, request.AcceptChangedData, keep: false, observer.Notice);
        TrainingConfig moved = config.ReadFrom(request.MovedData, request.MovedImages);
        IDataSet set = TrainingData.Open(request.MaxPixels is { } pixels ? moved with { MaxPixels = pixels } : moved);
        string split = request.Split ?? (set.Splits.Count > 1 ? set.Splits[1] : set.Splits[0]);
        if (!set.Splits.Contains(split))
        {
            throw new UserInputException(
                $"{config.Data} has no split '{split}'; did you mean '{EditDistance.Nearest(split, set.Splits, 1)[0]}'? It has "
                + $"{string.Join(", ", set.Splits)}");
        }

        if (split == set.Splits[0])
            observer.Notice($"'{split}' is what the run was trained on: these figures do not tell how it does on new captions");
        var samples = new EvaluationSamples(set, split, config, trained.Tokenizer, request, observer);
        new DataRecord(folder).Check(samples.Digest, request.AcceptChangedData, keep: unwritable == null, observer.Notice);
        using var context = new Context(device, request.Seed);

        // Samples come in a random order, so that the first ones are as good as any.
        if (model is IRetrieval && samples.Count > RetrievalScore.MostPairs)
            observer.Notice($"retrieval is measured among {RetrievalScore.MostPairs} of the {samples.Count} samples");
        RetrievalScore? retrieval = model is IRetrieval known
            && trained.Stages.Contains(known.RetrievalStage)
            ? Retrieve(context, folder, known.RetrievalStage, samples, cancellation) : null;
        if (trained.LackingStage is { } lacking)
        {
            observer.Notice($"the stage {lacking} is not trained yet: nothing is drawn");
            return new RunEvaluation(request.Run, trained.Hash, split, samples.Count, null, [], retrieval, null, [],
                clock.Elapsed.TotalSeconds, device.Label);
        }

        double? loss = model is IBoundsLikelihood bounding ? Loss(context, bounding, samples, cancellation) : null;
        float[][] pictures = Draw(context, model.Sampler, samples, request.Seed, settings, cancellation);
        Verdict[] verdicts = [.. DrawingJudge.All.Where(judge => judge.Knows(set)).Select(judge =>
            judge.Judge(set, new JudgedDrawings(split, samples.SetIndices, pictures, samples.Picture, config.ImageSide, device.Threads)))];
        ContactCell[] cells =
        [
            .. Enumerable.Range(0, samples.Count).OrderBy(i => trained.Tokenizer.UnknownWords(samples.Captions[i]).Count > 0)
            .Take(SheetCells)
                .Select(i => new ContactCell(MarkedCaption.Of(samples.Captions[i], trained.Tokenizer),
            [
                ("drawn", ImageTransform.FromFloats(pictures[i], config.ImageSide, config.ImageSide)),
                ("truth", ImageTransform.FromFloats(samples.Picture(i), config.ImageSide, config.ImageSide)),
            ])),
        ];
        var result = new RunEvaluation(
            request.Run, trained.Hash, split, samples.Count,
            verdicts.Select(verdict => verdict.Attributes).FirstOrDefault(attributes => attributes != null),
            [.. verdicts.SelectMany(verdict => verdict.Choices)], retrieval, loss, cells, clock.Elapsed.TotalSeconds, device.Label);
        if (unwritable == null)
            WriteReport(folder, config, device, result, observer);
        return result;
    }

    // The figures are worth more than the page.
    static void WriteReport(RunFolder folder, TrainingConfig config, Device device, RunEvaluation result, ITrainingObserver observer)
    {
        try
        {
            RunReport.Write(folder, config, device, result);
        }
        catch (UserInputException fault)
        {
            observer.Notice($"the report was not written: {fault.Message}");
        }
    }

    static float[][] Draw(Context context, ISampler sampler, EvaluationSamples samples, ulong seed, SamplerSettings settings,
        CancellationToken cancellation)
    {
        var pictures = new List<float[]>();
        foreach ((int start, Batch batch) in samples.Batches(BatchSize, cancellation))
        {
            context.BeginStep(0, training: false);
            pictures.AddRange(sampler.Draw(context, batch, seed, start, settings).ToArray(context.Stream)
                .Chunk(3 * samples.Side * samples.Side));
        }

        return [.. pictures];
    }

    static double Loss(Context context, IBoundsLikelihood model, EvaluationSamples samples, CancellationToken cancellation)
    {
        double sum = 0;
        foreach ((int start, Batch batch) in samples.Batches(BatchSize, cancellation))
        {
            context.BeginStep((ulong)start, training: false);
            sum += batch.Size * model.Bound(context, batch);
        }

        return sum / samples.Count;
    }

    // As the stage left the encoders that trained them for it: later ones move them on without the projections to the shared space.
    static RetrievalScore Retrieve(Context context, RunFolder folder, string stage, EvaluationSamples samples,
        CancellationToken cancellation)
    {
        using FamilyModel model = TrainedRun.Load(folder, context.Device, _ => { }, lastStage: stage).Model;
        var retrieval = (IRetrieval)model;
        var captions = new List<float[]>();
        var images = new List<float[]>();
        foreach ((_, Batch batch) in samples.Batches(BatchSize, cancellation).TakeWhile(batch => batch.Start < RetrievalScore.MostPairs))
        {
            context.BeginStep(0, training: false);
            Tensor caption = retrieval.EmbedCaptions(context, batch);
            Tensor image = retrieval.EmbedImages(context, batch);
            captions.AddRange(caption.ToArray(context.Stream).Chunk(caption.Cols));
            images.AddRange(image.ToArray(context.Stream).Chunk(image.Cols));
        }

        return RetrievalScore.Of(captions, images, samples.Captions);
    }
}
