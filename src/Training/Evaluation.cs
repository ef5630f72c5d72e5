using System.Diagnostics;
using Dalle2.Data;
using Dalle2.Gpu.Runtime;
using Dalle2.Layers;
using Dalle2.Models;
using Dalle2.Tensors;
using Dalle2.Training.Stages;

namespace Dalle2.Training;

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
    public static RunEvaluation Run(EvaluationRequest request, Device device, ITrainingObserver observer, CancellationToken cancellation = default)
    {
        var clock = Stopwatch.StartNew();
        using RunFolder folder = RunFolder.Open(request.Run);
        TrainedRun trained = TrainedRun.Load(folder, device);
        using ClassicModel model = trained.Model;
        TrainingConfig config = trained.Config;
        if (trained.Stages.Count == 0)
            throw new UserInputException($"{request.Run}: nothing is trained yet; run 'dalle2 train --out {request.Run} --resume'");
        if (request.Count < 1)
            throw new UserInputException($"--count {request.Count}: evaluate at least one caption");

        IDataSet set = DataSets.Open(config.Data, TrainingSession.DataOptions(request.MaxPixels is { } pixels ? config with { MaxPixels = pixels } : config));
        string split = request.Split ?? (set.Splits.Count > 1 ? set.Splits[1] : set.Splits[0]);
        if (!set.Splits.Contains(split))
            throw new UserInputException($"{config.Data} has no split '{split}'; did you mean '{EditDistance.Nearest(split, set.Splits, 1)[0]}'? It has {string.Join(", ", set.Splits)}");
        if (split == set.Splits[0])
            observer.Notice($"'{split}' is what the run was trained on: these figures do not tell how it does on new captions");
        var samples = new EvaluationSamples(set, split, config, trained.Tokenizer, request, observer);
        using var context = new Context(device, request.Seed);

        bool draws = trained.Stages.Any(s => s is StageNames.Decoder or StageNames.FineTune);
        RetrievalScore? retrieval = trained.Stages.Contains(StageNames.Joint) ? Retrieve(context, folder, samples, cancellation) : null;
        if (!draws)
        {
            observer.Notice("the decoder is not trained yet: nothing is drawn");
            return new RunEvaluation(request.Run, trained.Hash, split, samples.Count, null, [], retrieval, null, [], clock.Elapsed.TotalSeconds, device.Label);
        }

        var textToImage = new TextToImage(model, config.CreateLoss(), config.KlWeight);
        double loss = Loss(context, textToImage, samples, config, cancellation);
        float[][] pictures = Draw(context, textToImage, samples, model.Sizes.Latent, request, cancellation);
        EvaluationResult? attributes = set is ShapesDataSet shapes ? ScoreShapes(shapes, split, samples, pictures, device) : null;
        IReadOnlyList<KeyValuePair<string, EmojiScore>> choices = set is EmojiDataSet emoji ? EmojiTrials.Score(emoji, split, samples.SetIndices, pictures, config.ImageSide) : [];
        ContactCell[] cells =
        [
            .. Enumerable.Range(0, Math.Min(SheetCells, samples.Count)).Select(i => new ContactCell(samples.Captions[i],
            [
                ("drawn", ImageTransform.FromFloats(pictures[i], config.ImageSide, config.ImageSide)),
                ("truth", ImageTransform.FromFloats(samples.Picture(i), config.ImageSide, config.ImageSide)),
            ])),
        ];
        var result = new RunEvaluation(request.Run, trained.Hash, split, samples.Count, attributes, choices, retrieval, loss, cells, clock.Elapsed.TotalSeconds, device.Label);
        RunReport.Write(folder, config, device, result);
        return result;
    }

    static EvaluationResult ScoreShapes(ShapesDataSet shapes, string split, EvaluationSamples samples, float[][] pictures, Device device)
    {
        var score = new ShapesScore(shapes.Catalogue.Tier, samples.Side, device.Threads);
        Scene[] scenes = [.. samples.SetIndices.Select(index => shapes.Scene(split, index))];
        return score.Evaluate(split, pictures, scenes, ([.. Enumerable.Range(0, samples.Count).Select(samples.Picture)], scenes));
    }

    static float[][] Draw(Context context, TextToImage textToImage, EvaluationSamples samples, int latent, EvaluationRequest request, CancellationToken cancellation)
    {
        var pictures = new List<float[]>();
        foreach ((int start, Batch batch) in samples.Batches(BatchSize, cancellation))
        {
            context.BeginStep(0, training: false);
            float[] noise = LatentNoise.Draw(request.Seed, start, batch.Size, latent, request.Temperature);
            Tensor drawn = textToImage.Draw(context, batch.UploadTokens(context), batch.UploadLengths(context), context.Upload(noise, batch.Size, latent));
            pictures.AddRange(drawn.ToArray(context.Stream).Chunk(3 * samples.Side * samples.Side));
        }

        return [.. pictures];
    }

    static double Loss(Context context, TextToImage textToImage, EvaluationSamples samples, TrainingConfig config, CancellationToken cancellation)
    {
        double sum = 0;
        foreach ((int start, Batch batch) in samples.Batches(BatchSize, cancellation))
        {
            context.BeginStep((ulong)start, training: false);
            var (reconstruction, divergence) = textToImage.Run(
                context, batch.UploadTokens(context), batch.UploadLengths(context), batch.UploadImages(context), trainEncoders: false);
            sum += batch.Size * (reconstruction.Scalar(context.Stream) + (double)config.KlWeight * divergence.Scalar(context.Stream));
        }

        return sum / samples.Count;
    }

    // With the encoders as the joint stage left them: fine-tuning moves them on without the projections to the shared space.
    static RetrievalScore Retrieve(Context context, RunFolder folder, EvaluationSamples samples, CancellationToken cancellation)
    {
        using ClassicModel model = TrainedRun.Load(folder, context.Device, lastStage: StageNames.Joint).Model;
        var joint = new JointModel(model);
        var captions = new List<float[]>();
        var images = new List<float[]>();
        foreach ((_, Batch batch) in samples.Batches(BatchSize, cancellation))
        {
            context.BeginStep(0, training: false);
            Tensor caption = joint.EmbedCaptions(context, batch.UploadTokens(context), batch.UploadLengths(context));
            Tensor image = joint.EmbedImages(context, batch.UploadImages(context));
            captions.AddRange(caption.ToArray(context.Stream).Chunk(caption.Cols));
            images.AddRange(image.ToArray(context.Stream).Chunk(image.Cols));
        }

        int n = samples.Count;
        var similarity = new float[n * n];
        for (int i = 0; i < n; i++)
        {
            for (int j = 0; j < n; j++)
                similarity[i * n + j] = captions[i].Zip(images[j], (a, b) => a * b).Sum();
        }

        return RetrievalScore.Of(similarity, samples.Captions);
    }
}
