using Dalle2.Data.Sets;
using Dalle2.Data.Text;
using Dalle2.Gpu.Runtime;
using Dalle2.Layers;
using Dalle2.Models;
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
        double loss = Stage.Step(Context, batch)[0].Value;
        optimizer.Step(Context, 1e-3);
        return float.IsFinite(optimizer.GradientNorm) ? loss : double.NaN;
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
