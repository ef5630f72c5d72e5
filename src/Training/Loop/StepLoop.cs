using Dalle2.Gpu.Runtime;
using Dalle2.Layers;
using Dalle2.Tensors;
using Dalle2.Training.Ranks;
using Dalle2.Training.Runs;

namespace Dalle2.Training.Loop;

/// <summary>The steps of a stage: a batch or several, forward and backward pass, the optimizer. Log and checkpoints are the <see cref="Trainer"/>'s.</summary>
public sealed class StepLoop : IDisposable
{
    readonly TrainingConfig config;
    readonly Stage stage;
    readonly BatchSampler sampler;
    readonly RecordedStep recorded;
    readonly PartedStep? parted;
    BatchLoader? loader;
    bool isPrepared;

    /// <summary>Readies a stage at its first step; nothing that it trains is changed yet.</summary>
    /// <param name="device">Where it runs.</param>
    /// <param name="config">The settings of the optimizer.</param>
    /// <param name="stage">The stage.</param>
    /// <param name="sampler">Its batches.</param>
    /// <param name="ranks">Between whom the batches of a step are divided; null for this process alone.</param>
    /// <param name="shardsOptimizer">Whether each rank keeps only its slices of the optimizer's moments.</param>
    public StepLoop(Device device, TrainingConfig config, Stage stage, BatchSampler sampler, Communicator? ranks = null,
        bool shardsOptimizer = false)
    {
        (this.config, this.stage, this.sampler) = (config, stage, sampler);
        ParameterStore[] stores = [.. stage.Trained];
        if (shardsOptimizer && ranks is { Size: > 1 })
            Shards = new OptimizerShards(device, stores, ranks);
        Optimizer = new AdamOptimizer(device, new AdamOptions(WeightDecay: config.WeightDecay, ClipNorm: config.ClipNorm),
            stores, Shards?.Of(ranks!.Rank));
        Context = new Context(device, StageSeed(config.Seed, stage.Name));
        recorded = new RecordedStep(Context, () => Optimize(stage.Run(Context)));
        if (config.Accumulation > 1)
            parted = new PartedStep(Context, config, stage, sampler, Optimizer, ranks, Shards);
    }

    /// <summary>Computes what the stage's steps take from the data (<see cref="Stage.Prepare"/>): once, by the first step at the latest.</summary>
    public void Prepare()
    {
        if (isPrepared)
            return;
        stage.Prepare(Context.Device, sampler.Data, sampler.Captions);
        parted?.Prepare();
        isPrepared = true;
    }

    /// <summary>The optimizer; its step count is to be set when a stage goes on.</summary>
    public AdamOptimizer Optimizer { get; }

    /// <summary>Which rank keeps which of the optimizer's moments; null where this process keeps all.</summary>
    internal OptimizerShards? Shards { get; }

    /// <summary>The memory and the noise of steps.</summary>
    public Context Context { get; }

    /// <summary>Whether this process is to stop behind the next step, which all ranks then do.</summary>
    public bool IsAskedToStop { get; set; }

    /// <summary>Whether any rank was asked to stop before the last step was done.</summary>
    public bool Stops => parted?.Stops ?? false;

    /// <summary>How long each rank computed in the last step, in seconds, waiting aside; empty for one process.</summary>
    public ReadOnlySpan<float> Seconds => parted == null ? [] : parted.Seconds;

    /// <summary>Takes a step: in turn, from any first one. A loss that is not finite leaves the parameters as they are.</summary>
    /// <param name="step">The step, from 0.</param>
    /// <param name="profiler">Hears where the host is; null for nobody.</param>
    public StepOutcome Step(long step, IStepProfiler? profiler = null)
    {
        if (parted != null)
        {
            Prepare();
            parted.IsAskedToStop = IsAskedToStop;
            return parted.Run(step, Rate(step), profiler);
        }

        profiler?.Begin("waiting for data");
        Batch batch = Take(step);
        profiler?.End();
        profiler?.Begin("forward and backward");
        Upload(batch, step);
        Tensor figures;
        if (profiler == null)
        {
            figures = recorded.Run();
        }
        else
        {
            Tensor values = stage.Run(Context);
            profiler.End();
            profiler.Begin("optimizer");
            figures = Optimize(values);
        }

        StepOutcome outcome = Read(batch, figures, step);
        profiler?.End();
        return outcome;
    }

    /// <summary>Whether steps without a profiler are recorded and replayed.</summary>
    internal bool IsReplayed
    {
        get => recorded.IsReplayed;
        set
        {
            recorded.IsReplayed = value;
            parted?.IsReplayed = value;
        }
    }

    /// <summary>The number of the last batch of a step that this process computes, which also numbers its noise.</summary>
    public long NumberOf(long step) => step * config.Accumulation + (parted?.LastPart ?? 0);

    /// <summary>The last batch of a step, in turn.</summary>
    internal Batch Take(long step)
    {
        loader ??= new BatchLoader(sampler, step, long.MaxValue);
        return loader.Take(step);
    }

    /// <summary>Begins a step: copies all that it needs to the device.</summary>
    internal void Upload(Batch batch, long step)
    {
        Prepare();
        Context.BeginStep((ulong)step, training: true);
        using (Context.GatherUploads())
        {
            stage.Upload(Context, batch);
            Optimizer.Prepare(Context, Rate(step));
            stage.Average?.Prepare(Context);
        }
    }

    /// <summary>Queues the optimizer, which leaves the parameters alone where the loss is not finite: figures are read once, behind everything.</summary>
    /// <returns>The figures, and behind them the norm of the gradients.</returns>
    internal Tensor Optimize(Tensor values)
    {
        Optimizer.Update(Context, values.Slice(0, 1));
        stage.Average?.Update(Context);
        return Stage.Gather(Context, values, Optimizer.Norm);
    }

    /// <summary>Waits for the step, and reads its figures.</summary>
    internal StepOutcome Read(Batch batch, Tensor figures, long step)
    {
        var (described, norm) = stage.Read(Context, figures);
        return new StepOutcome(batch, described, Rate(step), norm);
    }

    float Rate(long step) => LearningRate.At(config.LearningRate, step, stage.Steps, config.WarmupSteps);

    /// <inheritdoc/>
    public void Dispose()
    {
        loader?.Dispose();
        recorded.Dispose();
        parted?.Dispose();
        Context.Dispose();
        Optimizer.Dispose();
    }

    // Each stage draws its own noise and batches.
    static ulong StageSeed(ulong seed, string stage)
    {
        RandomBlock words = Philox.Block(RandomKey.Named(seed, 0, stage), 0);
        return ((ulong)words.W1 << 32) | words.W0;
    }
}

/// <summary>What a step gave.</summary>
/// <param name="Batch">The batch; filled anew by the next step.</param>
/// <param name="Figures">The stage's figures, the loss first; filled anew by the next step.</param>
/// <param name="LearningRate">The step size.</param>
/// <param name="GradientNorm">The global norm of the gradients; not finite where the parameters were left alone.</param>
public readonly record struct StepOutcome(Batch Batch, IReadOnlyList<KeyValuePair<string, double>> Figures, float LearningRate,
    float GradientNorm)
{
    /// <summary>Whether the parameters were changed.</summary>
    public bool IsFinite => double.IsFinite(Figures[0].Value) && float.IsFinite(GradientNorm);
}
