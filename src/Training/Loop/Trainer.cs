using System.Diagnostics;
using System.Runtime.InteropServices;
using Dalle2.Gpu.Runtime;
using Dalle2.Layers;
using Dalle2.Tensors;
using Dalle2.Training.Ranks;
using Dalle2.Training.Runs;

namespace Dalle2.Training.Loop;

/// <summary>Runs one stage: batches, steps, the optimizer, log and checkpoints. Everything that it computes is a pure function of the configuration.</summary>
/// <param name="run">Where log and checkpoints are kept; null on a rank that keeps nothing.</param>
/// <param name="config">The settings.</param>
/// <param name="device">Where it runs.</param>
/// <param name="observer">Hears what happens.</param>
/// <param name="ranks">Between whom the batches of a step are divided; null for this process alone.</param>
/// <param name="all">With ranks, all parameters of the model, which rank 0 gives the others before a stage.</param>
/// <param name="shardsOptimizer">Whether each rank keeps only its slices of the optimizer's moments.</param>
public sealed class Trainer(RunFolder? run, TrainingConfig config, Device device, ITrainingObserver observer, TrainingRanks? ranks = null,
    IReadOnlyList<ParameterStore>? all = null, bool shardsOptimizer = false)
{
    /// <summary>Runs a stage to its end, from its newest checkpoint if there is one.</summary>
    /// <param name="stage">The stage; its frozen parts hold the values that they shall have.</param>
    /// <param name="sampler">The stage's batches.</param>
    /// <param name="cancellation">When set, the step is finished, a checkpoint is saved, and <see cref="OperationCanceledException"/> is thrown.</param>
    /// <exception cref="TrainingDivergedException">The loss or a gradient is not finite.</exception>
    /// <exception cref="Data.UserInputException">A checkpoint cannot be read or written.</exception>
    /// <exception cref="RankLostException">Another rank is gone; a checkpoint is saved.</exception>
    public void Run(Stage stage, BatchSampler sampler, CancellationToken cancellation)
    {
        using var loop = new StepLoop(device, config, stage, sampler, ranks?.Communicator, shardsOptimizer);
        FoundCheckpoint? found = run?.Checkpoints(stage.Name).Latest(config.Model);
        long step = run == null ? 0 : Restore(stage, found, loop);
        if (ranks != null)
            step = Share(ranks, stage, loop, step);
        if (loop.Shards != null && step > 0)
            ShareMoments(stage, loop, found?.Checkpoint);
        run?.Log.CutAfter(stage.Name, step);
        observer.StageBegun(stage.Name, step);
        if (step < stage.Steps)
        {
            loop.Prepare();
            // What was computed of the data may have set parameters.
            if (ranks != null)
                Share(ranks, stage, loop, step);
            observer.Notice(StepMemory.Require(device, stage, sampler.Largest(), config.Accumulation));
        }

        var clock = Stopwatch.StartNew();
        var pace = new RankPace();
        long first = step;
        IReadOnlyList<KeyValuePair<string, double>> figures = [];
        while (step < stage.Steps)
        {
            // Several ranks stop behind the same step.
            loop.IsAskedToStop = cancellation.IsCancellationRequested;
            if (loop.Stops || (ranks == null && loop.IsAskedToStop))
                throw Stop(stage, loop, step, clock, cancellation);

            StepOutcome outcome;
            try
            {
                outcome = loop.Step(step);
            }
            catch (RankLostException lost) when (run != null)
            {
                throw Lose(lost, stage, loop, run, step, clock);
            }

            if (ranks != null && run != null && pace.Slowest(loop.Seconds) is { } slow)
            {
                observer.Notice($"{ranks.NameOf(slow.Rank)} is slow: its part of a step takes {1000 * slow.Seconds:F0} ms, those of the "
                    + $"others {1000 * slow.Others:F0} ms, and all wait for it");
            }

            figures = outcome.Figures;
            if (!outcome.IsFinite)
                throw Diagnose(stage, loop, outcome.Batch, step, figures[0].Value);

            step++;
            bool last = step == stage.Steps;
            double seconds = clock.Elapsed.TotalSeconds, speed = (step - first) * config.Accumulation * outcome.Batch.Size / seconds;
            if (last || step % config.LogEvery == 0)
            {
                var entry = new LogEntry(stage.Name, step,
                    [.. figures, new("gradientNorm", outcome.GradientNorm), new("learningRate", outcome.LearningRate)]);
                run?.Log.Append(entry);
                observer.Logged(entry, speed);
            }

            if (last || step % config.CheckpointEvery == 0)
                Save(stage, loop, step);
            observer.Progress(new TrainingProgress(
                stage.Name, stage.Title, step, stage.Steps, figures, speed,
                TimeSpan.FromSeconds(seconds / (step - first) * (stage.Steps - step))));
        }

        // Whatever comes next draws with the averages.
        stage.Average?.CopyTo(device.Stream, stage.Trained[0]);
        run?.AddSeconds(stage.Name, clock.Elapsed.TotalSeconds);
        observer.StageDone(stage.Name, clock.Elapsed, figures);
    }

    /// <summary>Copies what a checkpoint of a stage has learnt into a model's stores, to be used: the averages, where the stage has them.</summary>
    public static void Load(Checkpoint checkpoint, Stage stage)
    {
        string prefix = PrefixToDraw(stage);
        foreach (ParameterStore store in stage.Trained)
        {
            foreach (Parameter parameter in store.Parameters)
                Copy(checkpoint, prefix + parameter.Name, parameter.Value, store);
        }
    }

    /// <summary>The names of the tensors of a stage's checkpoint that drawing needs.</summary>
    public static HashSet<string> NamesToDraw(Stage stage) =>
        [.. stage.Trained.SelectMany(store => store.Parameters).Select(parameter => PrefixToDraw(stage) + parameter.Name)];

    // Where there are averages, they are drawn with.
    static string PrefixToDraw(Stage stage) => stage.Average == null ? "" : $"{ExponentialMovingAverage.Averages}.";

    // Copies values and buffers, to go on training.
    static void Load(Checkpoint checkpoint, IEnumerable<ParameterStore> stores, string[] buffers)
    {
        foreach (ParameterStore store in stores)
        {
            foreach (Parameter parameter in store.Parameters)
            {
                Copy(checkpoint, parameter.Name, parameter.Value, store);
                foreach (string buffer in buffers)
                    Copy(checkpoint, $"{buffer}.{parameter.Name}", store.Buffer(buffer, parameter.Name), store);
            }
        }
    }

    static void Copy(Checkpoint checkpoint, string name, Tensor target, ParameterStore store)
    {
        target.Write(store.Device.Stream, checkpoint.Values(name, target.Shape.ToArray()));
    }

    long Restore(Stage stage, FoundCheckpoint? found, StepLoop loop)
    {
        if (found == null)
        {
            foreach (ParameterStore store in stage.Trained)
                Array.ForEach(AdamOptimizer.BufferNames, store.Clear);
            stage.Begin();
            return 0;
        }

        foreach (string skipped in found.Skipped)
            observer.Notice($"skipped a damaged checkpoint: {skipped}");
        Load(found.Checkpoint, stage.Trained, BuffersOf(stage, loop));
        long step = found.Checkpoint.Info.Step;
        loop.Optimizer.StepCount = step;
        if (stage.Average != null)
            stage.Average.StepCount = step;
        if (step < stage.Steps)
            observer.Notice($"stage '{stage.Name}' continues after step {step} from {found.Path}");
        return step;
    }

    // What a store itself keeps of its parameters.
    static string[] BuffersOf(Stage stage, StepLoop loop) =>
        loop.Shards == null ? stage.BufferNames : [.. stage.BufferNames.Except(AdamOptimizer.BufferNames)];

    // Rank 0 has the checkpoint, and each rank gets its slices of the moments.
    static void ShareMoments(Stage stage, StepLoop loop, Checkpoint? checkpoint)
    {
        foreach (var (name, own) in AdamOptimizer.BufferNames.Zip(loop.Optimizer.Moments))
        {
            loop.Shards!.Scatter(checkpoint == null ? [] : stage.Trained.Select(store =>
            {
                var moments = new float[store.Values.Length];
                foreach (Parameter parameter in store.Parameters)
                {
                    checkpoint.Values($"{name}.{parameter.Name}", parameter.Shape.ToArray())
                        .CopyTo(moments.AsSpan((int)store.OffsetOf(parameter)));
                }

                return moments;
            }), own);
        }
    }

    // Parameters change once all ranks' gradients are there, all at once: without the lost rank they are what they were behind the step before.
    RankLostException Lose(RankLostException lost, Stage stage, StepLoop loop, RunFolder run, long step, Stopwatch clock)
    {
        string saved;
        if (loop.Shards == null)
        {
            Save(stage, loop, step);
            saved = "whose checkpoint is saved";
        }
        else
        {
            FoundCheckpoint? kept = run.Checkpoints(stage.Name).Latest(config.Model);
            saved = "with the moments of its part; "
                + (kept == null ? "no checkpoint of this stage was saved yet" : $"the last checkpoint is {kept.Path}");
        }

        run.AddSeconds(stage.Name, clock.Elapsed.TotalSeconds);
        return new RankLostException($"{lost.Message} in stage '{stage.Name}', behind step {step} of {stage.Steps}, {saved}; go on "
            + "with --resume, with as many ranks as you like");
    }

    OperationCanceledException Stop(Stage stage, StepLoop loop, long step, Stopwatch clock, CancellationToken cancellation)
    {
        Save(stage, loop, step);
        run?.AddSeconds(stage.Name, clock.Elapsed.TotalSeconds);
        var stopped = new OperationCanceledException(
            $"stopped in stage '{stage.Name}' after step {step} of {stage.Steps}; a checkpoint is saved", cancellation);
        return ranks?.Together(stopped) ?? stopped;
    }

    // Gives all ranks what rank 0 has: the step, all parameters, and of those that are trained what is kept beside them.
    long Share(TrainingRanks ranks, Stage stage, StepLoop loop, long step)
    {
        Span<long> shared = [step];
        ranks.Communicator.Broadcast(MemoryMarshal.AsBytes(shared));
        foreach (ParameterStore store in all ?? stage.Trained)
            ranks.Broadcast(device, store.Values);
        foreach (ParameterStore store in stage.Trained)
        {
            foreach (string buffer in BuffersOf(stage, loop))
                ranks.Broadcast(device, store.Buffer(buffer));
        }

        loop.Optimizer.StepCount = shared[0];
        if (stage.Average != null)
            stage.Average.StepCount = shared[0];
        return shared[0];
    }

    // Where ranks have slices of the moments, all take part in it.
    void Save(Stage stage, StepLoop loop, long step)
    {
        Dictionary<string, float[][]> moments = loop.Shards is not { } shards ? []
            : AdamOptimizer.BufferNames.Zip(loop.Optimizer.Moments).ToDictionary(pair => pair.First, pair => shards.Gather(pair.Second));
        if (run == null)
            return;
        run.Log.Flush();
        var tensors = new List<NamedTensor>();
        foreach (var (index, store) in stage.Trained.Index())
        {
            foreach (Parameter parameter in store.Parameters)
            {
                int[] shape = parameter.Shape.ToArray();
                tensors.Add(new NamedTensor(parameter.Name, shape, parameter.Value.ToArray(device.Stream)));
                foreach (string buffer in stage.BufferNames)
                {
                    tensors.Add(new NamedTensor($"{buffer}.{parameter.Name}", shape, moments.TryGetValue(buffer, out float[][]? all)
                        ? all[index].AsSpan((int)store.OffsetOf(parameter), parameter.Shape.Length).ToArray()
                        : store.Buffer(buffer, parameter.Name).ToArray(device.Stream)));
                }
            }
        }

        var info = new CheckpointInfo(config.Model, config.Preset, stage.Name, step, config.Seed, run.ConfigHash);
        run.Checkpoints(stage.Name).Save(new Checkpoint(info, tensors), final: step == stage.Steps);
    }

    // The optimizer has left the parameters alone, since the loss or the norm is not finite: the step can be done again, this time looking at every layer.
    TrainingDivergedException Diagnose(Stage stage, StepLoop loop, Batch batch, long step, double loss)
    {
        Context context = loop.Context;
        NonFiniteException? culprit = null;
        stage.Abandon();
        foreach (ParameterStore store in stage.Trained)
            store.ClearGradients();
        context.CheckFinite = true;
        context.BeginStep((ulong)loop.NumberOf(step), training: true);
        try
        {
            stage.Step(context, batch);
        }
        catch (NonFiniteException e)
        {
            culprit = e;
        }

        string where = culprit == null ? "no single layer's output is to blame: the sum of the gradients overflows"
            : $"the first to go bad is {culprit.Message}";
        FoundCheckpoint? kept = run?.Checkpoints(stage.Name).Latest(config.Model);
        string saved = kept == null ? "no checkpoint of this stage was saved yet" : $"the last good checkpoint is {kept.Path}";
        string what = double.IsFinite(loss) ? "the gradients are not finite" : $"the loss is {(double.IsNaN(loss) ? "NaN" : "infinite")}";
        var diverged = new TrainingDivergedException(
            $"stage '{stage.Name}', step {step + 1}: {what}; {where}. Nothing was changed by this step; {saved}. Train anew with a smaller "
            + $"--set learningRate (it is {config.LearningRate:G3}) or with --set clipNorm=1", culprit);
        return ranks?.Together(diverged) ?? diverged;
    }
}
