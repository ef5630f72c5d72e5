namespace Dalle2.Training.Families.Classic;

/// <summary>The starting points of the classic model.</summary>
static class ClassicPresets
{
    public static IReadOnlyList<Preset> All { get; } =
    [
        new("tiny", "16x16, seconds: to see every stage run", new ClassicConfig
        {
            ImageSide = 16, Samples = 512, WordFeatures = 16, TextFeatures = 32,
            EncoderChannels = [8, 16], DecoderChannels = [32, 16], Latent = 8, JointFeatures = 16,
            Batch = 16, TextSteps = 20, ImageSteps = 20, JointSteps = 20, DecoderSteps = 20, FineTuneSteps = 20,
            CheckpointEvery = 10, LogEvery = 5, WarmupSteps = 5,
        }),
        new("demo", "32x32, minutes on two cores: what ./dalle2 demo trains", new ClassicConfig
        {
            Samples = 6000, WordFeatures = 32, TextFeatures = 96,
            EncoderChannels = [16, 32, 64], DecoderChannels = [128, 64, 32], Latent = 32, JointFeatures = 64,
            LearningRate = 3e-3f, KlWeight = .5f, TextSteps = 60, ImageSteps = 60, JointSteps = 300, DecoderSteps = 100,
            FineTuneSteps = 5500,
        }),
        new("pairs", "32x32, minutes on two cores: for shapes2, two shapes in a relation", new ClassicConfig
        {
            Data = "shapes2", Samples = 20000, WordFeatures = 64, TextFeatures = 256,
            EncoderChannels = [16, 32, 64], DecoderChannels = [128, 64, 32], Latent = 32, JointFeatures = 64,
            LearningRate = 2e-3f, TextSteps = 100, ImageSteps = 100, JointSteps = 300, DecoderSteps = 100, FineTuneSteps = 6000,
        }),
        new("small", "32x32, 1.8 million parameters: the full recipe for shapes", new ClassicConfig
        {
            Samples = 6000, TextSteps = 500, ImageSteps = 1000, JointSteps = 500, DecoderSteps = 1000, FineTuneSteps = 4000,
        }),
        new("pictures", "64x64, minutes on two cores: for pictures of your own; --minutes makes it longer or shorter", new ClassicConfig
        {
            ImageSide = 64, EncoderChannels = [32, 64, 128, 128], DecoderChannels = [256, 128, 64, 32],
            Latent = 64, TextFeatures = 256, WordFeatures = 128, JointFeatures = 128,
            Batch = 32, LearningRate = 1e-3f, TextSteps = 100, ImageSteps = 200, JointSteps = 300, DecoderSteps = 200, FineTuneSteps = 2500,
        }),
        new("emoji", "64x64: the real captioned set", new ClassicConfig
        {
            Data = "emoji", ImageSide = 64, EncoderChannels = [32, 64, 128, 128], DecoderChannels = [256, 128, 64, 32],
            Latent = 64, TextFeatures = 256, WordFeatures = 128, JointFeatures = 128,
            LearningRate = 1e-3f, TextSteps = 300, ImageSteps = 300, JointSteps = 500, DecoderSteps = 200, FineTuneSteps = 5000,
        }),
    ];
}
