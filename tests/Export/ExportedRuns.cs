using Dalle2.Export;
using Dalle2.Models.Parts;
using Dalle2.Models.Unclip;
using Dalle2.Tests.Data;
using Dalle2.Training.Families;
using Dalle2.Training.Families.Classic;
using Dalle2.Training.Families.Unclip;
using Dalle2.Training.Loop;
using Dalle2.Training.Runs;

namespace Dalle2.Tests.Export;

/// <summary>Runs of a few steps and what was exported of them, made when they are first asked for and shared by the fixtures of this namespace.</summary>
[SetUpFixture]
public class ExportedRuns
{
    public const string Classic = "classic", ClassicGru = "classic-gru", Unclip = "unclip", Transformer = "unclip-transformer",
        Codes = "unclip-codes";

    static readonly Dictionary<string, ExportedRun> Runs = [];
    static TemporaryFolder folder = null!;

    [OneTimeSetUp]
    public void Begin() => folder = new TemporaryFolder();

    [OneTimeTearDown]
    public void Remove()
    {
        Runs.Clear();
        folder.Dispose();
    }

    internal static ExportedRun Of(string name)
    {
        if (Runs.TryGetValue(name, out ExportedRun? known))
            return known;
        string path = folder[name], onnx = folder[$"{name}-onnx"], weights = folder[$"{name}-weights"];
        TrainingSession.Run(
            new TrainingRequest { Config = Config(name), OutputFolder = path, Anyway = true }, new SilentObserver());
        var notices = new List<string>();
        ModelExport.Write(path, ModelExport.Onnx, onnx, "test", notices.Add);
        ModelExport.Write(path, ModelExport.SafeTensors, weights, "test", notices.Add);
        return Runs[name] = new ExportedRun(path, onnx, weights, notices);
    }

    // A large learning rate, so that what begins with zeros does not stay near them.
    static TrainingConfig Config(string name)
    {
        var classic = (ClassicConfig)ModelFamily.Get("classic").Preset("tiny") with
        {
            Samples = 24,
            Batch = 4,
            TextSteps = 3,
            ImageSteps = 3,
            JointSteps = 3,
            DecoderSteps = 3,
            FineTuneSteps = 3,
            LearningRate = .02f,
        };
        var unclip = (UnclipConfig)ModelFamily.Get("unclip").Preset("tiny") with
        {
            Samples = 24,
            Batch = 4,
            ClipBatch = 4,
            PriorBatch = 4,
            MaxWords = 12,
            ClipSteps = 3,
            PriorSteps = 3,
            DecoderSteps = 3,
            UpsamplerSteps = 3,
            SecondUpsamplerSteps = 3,
            LearningRate = .02f,
            EmaDecay = .5f,
            PriorWidth = 16,
        };
        return name switch
        {
            Classic => classic,
            ClassicGru => classic with { Cell = RecurrentCell.Gru, Loss = ReconstructionLoss.SquaredError, JointSteps = 0 },
            Unclip => unclip with { ImageSide = 32, Upsamplers = 2 },
            Transformer => unclip with { Upsamplers = 0, Prior = PriorKind.Transformer, DecoderChannels = [8] },
            Codes => unclip with { Upsamplers = 0, Prior = PriorKind.Autoregressive, TextLayers = 1, TextHeads = 2, DecoderChannels = [8] },
            _ => throw new ArgumentException($"there is no run '{name}'"),
        };
    }

    internal sealed record ExportedRun(string Path, string Onnx, string Weights, IReadOnlyList<string> Notices);
}
