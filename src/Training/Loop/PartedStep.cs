using System.Diagnostics;
using Dalle2.Gpu.Runtime;
using Dalle2.Kernels.Shared;
using Dalle2.Layers;
using Dalle2.Tensors;
using Dalle2.Training.Ranks;
using Dalle2.Training.Runs;

namespace Dalle2.Training.Loop;

/// <summary>
/// A step over several batches, its parts, in the memory of one: one part after the other, or divided among ranks. It ends with the same bits whoever computes which part, since the
/// gradients are summed in the order of a <see cref="SummationTree"/>, and everything else is of one part alone, or computed by each rank in full.
/// </summary>
sealed class PartedStep : IDisposable
{
    // What a rank tells of a step beside the figures of its parts: how long it computed, and whether it is asked to stop.
    const int HeadLength = 2;

    readonly Context context;
    readonly TrainingConfig config;
    readonly Stage stage;
    readonly BatchSampler sampler;
    readonly ParameterStore[] stores;
    readonly AdamOptimizer optimizer;
    readonly Communicator? ranks;
    readonly PartShare share;
    readonly GradientSum sum;
    readonly ComparedParts? compared;
    readonly RecordedStep part;
    readonly RecordedStep last;
    readonly OptimizerShards? shards;
    readonly RecordedStep measure;
    readonly RecordedStep apply;
    readonly RecordedStep conclude;
    readonly Action takeNext;
    readonly Action<Layer> queued;
    readonly float[] weights;
    readonly Batch[] batches = [];
    int[] order;
    int[] wholeBehind = [];
    BackwardOrder? backward;
    BatchLoader? loader;
    Buffer<float>? rows;
    Tensor? allRows;
    float[] told = [];
    float[] toldByAll = [];
    float[] read = [];
    KeyValuePair<string, double>[] figures = [];
    int taken;
    int ends;

    /// <summary>Readies a stage.</summary>
    /// <param name="context">The steps.</param>
    /// <param name="config">The settings.</param>
    /// <param name="stage">The stage.</param>
    /// <param name="sampler">Its batches.</param>
    /// <param name="optimizer">The optimizer of what it trains.</param>
    /// <param name="ranks">Who takes part; null for this process alone.</param>
    /// <param name="shards">Which rank keeps which of the optimizer's moments; null for all on each.</param>
    /// <exception cref="NotSupportedException">A layer normalizes by the statistics of a batch.</exception>
    public PartedStep(Context context, TrainingConfig config, Stage stage, BatchSampler sampler, AdamOptimizer optimizer,
        Communicator? ranks, OptimizerShards? shards)
    {
        this.shards = shards;
        (this.context, this.config, this.stage, this.sampler, this.optimizer, this.ranks) =
            (context, config, stage, sampler, optimizer, ranks);
        if (stage.Trained.Select(store => store.Root).SelectMany(WithParts).OfType<BatchNorm>().FirstOrDefault() is { } batchNorm)
        {
            throw new NotSupportedException($"'{batchNorm.Name}' normalizes by the statistics of a whole batch, which a step of several "
                + "parts does not have in one place; use GroupNorm, or accumulation=1");
        }

        stores = [.. stage.Trained];
        share = new PartShare(config.Accumulation, ranks?.Size ?? 1);
        sum = new GradientSum(context.Device, stage.Trained, config.Accumulation, ranks, isGathered: shards == null);
        order = [.. Enumerable.Range(0, sum.Buckets.Length)];
        weights = new float[config.Accumulation];
        takeNext = TakeNext;
        queued = Queued;
        if (stage is IContrastiveStage contrastive)
        {
            compared = new ComparedParts(context, contrastive, sampler.Size, share, sum.Parts, ranks);
            batches = new Batch[sum.Parts.Length];
            part = new RecordedStep(context, compared.Differentiate);
            last = new RecordedStep(context, compared.Differentiate);
        }
        else
        {
            part = new RecordedStep(context, () => stage.Run(context));
            last = new RecordedStep(context, () => stage.Run(context));
        }

        measure = new RecordedStep(context, Measure);
        apply = new RecordedStep(context, Apply);
        conclude = new RecordedStep(context, Conclude);
    }

    /// <summary>The last part of a step that this process computes.</summary>
    public int LastPart => sum.Parts[^1];

    /// <summary>Whether this rank is to stop behind the step, which it tells the others.</summary>
    public bool IsAskedToStop { get; set; }

    /// <summary>Whether a rank is asked to stop: known to all behind the same step.</summary>
    public bool Stops { get; private set; }

    /// <summary>How long each rank computed in the last step, waiting aside.</summary>
    public float[] Seconds { get; private set; } = [];

    /// <summary>Whether steps without a profiler are recorded and replayed.</summary>
    public bool IsReplayed
    {
        set
        {
            part.IsReplayed = last.IsReplayed = measure.IsReplayed = apply.IsReplayed = conclude.IsReplayed = value;
            if (compared != null)
                compared.IsReplayed = value;
        }
    }

    /// <summary>Finds what can be sent when; the stage is prepared.</summary>
    public void Prepare()
    {
        // Elsewhere the host does not know when a launch is done, and everything is sent behind the step.
        if (ranks == null || !context.Device.SharesHostMemory)
            return;
        backward = new BackwardOrder(context.Device, stage, sampler.Largest());
        wholeBehind = [.. backward.WholeBehind(stage.Trained, sum.Buckets).Select(ends => Math.Max(1, ends))];
        order = [.. order.OrderBy(bucket => wholeBehind[bucket])];
    }

    /// <summary>Takes a step: in turn, from any first one.</summary>
    /// <param name="step">The step, from 0.</param>
    /// <param name="rate">Its learning rate.</param>
    /// <param name="profiler">Hears where the host is; null for nobody.</param>
    public StepOutcome Run(long step, float rate, IStepProfiler? profiler)
    {
        long start = Stopwatch.GetTimestamp(), waited = ranks?.Waited ?? 0;
        loader ??= new BatchLoader(
            sampler, step, long.MaxValue, config.Accumulation, sum.Parts, compared == null ? 1 : sum.Parts.Length);
        if (compared != null)
            Compare(compared, step, rate, profiler);
        Batch batch = null!;
        for (int place = 0; place < sum.Parts.Length; place++)
        {
            bool isLast = place == sum.Parts.Length - 1;
            batch = compared == null ? Take(step, place, profiler) : batches[place];
            profiler?.Begin("forward and backward");
            if (compared is not { IsKept: true })
                Begin(step, place, batch, isLast ? rate : null);
            compared?.Select(place);
            float weight = weights[sum.Parts[place]] = compared == null ? stage.WeightOf(batch) : 1f;
            Tensor values = isLast ? RunLast(weight, profiler) : profiler == null ? part.Run() : Work();
            if (compared == null)
                Keep(values, sum.Parts[place]);
            if (!isLast)
                sum.Add(place, weight);
            profiler?.End();
        }

        profiler?.Begin("exchange");
        while (taken < order.Length)
            TakeNext();
        sum.Finish();
        if (ranks != null)
            Tell(ranks, Stopwatch.GetElapsedTime(start) - Stopwatch.GetElapsedTime(waited, ranks.Waited));
        profiler?.End();
        profiler?.Begin("optimizer");
        float norm = Read(Update(profiler == null));
        profiler?.End();
        return new StepOutcome(batch, figures, rate, norm);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        loader?.Dispose();
        part.Dispose();
        last.Dispose();
        measure.Dispose();
        apply.Dispose();
        conclude.Dispose();
        compared?.Dispose();
        sum.Dispose();
        rows?.Dispose();
    }

    static IEnumerable<Layer> WithParts(Layer layer) => layer.Children.SelectMany(child => WithParts(child.Layer)).Prepend(layer);

    Batch Take(long step, int place, IStepProfiler? profiler)
    {
        profiler?.Begin("waiting for data");
        Batch batch = loader!.Take(step * config.Accumulation + sum.Parts[place]);
        profiler?.End();
        return batch;
    }

    // With the last part also what the optimizer takes from the host.
    void Begin(long step, int place, Batch batch, float? rate)
    {
        context.BeginStep((ulong)(step * config.Accumulation + sum.Parts[place]), training: true);
        using (context.GatherUploads())
        {
            stage.Upload(context, batch);
            if (rate is not { } learningRate)
                return;
            optimizer.Prepare(context, learningRate);
            stage.Average?.Prepare(context);
        }
    }

    void Compare(ComparedParts parts, long step, float rate, IStepProfiler? profiler)
    {
        for (int place = 0; place < batches.Length; place++)
        {
            batches[place] = Take(step, place, profiler);
            profiler?.Begin("embedding");
            Begin(step, place, batches[place], parts.IsKept ? rate : null);
            parts.Embed(place, profiler == null);
            if (!parts.IsKept)
                stage.Abandon();
            profiler?.End();
        }

        profiler?.Begin("comparing");
        Keep(parts.Compare(step, batches[0].StepCaptions, profiler == null), 0);
        // All ranks have the gradients of the loss's own parameters now; they count once.
        if (sum.Parts[0] != 0)
        {
            foreach (ParameterStore store in stores)
                store.ClearGradients();
        }

        profiler?.End();
    }

    Tensor Work() => compared?.Differentiate() ?? stage.Run(context);

    Tensor RunLast(float weight, IStepProfiler? profiler)
    {
        sum.BeginLast(weight);
        (taken, ends) = (0, 0);
        if (backward == null)
            return profiler == null ? last.Run() : Work();
        context.BackwardQueued = queued;
        try
        {
            return profiler == null ? last.Run() : Work();
        }
        finally
        {
            context.BackwardQueued = null;
        }
    }

    // A bucket goes on its way as soon as its gradients are whole: in this pass, and whenever it is replayed.
    void Queued(Layer layer)
    {
        backward!.Require(ends++, layer);
        foreach (int bucket in order)
        {
            if (wholeBehind[bucket] == ends)
                context.Stream.Call(takeNext);
        }
    }

    void TakeNext() => sum.Take(order[taken++]);

    // The figures of parts, which are described once the step is done.
    void Keep(Tensor values, int part)
    {
        if (allRows == null)
        {
            int count = compared == null ? config.Accumulation : 1;
            rows = context.Device.Allocate<float>(count * values.Length);
            allRows = new Tensor(rows.View, new Shape(count, values.Length));
            told = new float[HeadLength + (compared == null ? share.Largest * (1 + values.Length) : 0)];
            toldByAll = new float[told.Length * share.Ranks];
            Seconds = new float[share.Ranks];
        }

        context.Stream.Copy(values.View, allRows.At(part).View);
    }

    // Gives all ranks the figures of all parts.
    void Tell(Communicator ranks, TimeSpan computed)
    {
        (told[0], told[1]) = ((float)computed.TotalSeconds, IsAskedToStop ? 1f : 0f);
        int length = allRows!.Shape[1];
        for (int place = 0; place < sum.Parts.Length && compared == null; place++)
        {
            Span<float> row = told.AsSpan(HeadLength + place * (1 + length), 1 + length);
            row[0] = weights[sum.Parts[place]];
            context.Stream.Read(allRows.At(sum.Parts[place]).View, row[1..]);
        }

        ranks.AllGather<float>(told, toldByAll);
        Stops = false;
        for (int rank = 0; rank < share.Ranks; rank++)
        {
            ReadOnlySpan<float> theirs = toldByAll.AsSpan(rank * told.Length, told.Length);
            Seconds[rank] = theirs[0];
            Stops |= theirs[1] != 0;
            for (int part = share.First(rank); part < share.End(rank) && compared == null; part++)
            {
                ReadOnlySpan<float> row = theirs.Slice(HeadLength + (part - share.First(rank)) * (1 + length), 1 + length);
                weights[part] = row[0];
                context.Stream.Write(row[1..], allRows.At(part).View);
            }
        }
    }

    // Where ranks have slices of the optimizer's state, they exchange what it measures and what it changes in between.
    Tensor Update(bool isReplayed)
    {
        _ = isReplayed ? measure.Run() : Measure();
        shards?.GatherPartials(optimizer.Partials);
        _ = isReplayed ? apply.Run() : Apply();
        shards?.GatherValues();
        return isReplayed ? conclude.Run() : Conclude();
    }

    Tensor Measure()
    {
        foreach (ParameterStore store in compared == null ? stores : [])
        {
            var gradients = new Tensor(store.Gradients, new Shape((int)store.Gradients.Length));
            ElementwiseOp.Scale(context.Stream, gradients, 1f / config.Accumulation, gradients);
        }

        optimizer.Measure(context);
        return optimizer.Norm;
    }

    // One figure that is not finite, of whichever part, leaves the parameters as they are.
    Tensor Apply()
    {
        Tensor all = context.Allocate(1);
        ReductionOp.Sum(context.Stream, allRows!, context.Allocate(ReductionOp.Partials(allRows!.Length)), all);
        optimizer.Apply(context, all);
        return optimizer.Norm;
    }

    Tensor Conclude()
    {
        stage.Average?.Update(context);
        return Stage.Gather(context, allRows!, optimizer.Norm);
    }

    // The means of the parts' figures.
    float Read(Tensor outcome)
    {
        if (read.Length != outcome.Length)
            read = new float[outcome.Length];
        context.Stream.Read<float>(outcome.View, read);
        int count = allRows!.Shape[0], length = allRows.Shape[1];
        for (int part = 0; part < count; part++)
        {
            IReadOnlyList<KeyValuePair<string, double>> described = stage.Describe(read.AsSpan(part * length, length));
            if (figures.Length == 0)
                figures = [.. described.Select(figure => KeyValuePair.Create(figure.Key, 0.0))];
            for (int i = 0; i < figures.Length; i++)
            {
                double sum = (part == 0 ? 0 : figures[i].Value) + described[i].Value * (compared == null ? weights[part] : 1) / count;
                figures[i] = new KeyValuePair<string, double>(described[i].Key, sum);
            }
        }

        return read[^1];
    }
}
