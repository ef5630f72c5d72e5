using Dalle2.Data.Sets;
using Dalle2.Data.Text;
using Dalle2.Gpu.Runtime;
using Dalle2.Models.Parts;
using Dalle2.Models.Unclip;
using Dalle2.Training.Families;
using Dalle2.Training.Families.Classic;
using Dalle2.Training.Families.Unclip;
using Dalle2.Training.Loop;
using Dalle2.Training.Ranks;
using Dalle2.Training.Runs;

namespace Dalle2.Tests.Training;

/// <summary>The steps of a small training, one by one, without a run's folder.</summary>
sealed class TrainingSteps : IDisposable
{
    readonly FamilyModel model;
    readonly StepLoop loop;

    public TrainingSteps(Device device, string stage, RecurrentCell cell = RecurrentCell.Lstm, int samples = 40, int batch = 8,
        Func<TrainingConfig, TrainingConfig>? change = null, Communicator? ranks = null, bool shardsOptimizer = false)
    {
        (ModelFamily family, string name) = stage.Split('/') is [var first, var second, ..]
            ? (ModelFamily.Get(first), second) : (ModelFamily.Default, stage);
        PriorKind prior = stage.Split('/') is [_, _, var form] ? Enum.Parse<PriorKind>(form) : default;
        TrainingConfig config = family.Preset("tiny") with { Samples = samples, Batch = batch, WeightDecay = 0.01f, ClipNorm = 1f };
        config = config switch
        {
            ClassicConfig classic => classic with { Cell = cell },
            UnclipConfig unclip => unclip with { Cell = cell, ClipBatch = batch, PriorBatch = batch, Upsamplers = 2, Prior = prior },
            _ => config,
        };
        config = change?.Invoke(config) ?? config;
        IDataSet set = DataSets.Open(config.Data, new DataSetOptions { Count = config.Samples });
        PreparedData data = PreparedData.Load(set, set.Splits[0], config.ImageSide);
        var tokenizer = new WordTokenizer(Vocabulary.Build(data.Captions));
        model = family.Create(device, config, tokenizer.Vocabulary, config.Seed);
        Stage = model.Stages.Single(s => s.Name == name);
        int[][] captions = [.. data.Captions.Select(caption => tokenizer.Encode(caption, 24, markEnds: false, out _))];
        Sampler = BatchSampler.Of(Stage, config with { Seed = 1 }, data, captions);
        loop = new StepLoop(device, config, Stage, Sampler, ranks, shardsOptimizer);
        loop.Prepare();
    }

    public Stage Stage { get; }

    /// <summary>Whether steps are replayed where they can be.</summary>
    public bool IsReplayed { set => loop.IsReplayed = value; }

    public BatchSampler Sampler { get; }

    public Context Context => loop.Context;

    /// <summary>The families of the product.</summary>
    public static ModelFamily[] Families { get; } = [ModelFamily.Default, ModelFamily.Get("unclip")];

    /// <summary>Their stages, as family/stage, and that of the prior in each form, as family/stage/form.</summary>
    public static IEnumerable<string> StageNames =>
    [
        .. Families.SelectMany(family => family.Stages.Select(s => $"{family.Name}/{s.Name}")),
        .. Enum.GetValues<PriorKind>().Where(form => form != default).Select(form => $"unclip/{UnclipFamily.Prior}/{form}"),
    ];

    public static IEnumerable<TestCaseData> Cases =>
    [
        .. StageNames.Select(stage => new TestCaseData(stage, RecurrentCell.Lstm)),
        new TestCaseData(ClassicFamily.FineTune, RecurrentCell.Gru),
    ];

    /// <summary>One step; the loss.</summary>
    public double Run(long step)
    {
        StepOutcome outcome = loop.Step(step);
        return Loss(outcome);
    }

    /// <summary>All trained values, with their gradients, moments and averages.</summary>
    public IEnumerable<float[]> State() => Views().Select(view =>
    {
        var values = new float[view.Length];
        Context.Stream.Read<float>(view, values);
        return values;
    });

    IEnumerable<ArrayView<float>> Views() => Stage.Trained.SelectMany(store => (ArrayView<float>[])
        [store.Values, store.Gradients, .. store.BufferNames.Order(StringComparer.Ordinal).Select(store.Buffer)]);

    static double Loss(StepOutcome outcome) => outcome.IsFinite ? outcome.Figures[0].Value : double.NaN;

    /// <summary>All trained values.</summary>
    public float[] Values() => [.. Stage.Trained.SelectMany(store =>
    {
        var values = new float[store.Values.Length];
        Context.Stream.Read<float>(store.Values, values);
        return values;
    })];

    public void Dispose()
    {
        loop.Dispose();
        model.Dispose();
    }
}
