using System.IO.Hashing;
using System.Runtime.InteropServices;
using Dalle2.Data;
using Dalle2.Gpu.Runtime;
using Dalle2.Layers;
using Dalle2.Models;
using Dalle2.Tensors;
using Dalle2.Training;
using Dalle2.Training.Stages;

namespace Dalle2.Cli;

/// <summary>A stage's steps as a training takes them, without a run folder: no log, no checkpoints, parameters as they are at the start.</summary>
sealed class ProfiledTraining : IDisposable
{
    readonly TrainingConfig config;
    readonly ClassicModel model;
    readonly Stage stage;
    readonly BatchLoader loader;
    readonly AdamOptimizer optimizer;
    readonly Context context;

    /// <summary>Readies a stage.</summary>
    /// <param name="device">Where it runs.</param>
    /// <param name="config">The configuration; of the data only as many samples are read as it says.</param>
    /// <param name="stageName">The stage.</param>
    /// <exception cref="UserInputException">The data cannot be read.</exception>
    public ProfiledTraining(Device device, TrainingConfig config, string stageName)
    {
        this.config = config;
        IDataSet set = DataSets.Open(config.Data, new DataSetOptions
        {
            Seed = config.Seed, Count = config.Samples, Locale = config.Locale, ImagesFolder = config.ImagesFolder.Length == 0 ? null : config.ImagesFolder,
        });
        PreparedData data = PreparedData.Load(set, set.Splits[0], config.ImageSide);
        if (data.Count == 0)
            throw new UserInputException($"{config.Data}: there is no usable captioned picture to take a step with; see 'dalle2 data inspect {config.Data}'");
        var tokenizer = new WordTokenizer(Vocabulary.Build(Enumerable.Range(0, data.Count).Select(i => data.Captions[i])));
        int[][] captions = [.. Enumerable.Range(0, data.Count).Select(i => tokenizer.Encode(data.Captions[i], config.MaxWords) is { Length: > 0 } words ? words : [Vocabulary.Unk])];
        model = new ClassicModel(device, config.Architecture(tokenizer.Vocabulary.Count), config.Seed);
        stage = StageNames.Create(model, config).First(one => one.Name == stageName);
        loader = new BatchLoader(new BatchSampler(data, captions, config.Seed, stage.Name, config.Batch), 0, long.MaxValue);
        optimizer = new AdamOptimizer(device, new AdamOptions(WeightDecay: config.WeightDecay, ClipNorm: config.ClipNorm), [.. stage.Trained]);
        context = new Context(device, config.Seed);
        stage.Begin();
    }

    /// <summary>The step of a number: in turn, from 0.</summary>
    public void Step(StepProfiler profiler, int number)
    {
        Batch batch = profiler.Span("waiting for data", () => loader.Take(number));
        Tensor values = profiler.Span("forward and backward", () =>
        {
            context.BeginStep((ulong)number, training: true);
            stage.Upload(context, batch);
            return stage.Run(context);
        });
        profiler.Span("optimiser", () =>
        {
            optimizer.Step(context, LearningRate.At(config.LearningRate, number, stage.Steps, config.WarmupSteps), values.Slice(0, 1));
            return stage.Read(context, values, optimizer.Norm).Norm;
        });
    }

    /// <summary>All bits of the parameters that the stage trains, as a hash.</summary>
    public string Fingerprint()
    {
        var hash = new XxHash128();
        foreach (Parameter parameter in stage.Trained.SelectMany(store => store.Parameters))
            hash.Append(MemoryMarshal.AsBytes(parameter.Value.ToArray(context.Stream).AsSpan()));
        return Convert.ToHexStringLower(hash.GetCurrentHash());
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        loader.Dispose();
        context.Dispose();
        optimizer.Dispose();
        model.Dispose();
    }
}
