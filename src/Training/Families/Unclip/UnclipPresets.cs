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
        new("unclip-full", "32x32, some half an hour on two cores: the same with every stage trained longer", new UnclipConfig
        {
            Samples = 6000, Batch = 16, ClipSteps = 1600, PriorSteps = 2000, DecoderSteps = 16000, CheckpointEvery = 1000, LogEvery = 100,
        }),
        new("shapes2", "32x32, the larger part of an hour on two cores: two shapes in a relation", new UnclipConfig
        {
            Data = "shapes2", Samples = 20000, WordFeatures = 64, TextFeatures = 256, Embedding = 128,
            Batch = 16, ClipSteps = 2500, PriorSteps = 2000, DecoderSteps = 24000, CheckpointEvery = 1000, LogEvery = 100,
        }),
        new("pictures", "64x64, half an hour or more on two cores: for pictures of your own; --minutes makes it longer or shorter",
            SmallPictures with
        {
            ClipSteps = 500, PriorSteps = 1000, DecoderSteps = 10000, UpsamplerSteps = 2000,
        }),
        new("emoji", "64x64, more than an hour on two cores: the real captioned set", SmallPictures with
        {
            Data = "emoji", ClipSteps = 1000, PriorSteps = 3000, DecoderSteps = 20000, UpsamplerSteps = 3000,
        }),
    ];

    // Drawn at 32x32 and doubled, with many words.
    static UnclipConfig SmallPictures => new()
    {
        ImageSide = 64,
        Upsamplers = 1,
        WordFeatures = 128,
        TextFeatures = 256,
        Embedding = 128,
        DecoderConditions = 256,
        Batch = 16,
        CheckpointEvery = 1000,
        LogEvery = 100,
    };
}
