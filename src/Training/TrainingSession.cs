using System.Diagnostics;
using Dalle2.Data;
using Dalle2.Gpu.Runtime;
using Dalle2.Models;
using Dalle2.Tensors;
using Dalle2.Training.Stages;

namespace Dalle2.Training;

/// <summary>A whole training: data, vocabulary, model, the stages in order, samples and report. Stopped at any moment, it resumes and ends with the same bits.</summary>
public sealed class TrainingSession
{
    readonly RunFolder run;
    readonly TrainingConfig config;
    readonly TrainingRequest request;
    readonly ITrainingObserver observer;
    readonly Device device;

    TrainingSession(RunFolder run, TrainingConfig config, TrainingRequest request, Device device, ITrainingObserver observer)
    {
        this.run = run;
        this.config = config;
        this.request = request;
        this.device = device;
        this.observer = observer;
    }

    /// <summary>Trains.</summary>
    /// <param name="request">What to train.</param>
    /// <param name="observer">Hears what happens.</param>
    /// <param name="cancellation">When set, the step is finished and a checkpoint saved.</param>
    /// <exception cref="UserInputException">Something that was given cannot be used; the message says what and what to do.</exception>
    /// <exception cref="DeviceUnavailableException">The device cannot be had.</exception>
    /// <exception cref="TrainingDivergedException">The loss or a gradient is not finite.</exception>
    /// <exception cref="OperationCanceledException">Stopped; a checkpoint is saved.</exception>
    public static TrainingResult Run(TrainingRequest request, ITrainingObserver observer, CancellationToken cancellation = default)
    {
        var clock = Stopwatch.StartNew();
        if (request.Stage is { } name && !StageNames.All.Contains(name))
            throw new UserInputException($"there is no stage '{name}'; the stages are {string.Join(", ", StageNames.All)}");
        using Device device = Device.Open(request.Device, request.Threads);
        if (request.Resume)
        {
            using RunFolder stored = RunFolder.Resume(request.OutputFolder);
            TrainingConfig config = stored.ReadConfig<TrainingConfig>();
            Presets.Validate(config);
            Ready(device, config, observer);
            if (request.Config is { } given && stored.ConfigDifferences(given) is { Count: > 0 } differences)
                throw new UserInputException($"{request.OutputFolder}: the run was started otherwise ({string.Join("; ", differences)}). Leave these options out to resume it, or train anew in another folder");
            var session = new TrainingSession(stored, config, request, device, observer);
            var (set, data) = Read(config, request, observer, cancellation);
            return session.Train(set, data, clock, cancellation);
        }
        else
        {
            // The folder comes last: data that cannot be read shall not leave a run behind.
            TrainingConfig config = request.Config ?? throw new ArgumentException("a new run needs a configuration");
            Presets.Validate(config);
            Ready(device, config, observer);
            RunFolder.RequireFree(request.OutputFolder);
            var (set, data) = Read(config, request, observer, cancellation);
            using RunFolder run = RunFolder.Create(request.OutputFolder, config);
            return new TrainingSession(run, config, request, device, observer).Train(set, data, clock, cancellation);
        }
    }

    static void Ready(Device device, TrainingConfig config, ITrainingObserver observer)
    {
        device.Precision = config.Precision;
        observer.Notice($"device {device.Label}: {device.Description}");
    }

    static (IDataSet Set, PreparedData Data) Read(TrainingConfig config, TrainingRequest request, ITrainingObserver observer, CancellationToken cancellation)
    {
        IDataSet set = DataSets.Open(config.Data, DataOptions(config));
        PreparedData data = PreparedData.Load(set, set.Splits[0], config.ImageSide, request.MaxBroken, progress: observer.Preparing, cancellation: cancellation);
        foreach (BrokenSample broken in data.Broken)
            observer.Notice($"skipped a broken sample: {broken.Source}: {broken.Reason}");
        if (data.Count < 2)
            throw new UserInputException($"{config.Data}: {data.Count} usable captioned picture{(data.Count == 1 ? "" : "s")} to train on, at least 2 are needed; see 'dalle2 data inspect {config.Data}'");
        return (set, data);
    }

    TrainingResult Train(IDataSet set, PreparedData data, Stopwatch clock, CancellationToken cancellation)
    {
        WordTokenizer tokenizer = OpenTokenizer(data);
        int[][] captions = Encode(data, tokenizer);
        using var model = new ClassicModel(device, config.Architecture(tokenizer.Vocabulary.Count), config.Seed);
        observer.Notice($"{data.Count} captioned pictures of {config.ImageSide}x{config.ImageSide}, {tokenizer.Vocabulary.WordCount} words, {model.TrainableCount / 1e6:F2} million parameters");
        LoadWordVectors(model, tokenizer);

        long steps = 0;
        double loss = double.NaN;
        var samples = new SampleSheets(run, config, set);
        foreach (Stage stage in StageNames.Create(model, config))
        {
            if (request.Stage != null && request.Stage != stage.Name)
            {
                LoadStage(stage);
                continue;
            }

            if (stage.Steps > 0)
            {
                var counting = new CountingObserver(observer);
                new Trainer(run, config, device, counting).Run(stage, new BatchSampler(data, captions, config.Seed, stage.Name, config.Batch), cancellation);
                steps += counting.Steps;
                loss = counting.Steps > 0 ? counting.Loss : loss;
                // A stop between a stage's last checkpoint and its sheet leaves the sheet to the next call.
                if ((counting.Steps > 0 || !samples.Exists(stage)) && samples.Draw(stage, model, device, tokenizer) is { } path)
                    observer.Notice($"samples: {path}");
            }

            if (request.Stage != null)
                break;
        }

        RunReport.Write(run, config, device);
        observer.Notice($"report: {run.ReportPath}");
        return new TrainingResult(run.FolderPath, steps, clock.Elapsed.TotalSeconds, loss, device.Label, run.ReportPath);
    }

    /// <summary>The options that a configuration opens its data set with.</summary>
    internal static DataSetOptions DataOptions(TrainingConfig config) => new()
    {
        Seed = config.Seed,
        Count = config.Samples == 0 ? null : config.Samples,
        Locale = config.Locale,
        ImagesFolder = config.ImagesFolder.Length == 0 ? null : config.ImagesFolder,
        MaxPixels = config.MaxPixels == 0 ? PictureDecoder.DefaultMaxPixels : config.MaxPixels,
    };

    WordTokenizer OpenTokenizer(PreparedData data)
    {
        if (!File.Exists(run.VocabularyPath))
            Vocabulary.Build(Enumerable.Range(0, data.Count).Select(i => data.Captions[i])).Save(run.VocabularyPath);
        return new WordTokenizer(Vocabulary.Load(run.VocabularyPath));
    }

    int[][] Encode(PreparedData data, WordTokenizer tokenizer)
    {
        int cut = 0, empty = 0;
        var captions = new int[data.Count][];
        for (int i = 0; i < data.Count; i++)
        {
            captions[i] = tokenizer.Encode(data.Captions[i], config.MaxWords, markEnds: false, out bool truncated);
            cut += truncated ? 1 : 0;
            if (captions[i].Length == 0)
            {
                // A caption without words still is a caption: one unknown word.
                captions[i] = [Vocabulary.Unk];
                empty++;
            }
        }

        if (cut > 0)
            observer.Notice($"{cut} captions are longer than {config.MaxWords} words and were cut; --set maxWords=N reads more");
        if (empty > 0)
            observer.Notice($"{empty} captions have no words");
        return captions;
    }

    void LoadStage(Stage stage)
    {
        if (run.Checkpoints(stage.Name).Latest(config.Model) is { } found)
        {
            Trainer.Load(found.Checkpoint, stage.Trained);
            observer.Notice($"stage '{stage.Name}': parameters from {found.Path}");
        }
    }

    void LoadWordVectors(ClassicModel model, WordTokenizer tokenizer)
    {
        // Only a fresh run starts from them; a resumed one has better values in its checkpoints.
        if (config.WordVectors.Length == 0 || StageNames.All.Any(stage => run.Checkpoints(stage).Latest(config.Model) != null))
            return;
        WordVectors vectors = WordVectors.Load(config.WordVectors, tokenizer.Vocabulary);
        if (vectors.Dimension != config.WordFeatures)
            throw new UserInputException($"{config.WordVectors}: its vectors have {vectors.Dimension} numbers, the model's {config.WordFeatures}; add --set wordFeatures={vectors.Dimension}");
        Tensor table = model.TextEncoder.WordVectors.Value;
        float[] values = table.ToArray(device.Stream);
        foreach ((string word, float[] vector) in vectors.Vectors)
            vector.CopyTo(values, tokenizer.Vocabulary.IdOf(word) * config.WordFeatures);
        table.Write(device.Stream, values);
        observer.Notice($"word vectors: {vectors.Vectors.Count} of {tokenizer.Vocabulary.WordCount} words found in {config.WordVectors}");
    }

    sealed class CountingObserver(ITrainingObserver inner) : ITrainingObserver
    {
        public long Steps { get; private set; }

        public double Loss { get; private set; } = double.NaN;

        public void Notice(string sentence) => inner.Notice(sentence);

        public void Preparing(int done, int total) => inner.Preparing(done, total);

        public void Progress(TrainingProgress progress)
        {
            Steps++;
            Loss = progress.Figures[0].Value;
            inner.Progress(progress);
        }

        public void StageDone(string stage, TimeSpan time, IReadOnlyList<KeyValuePair<string, double>> figures)
        {
            if (Steps > 0)
                inner.StageDone(stage, time, figures);
        }
    }
}
