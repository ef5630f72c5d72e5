using System.Globalization;
using System.Reflection;
using Dalle2.Data;
using Dalle2.Data.Pictures;
using Dalle2.Data.Text;

namespace Dalle2.Training;

/// <summary>Named starting points of a configuration, and the setting of single values by text.</summary>
public static class Presets
{
    static readonly (string Name, string Summary, TrainingConfig Config)[] All =
    [
        ("tiny", "16x16, seconds: to see every stage run", new TrainingConfig
        {
            ImageSide = 16, Samples = 512, WordFeatures = 16, TextFeatures = 32, EncoderChannels = [8, 16], DecoderChannels = [32, 16], Latent = 8, JointFeatures = 16,
            Batch = 16, TextSteps = 20, ImageSteps = 20, JointSteps = 20, DecoderSteps = 20, FineTuneSteps = 20, CheckpointEvery = 10, LogEvery = 5, WarmupSteps = 5,
        }),
        ("demo", "32x32, minutes on two cores: what ./dalle2 demo trains", new TrainingConfig
        {
            Samples = 6000, WordFeatures = 32, TextFeatures = 96, EncoderChannels = [16, 32, 64], DecoderChannels = [128, 64, 32], Latent = 32, JointFeatures = 64,
            LearningRate = 3e-3f, KlWeight = .5f, TextSteps = 60, ImageSteps = 60, JointSteps = 300, DecoderSteps = 100, FineTuneSteps = 5500,
        }),
        ("pairs", "32x32, minutes on two cores: for shapes2, two shapes in a relation", new TrainingConfig
        {
            Data = "shapes2", Samples = 20000, WordFeatures = 64, TextFeatures = 256, EncoderChannels = [16, 32, 64], DecoderChannels = [128, 64, 32], Latent = 32, JointFeatures = 64,
            LearningRate = 2e-3f, TextSteps = 100, ImageSteps = 100, JointSteps = 300, DecoderSteps = 100, FineTuneSteps = 6000,
        }),
        ("small", "32x32, 1.8 million parameters: the full recipe for shapes", new TrainingConfig
        {
            Samples = 6000, TextSteps = 500, ImageSteps = 1000, JointSteps = 500, DecoderSteps = 1000, FineTuneSteps = 4000,
        }),
        ("emoji", "64x64: the real captioned set", new TrainingConfig
        {
            Data = "emoji", ImageSide = 64, EncoderChannels = [32, 64, 128, 128], DecoderChannels = [256, 128, 64, 32], Latent = 64, TextFeatures = 256, WordFeatures = 128, JointFeatures = 128,
            LearningRate = 1e-3f, TextSteps = 300, ImageSteps = 300, JointSteps = 500, DecoderSteps = 200, FineTuneSteps = 5000,
        }),
    ];

    /// <summary>The presets and what each is for.</summary>
    public static IReadOnlyList<(string Name, string Summary)> List => [.. All.Select(p => (p.Name, p.Summary))];

    /// <summary>A preset's configuration.</summary>
    /// <exception cref="UserInputException">There is no such preset.</exception>
    public static TrainingConfig Get(string name) =>
        All.FirstOrDefault(p => p.Name == name).Config is { } config
            ? config with { Preset = name }
            : throw new UserInputException($"there is no preset '{name}'; choose one of {string.Join(", ", All.Select(p => p.Name))}");

    /// <summary>The names that <see cref="Set"/> knows, with their values in a configuration.</summary>
    public static IReadOnlyList<(string Name, string Value)> Settings(TrainingConfig config) =>
        [.. Properties().Select(p => (CamelCase(p.Name), Format(p.GetValue(config)!)))];

    /// <summary>Changes one value.</summary>
    /// <param name="config">The configuration.</param>
    /// <param name="assignment"><c>name=value</c>; lists are separated by commas.</param>
    /// <exception cref="UserInputException">The text is not an assignment, there is no such name, or the value is not of its kind.</exception>
    public static TrainingConfig Set(TrainingConfig config, string assignment)
    {
        int equals = assignment.IndexOf('=');
        if (equals < 1)
            throw new UserInputException($"--set {assignment}: give name=value, for example --set batch=32");
        string name = assignment[..equals].Trim(), text = assignment[(equals + 1)..].Trim();
        PropertyInfo property = Properties().FirstOrDefault(p => string.Equals(p.Name, name, StringComparison.OrdinalIgnoreCase))
            ?? throw new UserInputException($"--set {name}: there is no such setting; nearest: {string.Join(", ", EditDistance.Nearest(CamelCase(name), Properties().Select(p => CamelCase(p.Name)), 3))}");
        TrainingConfig changed = config with { };
        property.SetValue(changed, Parse(property.PropertyType, name, text));
        return changed;
    }

    /// <summary>Checks that all values make sense together.</summary>
    /// <exception cref="UserInputException">They do not; the message names the setting.</exception>
    public static void Validate(TrainingConfig config)
    {
        void Require(bool holds, string what)
        {
            if (!holds)
                throw new UserInputException($"{what}; change it with --set");
        }

        Require(config.Model == "classic", $"there is no model '{config.Model}'; this build has classic");
        Require(config.Batch is >= 2 and <= 65536, $"batch is {config.Batch}, it must be between 2 and 65536 (the contrastive stage compares pictures of one batch)");
        Require(config.ImageSide is >= 4 and <= 1024, $"imageSide is {config.ImageSide}, it must be between 4 and 1024");
        Require(config.MaxWords is >= 1 and <= 1024, $"maxWords is {config.MaxWords}, it must be between 1 and 1024");
        Require(config.LearningRate > 0 && float.IsFinite(config.LearningRate), $"learningRate is {config.LearningRate}, it must be above 0");
        Require(config.KlWeight >= 0, $"klWeight is {config.KlWeight}, it must not be below 0");
        Require(config.WeightDecay >= 0, $"weightDecay is {config.WeightDecay}, it must not be below 0");
        Require(config.ClipNorm >= 0, $"clipNorm is {config.ClipNorm}, it must not be below 0 (0 does not clip)");
        Require(Math.Min(config.TextSteps, Math.Min(config.ImageSteps, Math.Min(config.JointSteps, Math.Min(config.DecoderSteps, config.FineTuneSteps)))) >= 0, "the steps of a stage cannot be below 0");
        Require(config.CheckpointEvery >= 1, $"checkpointEvery is {config.CheckpointEvery}, it must be at least 1");
        Require(config.LogEvery >= 1, $"logEvery is {config.LogEvery}, it must be at least 1");
        Require(config.WarmupSteps >= 0, $"warmupSteps is {config.WarmupSteps}, it must not be below 0");
        Require(config.MaxPixels is >= 0 and <= PictureDecoder.LargestMaxPixels, $"maxPixels is {config.MaxPixels}, it must be between 0 (64 megapixels) and {PictureDecoder.LargestMaxPixels}");
        if (config.Background is { } color)
            Rgb.Parse(color);
        Require(config.Samples >= 0, $"samples is {config.Samples}, it must not be below 0");
        try
        {
            config.Architecture(vocabulary: 4).Validate();
        }
        catch (ArgumentException e)
        {
            throw new UserInputException($"{e.Message}; change it with --set", e);
        }
    }

    static PropertyInfo[] Properties() => typeof(TrainingConfig).GetProperties();

    static string CamelCase(string name) => char.ToLowerInvariant(name[0]) + name[1..];

    static string Format(object value) => value is IReadOnlyList<int> list ? string.Join(",", list) : Convert.ToString(value, CultureInfo.InvariantCulture)!;

    static object Parse(Type type, string name, string text)
    {
        CultureInfo culture = CultureInfo.InvariantCulture;
        object? value =
            type == typeof(string) ? text
            : type == typeof(int) ? (int.TryParse(text, NumberStyles.AllowLeadingSign, culture, out int i) ? i : null)
            : type == typeof(ulong) ? (ulong.TryParse(text, NumberStyles.None, culture, out ulong u) ? u : null)
            : type == typeof(float) ? (float.TryParse(text, NumberStyles.Float, culture, out float f) ? f : null)
            : type.IsEnum ? (Enum.TryParse(type, text, ignoreCase: true, out object? e) && Enum.IsDefined(type, e) ? e : null)
            : type == typeof(IReadOnlyList<int>) ? ParseList(text)
            : null;
        return value ?? throw new UserInputException($"--set {name}={text}: {Expected(type)}");
    }

    static int[]? ParseList(string text)
    {
        string[] parts = text.Split(',');
        var values = new int[parts.Length];
        for (int i = 0; i < parts.Length; i++)
        {
            if (!int.TryParse(parts[i], NumberStyles.AllowLeadingWhite | NumberStyles.AllowTrailingWhite, CultureInfo.InvariantCulture, out values[i]))
                return null;
        }

        return values;
    }

    static string Expected(Type type) =>
        type.IsEnum ? $"choose one of {string.Join(", ", Enum.GetNames(type).Select(CamelCase))}"
        : type == typeof(float) ? "give a number such as 0.002"
        : type == typeof(IReadOnlyList<int>) ? "give whole numbers separated by commas, such as 32,64,128"
        : "give a whole number";
}
