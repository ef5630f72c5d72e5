using System.Diagnostics;
using System.Globalization;
using Dalle2.Data;
using Dalle2.Data.Pictures;
using Dalle2.Data.Sets;
using Dalle2.Data.Text;
using Dalle2.Gpu.Runtime;
using Dalle2.Layers;
using Dalle2.Models.Unclip;
using Dalle2.Tensors;
using Dalle2.Training.Drawing;
using Dalle2.Training.Families;
using Dalle2.Training.Loop;
using Dalle2.Training.Runs;
using Dalle2.Training.Scores.Distances;

namespace Dalle2.Training.Scores;

/// <summary>A run that is measured: its model, the samples of the split, its training pictures, and what it draws.</summary>
sealed class EvaluatedRun : IDisposable
{
    const int BatchSize = 64;
    const int NearestShown = 24;

    // Pictures that principal components are found from, and whose probes are shown, at most.
    const int MostProbed = 4096, ProbedShown = 12;

    readonly RunFolder folder;
    readonly EvaluationRequest request;
    readonly Device device;
    readonly ITrainingObserver observer;
    readonly CancellationToken cancellation;
    readonly TrainedRun trained;
    readonly Context context;

    EvaluatedRun(RunFolder folder, EvaluationRequest request, Device device, ITrainingObserver observer, TrainedRun trained, bool keep,
        CancellationToken cancellation)
    {
        (this.folder, this.request, this.device, this.observer, this.trained, this.cancellation) =
            (folder, request, device, observer, trained, cancellation);
        if (trained.Stages.Count == 0)
        {
            throw new UserInputException(
                $"{Path}: nothing is trained yet; run: {ShellCommand.Of("dalle2", "train", "--out", Path, "--resume")}");
        }

        if (request.Probe > 0 && trained.Model is not IDrawsFromEmbeddings)
            throw new UserInputException($"{Path}: --probe needs a model that draws from image embeddings; {trained.Family.Name} does not");
        Settings = SamplerSettings.Of(trained.Family, request.SamplingOf(trained.Family));
        var record = new DataRecord(folder);
        record.Check(trained.Tokenizer.Vocabulary, Config, request.AcceptChangedData, keep: false, observer.Notice);
        TrainingConfig moved = Config.ReadFrom(request.MovedData, request.MovedImages);
        Set = TrainingData.Open(request.MaxPixels is { } pixels ? moved with { MaxPixels = pixels } : moved);
        Split = request.Split ?? (Set.Splits.Count > 1 ? Set.Splits[1] : Set.Splits[0]);
        if (!Set.Splits.Contains(Split))
        {
            throw new UserInputException(
                $"{Config.Data} has no split '{Split}'; did you mean '{EditDistance.Nearest(Split, Set.Splits, 1)[0]}'? It has "
                + $"{string.Join(", ", Set.Splits)}");
        }

        if (IsTraining)
            observer.Notice($"'{Split}' is what the run was trained on: these figures do not tell how it does on new captions");
        Samples = new EvaluationSamples(Set, Split, Config, trained.Tokenizer, request, observer);
        record.Check(Samples.Data.Digest, request.AcceptChangedData, keep, observer.Notice);
        // Of the split that was trained on, what is broken was reported then.
        Training = IsTraining ? Samples.Data : PreparedData.Load(Set, Set.Splits[0], Config.ImageSide, int.MaxValue,
            progress: observer.Preparing, cacheBytes: request.CacheBytes, cancellation: cancellation);
        record.Check(Training.Digest, request.AcceptChangedData, keep: false, observer.Notice);
        context = new Context(device, request.Seed);
    }

    /// <summary>The run's folder.</summary>
    public string Path => folder.FolderPath;

    /// <summary>Its configuration.</summary>
    public TrainingConfig Config => trained.Config;

    /// <summary>Its family of models.</summary>
    public ModelFamily Family => trained.Family;

    /// <summary>Its words.</summary>
    public WordTokenizer Tokenizer => trained.Tokenizer;

    /// <summary>The values of its sampler's options.</summary>
    public SamplerSettings Settings { get; }

    /// <summary>Its data.</summary>
    public IDataSet Set { get; }

    /// <summary>The split that is measured.</summary>
    public string Split { get; }

    /// <summary>Captions and true pictures.</summary>
    public EvaluationSamples Samples { get; }

    /// <summary>What it was trained on.</summary>
    public PreparedData Training { get; }

    /// <summary>What it has drawn, <c>[side, side, 3]</c> for each sample; none before it is measured, or while it cannot draw.</summary>
    public IReadOnlyList<float[]> Drawings { get; private set; } = [];

    /// <summary>Opens a run.</summary>
    /// <param name="folder">The run; owned from here on.</param>
    /// <param name="request">What to measure.</param>
    /// <param name="keep">Whether the folder may be written to.</param>
    /// <param name="device">Where to draw; not owned.</param>
    /// <param name="observer">Hears what happens.</param>
    /// <param name="cancellation">Stops between two samples.</param>
    /// <exception cref="UserInputException">There is no such split, nothing is trained yet, or the data are others.</exception>
    public static EvaluatedRun Open(RunFolder folder, EvaluationRequest request, bool keep, Device device, ITrainingObserver observer,
        CancellationToken cancellation)
    {
        TrainedRun? trained = null;
        try
        {
            trained = TrainedRun.Load(folder, device, observer.Notice);
            return new EvaluatedRun(folder, request, device, observer, trained, keep, cancellation);
        }
        catch
        {
            trained?.Model.Dispose();
            folder.Dispose();
            throw;
        }
    }

    /// <summary>Measures all but distances between pictures: retrieval and reading, the likelihood, and by its judges what it draws.</summary>
    public RunEvaluation Measure()
    {
        var clock = Stopwatch.StartNew();
        var (retrieval, reading) = trained.Model is IRetrieval known && trained.Stages.Contains(known.RetrievalStage)
            ? Retrieve(known.RetrievalStage) : (null, null);
        var result = new RunEvaluation(Path, trained.Hash, Split, Samples.Count, null, [], retrieval, null, [], 0, device.Label)
        {
            Reading = reading,
        };
        if (trained.LackingStage is { } lacking)
        {
            observer.Notice($"{Path}: the stage {lacking} is not trained yet: nothing is drawn");
            return result with { Seconds = clock.Elapsed.TotalSeconds };
        }

        double? loss = trained.Model is IBoundsLikelihood bounding ? Loss(bounding) : null;
        Drawings = Draw();
        Verdict[] verdicts = [.. Judges().Select(judge =>
            judge.Judge(Set, new JudgedDrawings(Split, Samples.SetIndices, Drawings, Samples.Picture, Config.ImageSide, device.Threads)))];
        return result with
        {
            Attributes = verdicts.Select(verdict => verdict.Attributes).FirstOrDefault(attributes => attributes != null),
            Choices = [.. verdicts.SelectMany(verdict => verdict.Choices)],
            Loss = loss,
            Seconds = clock.Elapsed.TotalSeconds,
        };
    }

    /// <summary>The first drawings and the true pictures of their captions, as files have them.</summary>
    /// <param name="most">So many at most.</param>
    public (PictureBytes Drawn, PictureBytes Truth) Pictures(int most)
    {
        int count = Math.Min(most, Drawings.Count);
        return (PictureBytes.Of([.. Drawings.Take(count)], Samples.Side), Samples.Pictures(count));
    }

    /// <summary>The numbers of the training pictures that are none of the first samples.</summary>
    /// <param name="count">How many samples.</param>
    public IReadOnlyList<int> OtherTraining(int count) =>
        [.. Enumerable.Range(0, Training.Count).Except(IsTraining ? Samples.Numbers.Take(count) : [])];

    /// <summary>Whether drawings are training pictures again; null where the true pictures are of the training themselves.</summary>
    /// <param name="drawn">Drawings.</param>
    /// <param name="truth">The true pictures of the same captions.</param>
    public MemorizationScore? Memorization(PictureBytes drawn, PictureBytes truth)
    {
        if (IsTraining)
            return null;
        string what = $"nearest of {Training.Count} training pictures";
        int total = drawn.Count + truth.Count;
        observer.Working(what, 0, total);
        NearestPicture[] own = NearestPictures.Find(drawn, Training, device.Threads, done => observer.Working(what, done, total),
            cancellation: cancellation);
        NearestPicture[] real = NearestPictures.Find(truth, Training, device.Threads,
            done => observer.Working(what, drawn.Count + done, total), cancellation: cancellation);
        double scale = 1.0 / (255 * 255) / drawn.Length;
        double[] distances = [.. own.Select(nearest => scale * nearest.Squared)];
        return MemorizationScore.Of(distances, [.. real.Select(nearest => scale * nearest.Squared)], Training.Count) with
        {
            Cells =
            [
                .. Enumerable.Range(0, own.Length).OrderBy(i => own[i].Squared).Take(NearestShown).Select(i => new ContactCell(
                    $"{distances[i].ToString("G2", CultureInfo.InvariantCulture)}: {Samples.Captions[i]} / {Training.Captions[own[i].Index]}",
                    [("drawn", drawn.ToImage(i)), ("training", PictureBytes.Of(Training, [own[i].Index]).ToImage(0))])),
            ],
        };
    }

    /// <summary>Draws pictures again from ever more principal components of their image embeddings.</summary>
    /// <param name="count">Pictures at most, the first samples.</param>
    public ProbeScore Probe(int count)
    {
        var sampler = (IDrawsFromEmbeddings)trained.Model;
        count = Math.Min(count, Samples.Count);
        float[][] training = Embed(sampler, Enumerable.Range(0, Math.Min(MostProbed, Training.Count)).Select(TrainingPicture));
        var components = PrincipalComponents.Of([.. training.SelectMany(embedding => embedding)], sampler.EmbeddingLength);
        double whole = Math.Max(double.Epsilon, components.Variances.Sum());
        float[][] truth = [.. Enumerable.Range(0, count).Select(Samples.Picture)], embeddings = Embed(sampler, truth);
        int[] ladder =
        [
            .. Enumerable.Range(0, 31).Select(i => 1 << i).TakeWhile(kept => kept < sampler.EmbeddingLength), sampler.EmbeddingLength,
        ];
        string what = $"drawing {count} pictures from {ladder.Length} numbers of components";
        var rows = new List<ProbeRow>();
        var drawn = new List<float[][]>();
        foreach (int kept in ladder)
        {
            observer.Working(what, drawn.Count * count, ladder.Length * count);
            drawn.Add(DrawFrom(sampler, [.. embeddings.Select(embedding => components.Keep(embedding, kept))]));
            Verdict[] verdicts = [.. Judges().Select(judge => judge.Judge(Set, new JudgedDrawings(
                Split, [.. Samples.SetIndices.Take(count)], drawn[^1], Samples.Picture, Config.ImageSide, device.Threads)))];
            rows.Add(new ProbeRow(
                kept, components.Variances.Take(kept).Sum() / whole,
                [
                    .. verdicts.SelectMany(verdict => verdict.Attributes?.Attributes ?? []),
                    .. verdicts.SelectMany(verdict => verdict.Choices)
                        .Select(choice => KeyValuePair.Create(choice.Key, choice.Value.Right)),
                ]));
        }

        observer.Working(what, ladder.Length * count, ladder.Length * count);
        return new ProbeScore(count, rows)
        {
            Cells =
            [
                .. Enumerable.Range(0, Math.Min(ProbedShown, count)).Select(i => new ContactCell(Samples.Captions[i],
                [
                    .. ladder.Select((kept, k) => (kept.ToString(CultureInfo.InvariantCulture), ToImage(drawn[k][i]))),
                    ("truth", ToImage(truth[i])),
                ])),
            ],
        };

        float[] TrainingPicture(int index)
        {
            var values = new float[3 * Training.Side * Training.Side];
            Training.CopyFloats(index, values);
            return values;
        }

        Image ToImage(float[] values) => ImageTransform.FromFloats(values, Samples.Side, Samples.Side);
    }

    float[][] Embed(IDrawsFromEmbeddings sampler, IEnumerable<float[]> pictures)
    {
        var embeddings = new List<float[]>();
        foreach (float[][] some in pictures.Chunk(BatchSize))
        {
            cancellation.ThrowIfCancellationRequested();
            context.BeginStep(0, training: false);
            embeddings.AddRange(sampler.EmbedPictures(context, some));
        }

        return [.. embeddings];
    }

    float[][] DrawFrom(IDrawsFromEmbeddings sampler, float[][] embeddings)
    {
        var pictures = new List<float[]>();
        foreach (float[][] some in embeddings.Chunk(BatchSize))
        {
            cancellation.ThrowIfCancellationRequested();
            context.BeginStep(0, training: false);
            Tensor batch = sampler.Draw(
                context, some, request.Seed, [.. Enumerable.Range(pictures.Count, some.Length)], Settings);
            pictures.AddRange(batch.ToArray(context.Stream).Chunk(3 * Samples.Side * Samples.Side));
        }

        return [.. pictures];
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        context.Dispose();
        trained.Model.Dispose();
        folder.Dispose();
    }

    bool IsTraining => Split == Set.Splits[0];

    IEnumerable<DrawingJudge> Judges() => DrawingJudge.All.Where(judge => judge.Knows(Set));

    float[][] Draw()
    {
        var pictures = new List<float[]>();
        string what = $"drawing {System.IO.Path.GetFileName(System.IO.Path.TrimEndingDirectorySeparator(Path))}";
        observer.Working(what, 0, Samples.Count);
        foreach ((int start, Batch batch) in Samples.Batches(BatchSize, cancellation))
        {
            context.BeginStep(0, training: false);
            pictures.AddRange(trained.Model.Sampler.Draw(context, batch, request.Seed, start, Settings).ToArray(context.Stream)
                .Chunk(3 * Samples.Side * Samples.Side));
            observer.Working(what, pictures.Count, Samples.Count);
        }

        return [.. pictures];
    }

    double Loss(IBoundsLikelihood model)
    {
        double sum = 0;
        foreach ((int start, Batch batch) in Samples.Batches(BatchSize, cancellation))
        {
            context.BeginStep((ulong)start, training: false);
            sum += batch.Size * model.Bound(context, batch);
        }

        return sum / Samples.Count;
    }

    // As the stage left the encoders that trained them for it: later ones move them on without the projections to the shared space.
    (RetrievalScore Retrieval, ReadingScore? Reading) Retrieve(string stage)
    {
        // Samples come in a random order, so that the first ones are as good as any.
        if (Samples.Count > RetrievalScore.MostPairs)
            observer.Notice($"retrieval is measured among {RetrievalScore.MostPairs} of the {Samples.Count} samples");
        using FamilyModel model = TrainedRun.Load(folder, device, _ => { }, lastStage: stage).Model;
        var space = new SharedSpace(context, (IRetrieval)model, Samples, BatchSize, cancellation);
        var (captions, images) = space.EmbedSamples(RetrievalScore.MostPairs);
        CaptionCatalog? catalog = Judges().Select(judge => judge.Captions(Set, Split)).FirstOrDefault(one => one != null);
        return (RetrievalScore.Of(captions, images, Samples.Captions), catalog == null ? null
            : ReadingScore.Of(images, space.EmbedCaptions(catalog.Captions), catalog, [.. Samples.SetIndices.Take(images.Count)]));
    }
}
