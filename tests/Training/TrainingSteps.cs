using Dalle2.Data;
using Dalle2.Gpu.Runtime;
using Dalle2.Layers;
using Dalle2.Models;
using Dalle2.Tensors;
using Dalle2.Training;
using Dalle2.Training.Stages;

namespace Dalle2.Tests.Training;

/// <summary>The steps of a small training, one by one, without a run's folder.</summary>
sealed class TrainingSteps : IDisposable
{
    readonly ClassicModel model;
    readonly AdamOptimizer optimizer;
    readonly Batch batch;

    public TrainingSteps(Device device, string stage, RecurrentCell cell = RecurrentCell.Lstm)
    {
        TrainingConfig config = Presets.Get("tiny") with { Samples = 40, Batch = 8, Cell = cell, WeightDecay = 0.01f };
        IDataSet set = DataSets.Open(config.Data, new DataSetOptions { Count = config.Samples });
        PreparedData data = PreparedData.Load(set, set.Splits[0], config.ImageSide);
        var tokenizer = new WordTokenizer(Vocabulary.Build(data.Captions));
        model = new ClassicModel(device, config.Architecture(tokenizer.Vocabulary.Count), 1);
        Stage = StageNames.Create(model, config).Single(s => s.Name == stage);
        optimizer = new AdamOptimizer(device, new AdamOptions(WeightDecay: config.WeightDecay, ClipNorm: 1f), [.. Stage.Trained]);
        Sampler = new BatchSampler(data, [.. data.Captions.Select(caption => tokenizer.Encode(caption, 24, markEnds: false, out _))], 1, stage, config.Batch);
        Context = new Context(device, 7);
        batch = Sampler.CreateBatch();
    }

    public Stage Stage { get; }

    public BatchSampler Sampler { get; }

    public Context Context { get; }

    public static IEnumerable<TestCaseData> Cases =>
    [
        .. StageNames.All.Select(stage => new TestCaseData(stage, RecurrentCell.Lstm)), new TestCaseData(StageNames.FineTune, RecurrentCell.Gru),
    ];

    /// <summary>One step; the loss.</summary>
    public double Run(long step)
    {
        Sampler.Fill(batch, step);
        Context.BeginStep((ulong)step, training: true);
        Stage.Upload(Context, batch);
        return Read(Queue());
    }

    /// <summary>One step between its batch's upload and the reading of its figures, done once as it is and then, from the same state, as a replay of its recording.</summary>
    public double Replay(long step)
    {
        Sampler.Fill(batch, step);
        Context.BeginStep((ulong)step, training: true);
        Stage.Upload(Context, batch);
        float[][] before = [.. State()];
        Tensor values = null!;
        Recording recording = Context.Stream.Record(() => values = Queue());
        foreach (var (view, held) in Views().Zip(before))
            Context.Stream.Write<float>(held, view);
        Context.Stream.Write<float>(new float[values.Length], values.View);
        Context.Stream.Replay(recording);
        return Read(values);
    }

    /// <summary>All trained values, with their gradients and moments.</summary>
    public IEnumerable<float[]> State() => Views().Select(view =>
    {
        var values = new float[view.Length];
        Context.Stream.Read<float>(view, values);
        return values;
    });

    IEnumerable<ArrayView<float>> Views() => Stage.Trained.SelectMany(store => (ArrayView<float>[])
        [store.Values, store.Gradients, store.Buffer(AdamOptimizer.FirstMoments), store.Buffer(AdamOptimizer.SecondMoments)]);

    Tensor Queue()
    {
        Tensor values = Stage.Run(Context);
        optimizer.Step(Context, 1e-3, values.Slice(0, 1));
        return values;
    }

    double Read(Tensor values)
    {
        var (figures, norm) = Stage.Read(Context, values, optimizer.Norm);
        return float.IsFinite(norm) ? figures[0].Value : double.NaN;
    }

    /// <summary>All trained values.</summary>
    public float[] Values() => [.. Stage.Trained.SelectMany(store =>
    {
        var values = new float[store.Values.Length];
        Context.Stream.Read<float>(store.Values, values);
        return values;
    })];

    public void Dispose()
    {
        Context.Dispose();
        optimizer.Dispose();
        model.Dispose();
    }
}
