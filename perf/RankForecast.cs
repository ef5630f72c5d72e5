using System.Globalization;
using System.Text.Json.Nodes;
using Dalle2.Data.Sets;
using Dalle2.Data.Text;
using Dalle2.Gpu.Runtime;
using Dalle2.Training.Families;
using Dalle2.Training.Ranks;

namespace Dalle2.Perf;

/// <summary>
/// Steps on machines that nobody here has: eight cards of a kind each. All figures of such machines are assumptions, from published limits; <see cref="Assumptions"/> has them in words.
/// </summary>
static class RankForecast
{
    /// <summary>Cards of a machine.</summary>
    public const int OnMachine = 8;

    /// <summary>Ranks that are predicted.</summary>
    public static readonly int[] Ranks = [1, 8, 16, 32, 64];

    /// <summary>Models: a name, parameters, and seconds of a part on a card.</summary>
    public static IEnumerable<(string Name, long Parameters, double PartSeconds)> Models(bool isQuick)
    {
        yield return ("classic demo, all of it", Trained("classic", "demo", "finetune"), .4e-3);
        if (isQuick)
            yield break;
        yield return ("unclip decoder", Trained("unclip", "unclip", "decoder"), .67e-3);
        yield return ("a large model", 1_000_000_000, 110e-3);
    }

    // Bytes that Adam and the norm read and write of a parameter, and bytes per second of a card's memory.
    const double UpdateBytes = 32, CardBytes = 2.7e12;

    // Bytes per second: over PCIe, which a card has for itself, of host memory that a rank copies or adds, of 400 Gbit/s, of NVLink one way.
    const double PcieBytes = 50e9, CopyBytes = 8e9, NetworkBytes = 50e9, NvLinkBytes = 450e9;

    /// <summary>What is assumed.</summary>
    public static readonly string[] Assumptions =
    [
        "a card's part: the H100 step that `perf/results/2026-11-27-card-plan.md` predicts for the autoencoder in float32 (1.011 ms; "
            + "predicted, not measured), by the ratio of the models' steps on two processor threads here: "
            + "unclip decoder 63 ms (`2026-11-28-compare-unclip.md`), autoencoder 95 ms (`2026-11-26-scale.md`), which is .67 ms; 1 "
            + "billion parameters: 16 pictures of 64x64, 2.1 TFLOP each forward and backward, at 300 TFLOP/s in bf16, 110 ms",
        "the classic demo's part, .4 ms, is a guess: its launches are what takes the time",
        "Adam: 32 bytes a parameter at 2.7 TB/s, on every rank in full",
        "gradients become whole evenly over the last two thirds of the pass; on cards the product today exchanges behind it",
        "by way of the host: 50 GB/s between card and host each way, ranks of a machine copy messages at 8 GB/s and 1.5 us, and add "
            + "12 bytes an element at 8 GB/s of one thread; to other machines 50 GB/s (400 Gbit/s) and 3 us",
        "directly: NVLink at 450 GB/s each way and 10 us (a launch), 50 GB/s and 12 us to other machines, adding at 2.7 TB/s, buckets "
            + "under way while the pass goes on",
    ];

    /// <summary>Ways of the gradients: a name, and what a step costs.</summary>
    public static readonly (string Name, Func<RankCost, RankCost> Of)[] Ways =
    [
        ("by the host, one 400 Gbit/s link a machine", cost => ByHost(cost) with { SharesLink = true }),
        ("by the host, one a card", ByHost),
        ("directly, one a card", cost => cost with
        {
            Link = new RankLink(12e-6, 1 / NetworkBytes), Local = new RankLink(10e-6, 1 / NvLinkBytes), MergeSeconds = 12 / CardBytes,
        }),
    ];

    /// <summary>Seconds of a step.</summary>
    /// <param name="parameters">N.</param>
    /// <param name="partSeconds">Of a part.</param>
    /// <param name="parts">Parts of a step.</param>
    /// <param name="ranks">Ranks.</param>
    /// <param name="way">One of <see cref="Ways"/>.</param>
    public static double Predict(long parameters, double partSeconds, int parts, int ranks, Func<RankCost, RankCost> way)
    {
        RankBucket[] buckets = Buckets(parameters, ranks);
        double update = parameters * UpdateBytes / CardBytes;
        var cost = new RankCost(parts, ranks, partSeconds, update, buckets, new RankLink(0, 0)) { OnMachine = OnMachine };
        return RankSimulation.Run(way(cost));
    }

    /// <summary>Rows: model, way, and for each number of ranks the milliseconds of a step of a part a rank, and of one of 64 parts.</summary>
    public static IEnumerable<(string Model, string Way, bool Grows, double[] Milliseconds)> Rows(bool isQuick)
    {
        foreach (var (name, parameters, part) in Models(isQuick))
        {
            foreach (var (way, of) in Ways)
            {
                string model = string.Create(CultureInfo.InvariantCulture, $"{name}, {parameters / 1e6:0.0} million");
                foreach (bool grows in (bool[])[true, false])
                {
                    double Time(int ranks) => 1e3 * Predict(parameters, part, grows ? ranks : Ranks[^1], ranks, of);
                    yield return (model, way, grows, [.. Ranks.Select(Time)]);
                }
            }
        }
    }

    /// <summary>A row as JSON.</summary>
    public static JsonObject ToJson((string Model, string Way, bool Grows, double[] Milliseconds) row) => new()
    {
        ["model"] = row.Model,
        ["way"] = row.Way,
        ["parts"] = row.Grows ? "one a rank" : "64",
        ["ms"] = new JsonArray([.. row.Milliseconds.Select(value => (JsonNode)value)]),
    };

    // What a stage of a preset trains, with the words of the shapes' captions.
    static long Trained(string model, string preset, string stage)
    {
        ModelFamily family = ModelFamily.Get(model);
        IDataSet set = DataSets.Open("shapes", new DataSetOptions { Seed = 1, Count = 512 });
        var data = PreparedData.Load(set, set.Splits[0], side: 16);
        using Device device = Device.Open("cpu", 1);
        using FamilyModel created = family.Create(device, family.Preset(preset), Vocabulary.Build(data.Captions), seed: 1);
        return created.Stages.Single(one => one.Name == stage).Trained.Sum(store => store.TrainableCount);
    }

    static RankCost ByHost(RankCost cost) => cost with
    {
        Link = new RankLink(3e-6, 1 / NetworkBytes, CallSeconds: .5e-6),
        Local = new RankLink(1.5e-6, 0, 1 / CopyBytes, .5e-6),
        HostSecondsPerByte = 1 / PcieBytes,
        MergeSeconds = 12 / CopyBytes,
    };

    // As the product cuts them.
    static RankBucket[] Buckets(long parameters, int ranks)
    {
        int[] lengths = [.. GradientBucket.Of(parameters, ranks)];
        return [.. lengths.Select((length, i) => new RankBucket(length, 1 / 3.0 + 2 / 3.0 * (i + 1) / lengths.Length))];
    }
}
