using System.Diagnostics;
using Dalle2.Data;
using Dalle2.Data.Sets;
using Dalle2.Data.Text;
using Dalle2.Gpu.Runtime;
using Dalle2.Training.Drawing;
using Dalle2.Training.Families;
using Dalle2.Training.Observers;
using Dalle2.Training.Ranks;
using Dalle2.Training.Reporting;
using Dalle2.Training.Runs;

namespace Dalle2.Training.Loop;

/// <summary>A whole training: data, vocabulary, model, the stages in order, samples and report. Stopped at any moment, it resumes and ends with the same bits.</summary>
public sealed class TrainingSession
{
    // Samples that a finished stage is examined by.
    const int Examined = 128;

    // Of fewer steps nobody expects anything: they are taken to see whether a stage runs.
    const int FewSteps = 100;

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
    /// <exception cref="StageAtChanceException">A stage does no better than chance, and others stand behind it.</exception>
    /// <exception cref="OperationCanceledException">Stopped; a checkpoint is saved.</exception>
    public static TrainingResult Run(TrainingRequest request, ITrainingObserver observer, CancellationToken cancellation = default)
    {
        var clock = Stopwatch.StartNew();
        try
        {
            using Device device = Device.Open(request.Device, request.Threads);
            return request.Ranks is { Leads: false } ranks ? Follow(request, ranks, device, observer, clock, cancellation)
                : Lead(request, device, observer, clock, cancellation);
        }
        catch (Exception) when (request.Ranks != null)
        {
            request.Ranks.End();
            throw;
        }
    }

    static TrainingResult Lead(
        TrainingRequest request, Device device, ITrainingObserver observer, Stopwatch clock, CancellationToken cancellation)
    {
        if (request.Resume)
        {
            using RunFolder stored = RunFolder.Resume(request.OutputFolder);
            TrainingConfig config = RunConfig.Read(stored);
            RequireStage(request, config);
            Ready(device, config, observer);
            if (request.Config is { } given && stored.ConfigDifferences(given) is { Count: > 0 } differences)
            {
                throw new UserInputException(
                    $"{request.OutputFolder}: the run was started otherwise ({string.Join("; ", differences)}). Leave these options out to "
                    + "resume it, or train anew in another folder");
            }

            var session = new TrainingSession(stored, config, request, device, observer);
            Offer(config);
            return session.Train(Read(config.ReadFrom(request.MovedData, request.MovedImages)), clock, cancellation);
        }
        else
        {
            // The folder comes last: data that cannot be read shall not leave a run behind.
            TrainingConfig config = request.Config ?? throw new ArgumentException("a new run needs a configuration");
            config.Validate();
            RequireStage(request, config);
            Ready(device, config, observer);
            RunFolder.RequireFree(request.OutputFolder);
            if (ConfigSettings.Files(config).FirstOrDefault(file => !Path.Exists(file.Path)) is { Name: { } setting } missing)
                throw new UserInputException($"{missing.Path}: there is no such file or folder, and the setting {setting} names it");
            Offer(config);
            TrainingData data = Read(config);
            if (request.Minutes is { } minutes)
                config = TimeBudget.Fit(config, minutes, device, data, observer, cancellation);
            using RunFolder run = RunFolder.Create(request.OutputFolder, config);
            return new TrainingSession(run, config, request, device, observer).Train(data, clock, cancellation);
        }

        void Offer(TrainingConfig config)
        {
            if (request.Ranks is { } ranks)
                RankAgreement.Offer(ranks, config);
        }

        TrainingData Read(TrainingConfig config) => TrainingSession.Read(request, config, observer, cancellation);
    }

    static TrainingData Read(
        TrainingRequest request, TrainingConfig config, ITrainingObserver observer, CancellationToken cancellation)
    {
        TrainingData All() =>
            TrainingData.Read(config, request.MaxBroken, observer, request.CacheBytes, request.Threads, cancellation);
        return request.Ranks is { } ranks ? RankAgreement.Read(ranks, All) : All();
    }

    // A rank that does what rank 0 says: it computes its parts of the steps, and keeps nothing.
    static TrainingResult Follow(TrainingRequest request, TrainingRanks ranks, Device device, ITrainingObserver observer, Stopwatch clock,
        CancellationToken cancellation)
    {
        long steps = 0;
        if (RankAgreement.Take(ranks, request.Config) is { } offered)
        {
            Ready(device, offered, observer);
            TrainingConfig config = offered.ReadFrom(request.Config?.Data ?? request.MovedData,
                request.Config?.ImagesFolder ?? request.MovedImages);
            TrainingData data = Read(request, config, observer, cancellation);
            string words = ranks.Hear();
            if (words.Length > 0)
                steps = Train(Vocabulary.FromWords(words.Split('\n')), data, config);
        }

        return new TrainingResult("", steps, clock.Elapsed.TotalSeconds, double.NaN, device.Label, "", "");

        long Train(Vocabulary vocabulary, TrainingData data, TrainingConfig config)
        {
            int[][] captions = data.Encode(new WordTokenizer(vocabulary), config, observer);
            using FamilyModel model = ModelFamily.Get(config.Model).Create(device, config, vocabulary, config.Seed);
            var counting = new CountingObserver(observer);
            var trainer = new Trainer(null, config, device, counting, ranks, model.Stores, request.ShardOptimizer);
            while (ranks.Hear() is { Length: > 0 } name)
            {
                Stage stage = model.Stages.First(one => one.Name == name);
                trainer.Run(stage, BatchSampler.Of(stage, config, data.Data, captions), cancellation);
            }

            return counting.Steps;
        }
    }

    static void RequireStage(TrainingRequest request, TrainingConfig config)
    {
        IReadOnlyList<StageDescription> stages = ModelFamily.Get(config.Model).Stages;
        if (request.Stage is { } name && stages.All(stage => stage.Name != name))
        {
            throw new UserInputException(
                $"{config.Model} has no stage '{name}'; its stages are {string.Join(", ", stages.Select(stage => stage.Name))}");
        }
    }

    static void Ready(Device device, TrainingConfig config, ITrainingObserver observer)
    {
        device.Precision = config.Precision;
        observer.Notice($"device {device.Label}: {device.Description}");
        if ((Settings.Current.Replays ? device.ReplayObstacle : "D2_REPLAY=0 asks for it") is { } reason)
            observer.Notice($"steps are launched kernel by kernel: {reason}");
    }

    TrainingResult Train(TrainingData data, Stopwatch clock, CancellationToken cancellation)
    {
        WordTokenizer tokenizer = OpenTokenizer(data);
        var record = new DataRecord(run);
        RecordHeldOut(record, data.Set, cancellation);
        record.Check(data.Data.Digest, request.AcceptChangedData, keep: true, observer.Notice);
        record.Check(tokenizer.Vocabulary, config, request.AcceptChangedData, keep: true, observer.Notice);
        int[][] captions = data.Encode(tokenizer, config, observer);
        using FamilyModel model = ModelFamily.Get(config.Model).Create(device, config, tokenizer.Vocabulary, config.Seed);
        observer.Notice($"{data.Data.Count} captioned pictures of {config.ImageSide}x{config.ImageSide}, "
            + $"{tokenizer.Vocabulary.WordCount} words, {model.TrainableCount / 1e6:F2} million parameters");
        request.Ranks?.Say(string.Join('\n', tokenizer.Vocabulary.PlainWords));
        request.Ranks?.AreHearing = true;
        model.LoadInitialValues(stage => run.Checkpoints(stage.Name).Latest(config.Model) != null, tokenizer.Vocabulary, observer.Notice);

        long steps = 0;
        double loss = double.NaN;
        var samples = new SampleSheets(run, config, data.Set);
        using TensorBoardLog? events = request.TensorBoard ? new TensorBoardLog(run.FolderPath, config) : null;
        ITrainingObserver all = events == null ? observer : new ObserverList(observer, events);
        var health = new HealthRecord(run);
        foreach (Stage stage in model.Stages)
        {
            if (request.Stage != null && request.Stage != stage.Name)
            {
                LoadStage(stage);
                continue;
            }

            if (stage.Steps > 0)
            {
                var counting = new CountingObserver(all);
                request.Ranks?.Say(stage.Name);
                new Trainer(run, config, device, counting, request.Ranks, model.Stores, request.ShardOptimizer).Run(stage,
                    BatchSampler.Of(stage, config, data.Data, captions), cancellation);
                request.Ranks?.AreHearing = true;
                steps += counting.Steps;
                loss = counting.Steps > 0 ? counting.Loss : loss;
                // A stop between a stage's last checkpoint and its sheet leaves the sheet to the next call.
                if ((counting.Steps > 0 || !samples.Exists(stage)) && samples.Draw(stage, device, tokenizer) is { } sheet)
                {
                    observer.Notice($"samples: {sheet.Path}");
                    all.Drawn(sheet, stage.Steps);
                }

                bool isLast = request.Stage != null || model.Stages.Last(one => one.Steps > 0) == stage;
                if (Examine(stage, health, counting.Steps > 0, data.Set, tokenizer, all) is { } fault)
                    Tell(stage, fault, isLast);
            }

            if (request.Stage != null)
            {
                if (stage.Steps == 0)
                    observer.Notice($"stage '{stage.Name}' has no steps by this run's settings: nothing was trained");
                break;
            }
        }

        request.Ranks?.Say("");
        if (events != null)
            observer.Notice($"for TensorBoard: {TensorBoardLog.FolderOf(run.FolderPath)}");
        RunReport.Write(run, config, device);
        observer.Notice($"report: {run.ReportPath}");
        return new TrainingResult(run.FolderPath, steps, clock.Elapsed.TotalSeconds, loss, device.Label, run.ReportPath,
            ExamplePrompt(data));
    }

    // What is wrong with a stage, if anything is.
    string? Examine(Stage stage, HealthRecord record, bool isNew, IDataSet set, WordTokenizer tokenizer, ITrainingObserver all)
    {
        if (isNew || !record.Read().TryGetValue(stage.Name, out StageHealth? health))
        {
            if (HeldOutSamples.Pick(set, config, tokenizer, Examined) is not { } samples)
                return null;
            using var context = new Layers.Context(device, config.Seed);
            context.BeginStep(0, training: false);
            health = stage.Examine(context, samples);
            if (health == null)
                return null;
            record.Keep(stage.Name, health);
            all.Examined(health, stage.Steps);
        }

        observer.Notice($"health of '{stage.Name}': {health.Sentence}");
        return health.Fault;
    }

    void Tell(Stage stage, string fault, bool isLast)
    {
        if (isLast)
        {
            observer.Notice(fault);
            return;
        }

        if (request.Anyway || stage.Steps < FewSteps)
        {
            observer.Notice($"{fault} Going on {(request.Anyway ? "anyway" : $"all the same: {stage.Steps} steps are only a try")}.");
            return;
        }

        throw new StageAtChanceException($"stage '{stage.Name}': {fault} The stages behind it would learn nothing of use. Its checkpoint "
            + "is kept; to go on all the same, resume with --anyway");
    }

    static string ExamplePrompt(TrainingData data)
    {
        IDataSet set = data.Set;
        string split = set.Splits[^1];
        for (int i = 0; split != set.Splits[0] && i < set.Count(split); i++)
        {
            try
            {
                if (WordTokenizer.Split(set.Caption(split, i)).Count > 0)
                    return set.Caption(split, i);
            }
            catch (BrokenSampleException)
            {
                // The next one then.
                continue;
            }
        }

        return data.Data.Captions[0];
    }

    // Whoever evaluates later shall know whether what was held out is still the same.
    void RecordHeldOut(DataRecord record, IDataSet set, CancellationToken cancellation)
    {
        foreach (string split in set.Splits.Skip(1).Where(split => set.Count(split) > 0 && !record.Has(split)))
        {
            try
            {
                DataDigest digest = PreparedData.Load(
                    set, split, config.ImageSide, int.MaxValue, request.Threads, cacheBytes: 0, cancellation: cancellation).Digest;
                record.Check(digest, accept: true, keep: true, observer.Notice);
            }
            catch (UserInputException fault)
            {
                observer.Notice($"'{split}' cannot be compared later: {fault.Message}");
            }
        }
    }

    WordTokenizer OpenTokenizer(TrainingData data)
    {
        if (!File.Exists(run.VocabularyPath))
            data.BuildVocabulary().Save(run.VocabularyPath);
        return new WordTokenizer(Vocabulary.Load(run.VocabularyPath));
    }

    void LoadStage(Stage stage)
    {
        if (run.Checkpoints(stage.Name).Latest(config.Model) is { } found)
        {
            Trainer.Load(found.Checkpoint, stage);
            observer.Notice($"stage '{stage.Name}': parameters from {found.Path}");
        }
    }
}
