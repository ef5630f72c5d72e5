namespace Dalle2.Training.Families.Unclip;

/// <summary>The starting points of the unCLIP model.</summary>
static class UnclipPresets
{
    public static IReadOnlyList<Preset> All { get; } =
    [
        new("tiny", "16x16, seconds: to see every stage run", new UnclipConfig
        {
            ImageSide = 16, Upsamplers = 1, UpsamplerChannels = [8, 16], UpsamplerConditions = 16, UpsamplerCrop = 8, UpsamplerSteps = 10,
            SecondUpsamplerSteps = 10, Samples = 256, WordFeatures = 16, TextFeatures = 32, EncoderChannels = [8, 16], Embedding = 16,
            PriorWidth = 32, PriorBlocks = 1, DecoderChannels = [8, 16], DecoderBlocks = 1, DecoderConditions = 16, DecoderHeads = 2,
            Batch = 16, ClipBatch = 16, PriorBatch = 16, ClipSteps = 10, PriorSteps = 10, DecoderSteps = 10,
            CheckpointEvery = 5, LogEvery = 5, WarmupSteps = 5,
        }),
        new("unclip", "32x32, a dozen minutes on two cores", new UnclipConfig
        {
            Samples = 6000, Batch = 16, ClipSteps = 800, PriorSteps = 1000, DecoderSteps = 8000, CheckpointEvery = 1000, LogEvery = 100,
        }),
        new("shapes2", "32x32, the larger part of an hour on two cores: two shapes in a relation", new UnclipConfig
        {
            Data = "shapes2", Samples = 20000, WordFeatures = 64, TextFeatures = 256, Embedding = 128,
            Batch = 16, ClipSteps = 2500, PriorSteps = 2000, DecoderSteps = 24000, CheckpointEvery = 1000, LogEvery = 100,
        }),
    ];
}
