using System.CommandLine;
using System.Text.Json.Nodes;
using Dalle2.Cli;
using Dalle2.Data;
using Dalle2.Training.Families.Unclip;
using Dalle2.Training.Runs;
using Dalle2.Training.Scores.Distances;

namespace Dalle2.Perf;

/// <summary><c>features</c>: from a run's CLIP, the image encoder alone, as <see cref="ClipFeatures"/> reads it.</summary>
sealed class FeaturesVerb : Verb
{
    const string Stored = "src/Training/Scores/Distances/emoji-clip.safetensors";

    readonly Argument<string> run = new("RUN") { Description = "The folder of an unclip run whose CLIP is trained." };
    readonly Option<string> output = VerbOptions.Text("--out", "FILE", Stored, "The file to write.");

    public FeaturesVerb()
        : base("features", "Take a run's image encoder as the one that pictures are compared by in 'dalle2 eval'.")
    {
        Arguments.Add(run);
        Options.Add(output);
    }

    public override IReadOnlyList<string> Examples => ["perf/features runs/emoji-clip"];

    public override IReadOnlyList<string> Notes =>
    [
        "How the stored one was trained stands in the README beside it. With another file, figures can no longer be compared with earlier "
        + "ones; 'eval' prints its hash.",
        "JSON: {file, hash, bytes}.",
    ];

    public override int Run(ParseResult arguments, Terminal terminal)
    {
        string path = arguments.GetRequiredValue(output);
        FolderAccess.RequireWritableFile(path, "Name another file with --out.");
        using RunFolder folder = RunFolder.Open(arguments.GetRequiredValue(run));
        Checkpoint encoder = EncoderOf(folder);
        encoder.Save(path);
        long bytes = new FileInfo(path).Length;
        terminal.Result(
            () => new JsonObject { ["file"] = path, ["hash"] = encoder.Hash, ["bytes"] = bytes },
            text => text.Line($"{path}: {encoder.Hash}, {bytes} bytes"));
        return ExitCode.Ok;
    }

    static Checkpoint EncoderOf(RunFolder folder)
    {
        if (RunConfig.Read(folder) is not UnclipConfig config)
            throw new UserInputException($"{folder.FolderPath}: not a run of the model unclip, so it has no image encoder of this kind");
        Checkpoint trained = folder.Checkpoints(UnclipFamily.Clip).Latest(config.Model)?.Checkpoint
            ?? throw new UserInputException($"{folder.FolderPath}: its stage {UnclipFamily.Clip} is not trained yet");
        return new Checkpoint(
            trained.Info,
            [.. trained.Tensors.Where(tensor => tensor.Name == ClipFeatures.ProjectionName
                || tensor.Name.StartsWith($"{ClipFeatures.EncoderName}.", StringComparison.Ordinal))],
            new Dictionary<string, string>
            {
                [ClipFeatures.SideKey] = $"{config.Architecture(vocabulary: 4).DecoderSide}",
                [ClipFeatures.ChannelsKey] = string.Join(',', config.EncoderChannels),
                [ClipFeatures.EmbeddingKey] = $"{config.Embedding}",
                ["data"] = config.Data,
            });
    }
}
