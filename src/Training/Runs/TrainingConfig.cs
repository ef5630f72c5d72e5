using System.Reflection;
using System.Text.Json.Serialization;
using Dalle2.Data;
using Dalle2.Data.Pictures;
using Dalle2.Gpu.Runtime;

namespace Dalle2.Training.Runs;

/// <summary>
/// Everything that decides the bits of a run, and nothing else: it is stored as <c>config.json</c>, and a run of the same configuration ends
/// with the same checkpoint on any device and any number of threads (in another precision than float32, on the same card). Each property can be set
/// with <c>--set name=value</c>. What only one family of models has is in that family's own record; in the file all stand beside each other.
/// </summary>
public abstract record TrainingConfig
{
    /// <summary>Places of a family's own properties in <c>config.json</c>: behind those of the data.</summary>
    protected const int ModelOrder = 1;

    /// <summary>The steps of a family's stages stand behind what all stages have.</summary>
    protected const int StagesOrder = 3;

    const int MostPictures = 1 << 20, MostPairs = 1 << 15;

    const int OptimizerOrder = 2, OutputOrder = 4;

    /// <summary>The family of models.</summary>
    public string Model { get; init; } = "";

    /// <summary>The preset that the other values started from.</summary>
    public string Preset { get; init; } = "";

    /// <summary>The data set: a name, a folder of pictures and captions, a table of them, or a COCO captions file.</summary>
    public string Data { get; init; } = "shapes";

    /// <summary>Decides every random number.</summary>
    public ulong Seed { get; init; } = 1;

    /// <summary>What products of matrices multiply. Left out of <c>config.json</c> where it is float32.</summary>
    [JsonConverter(typeof(JsonStringEnumConverter<Precision>))]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public Precision Precision { get; init; }

    /// <summary>Training pictures to generate, for generated sets; 0 takes the set's own number.</summary>
    public int Samples { get; init; }

    /// <summary>The language of emoji captions.</summary>
    public string Locale { get; init; } = "en";

    /// <summary>The folder that the pictures' names in a table or a COCO file are relative to; empty takes the file's own folder.</summary>
    [FilePath]
    public string ImagesFolder { get; init; } = "";

    /// <summary>A table's column of the pictures. Left out of <c>config.json</c> where it is found by a usual name.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public string? ImageColumn { get; init; }

    /// <summary>A table's column of the captions. Left out of <c>config.json</c> where it is found by a usual name.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public string? CaptionColumn { get; init; }

    /// <summary>Pixels that a picture file may have; larger ones count as broken. 0 takes 64 megapixels, and is left out of <c>config.json</c>.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public int MaxPixels { get; init; }

    /// <summary>What happens to pictures that are not square. Left out of <c>config.json</c> where the centered square is cut out of them.</summary>
    [JsonConverter(typeof(JsonStringEnumConverter<ImageFit>))]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public ImageFit Fit { get; init; }

    /// <summary>The color behind transparent and padded pictures, <c>#rrggbb</c> or a name. Left out of <c>config.json</c> where it is white.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public string? Background { get; init; }

    /// <summary>Pixels by which pictures move at random while training, each way. Left out of <c>config.json</c> where it is 0.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public int AugmentShift { get; init; }

    /// <summary>The share by which the brightness of pictures varies at random while training. Left out of <c>config.json</c> where it is 0.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public float AugmentBrightness { get; init; }

    /// <summary>Whether half of the pictures are mirrored while training, which captions that say left and right do not bear. Left out of <c>config.json</c> where it is false.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool AugmentMirror { get; init; }

    /// <summary>The side of the square pictures, in pixels.</summary>
    public int ImageSide { get; init; } = 32;

    /// <summary>Words of a caption that are read; the rest is cut and counted.</summary>
    public int MaxWords { get; init; } = 24;

    /// <summary>Pictures of a step.</summary>
    [JsonPropertyOrder(OptimizerOrder)]
    public int Batch { get; init; } = 64;

    /// <summary>Batches of a step, whose mean gradient it takes: one after the other in the memory of one, or divided among ranks. A contrastive loss compares the pairs of all.</summary>
    [JsonPropertyOrder(OptimizerOrder)]
    public int Accumulation { get; init; } = 1;

    /// <summary>Adam's step size at its highest.</summary>
    [JsonPropertyOrder(OptimizerOrder)]
    public float LearningRate { get; init; } = 2e-3f;

    /// <summary>AdamW's decoupled weight decay.</summary>
    [JsonPropertyOrder(OptimizerOrder)]
    public float WeightDecay { get; init; }

    /// <summary>The global norm that gradients are clipped to; 0 does not clip.</summary>
    [JsonPropertyOrder(OptimizerOrder)]
    public float ClipNorm { get; init; }

    /// <summary>Steps of linear warm-up at the start of each stage.</summary>
    [JsonPropertyOrder(OptimizerOrder)]
    public int WarmupSteps { get; init; } = 20;

    /// <summary>Steps between two checkpoints.</summary>
    [JsonPropertyOrder(OutputOrder)]
    public int CheckpointEvery { get; init; } = 250;

    /// <summary>Steps between two lines of the log.</summary>
    [JsonPropertyOrder(OutputOrder)]
    public int LogEvery { get; init; } = 10;

    /// <summary>How pictures are varied while training.</summary>
    [JsonIgnore]
    public PictureAugmentation Augmentation => new() { Shift = AugmentShift, Brightness = AugmentBrightness, Mirror = AugmentMirror };

    /// <summary>The same settings with the data read from where they are now: a place does not decide the bits, what lies there does.</summary>
    /// <param name="data">The data set; null for where it was.</param>
    /// <param name="images">The folder of a table's or a COCO file's pictures; null for where it was.</param>
    public TrainingConfig ReadFrom(string? data, string? images) =>
        this with { Data = data ?? Data, ImagesFolder = images ?? ImagesFolder };

    /// <summary>Checks that all values make sense together.</summary>
    /// <exception cref="UserInputException">They do not; the message names the setting.</exception>
    public void Validate()
    {
        foreach (PropertyInfo property in GetType().GetProperties().Where(p => p.PropertyType.IsEnum))
        {
            object value = property.GetValue(this)!;
            Require(Enum.IsDefined(property.PropertyType, value), $"{ConfigSettings.NameOf(property)} is {value}, choose one of "
                + $"{string.Join(", ", ConfigSettings.Choices(property.PropertyType))}");
        }

        RequireBetween("accumulation", Accumulation, 1, 65536);
        RequireBatch("batch", Batch);
        RequireBetween("imageSide", ImageSide, 4, 1024);
        RequireBetween("maxWords", MaxWords, 1, 1024);
        Require(LearningRate > 0 && float.IsFinite(LearningRate), $"learningRate is {LearningRate}, it must be above 0");
        RequireFactor("weightDecay", WeightDecay);
        RequireFactor("clipNorm", ClipNorm);
        RequireBetween("checkpointEvery", CheckpointEvery, 1, int.MaxValue);
        RequireBetween("logEvery", LogEvery, 1, int.MaxValue);
        RequireBetween("warmupSteps", WarmupSteps, 0, int.MaxValue);
        RequireBetween("maxPixels", MaxPixels, 0, PictureDecoder.LargestMaxPixels);
        RequireBetween("samples", Samples, 0, 100_000_000);
        try
        {
            Augmentation.Validate(ImageSide);
            if (Background is { } color)
                Rgb.Parse(color);
        }
        catch (UserInputException fault)
        {
            Require(false, fault.Message.TrimEnd('.'));
        }

        Require(Data.Length > 0, "data is empty, name a data set, a folder or a file");
        ValidateModel();
    }

    /// <summary>Checks what only this family has.</summary>
    protected abstract void ValidateModel();

    /// <summary>Throws when a condition does not hold.</summary>
    /// <param name="holds">The condition.</param>
    /// <param name="what">Which setting is what, and what it must be.</param>
    protected static void Require(bool holds, string what)
    {
        if (!holds)
            throw new UserInputException($"{what}; change it with --set");
    }

    /// <summary>Throws when a setting is out of a range, ends included.</summary>
    protected static void RequireBetween(string name, int value, int low, int high) =>
        Require(value >= low && value <= high, high == int.MaxValue
        ? $"{name} is {value}, it must be at least {low}" : $"{name} is {value}, it must be between {low} and {high}");

    /// <summary>Throws when a batch is out of range, or a step's batches together are.</summary>
    protected void RequireBatch(string name, int batch)
    {
        RequireBetween(name, batch, 2, 65536);
        RequireStep(name, batch, "pictures", MostPictures);
    }

    /// <summary>Throws when a step that compares each text with each picture has more of them than one tensor of logits takes.</summary>
    protected void RequirePairs(string name, int batch) => RequireStep(name, batch, "pairs, compared each with each", MostPairs);

    /// <summary>Throws when a setting is negative or not finite.</summary>
    protected static void RequireFactor(string name, float value) =>
        Require(value >= 0 && float.IsFinite(value), $"{name} is {value}, it must be a number that is not below 0");

    void RequireStep(string name, int batch, string what, int most) => Require((long)batch * Accumulation <= most,
        $"{name}={batch} and accumulation={Accumulation} make a step of {(long)batch * Accumulation} {what}; it must be at most {most}");
}
