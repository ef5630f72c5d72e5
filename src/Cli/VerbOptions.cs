using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using System.Numerics;
using Dalle2.Data.Pictures;
using Dalle2.Gpu.Runtime;
using Dalle2.Training.Families;

namespace Dalle2.Cli;

/// <summary>The kinds of option that verbs are made of. What is wrong with a value is said in words, with the range.</summary>
static class VerbOptions
{
    public static Option<bool> Flag(string name, string description) => new(name) { Description = description, Arity = ArgumentArity.Zero };

    public static Option<string> Text(string name, string valueName, string byDefault, string description) =>
        new(name) { Description = description, HelpName = valueName, DefaultValueFactory = _ => byDefault };

    /// <summary>A text that may be left out; the description says what happens then.</summary>
    public static Option<string?> OptionalText(string name, string valueName, string description) =>
        new(name) { Description = description, HelpName = valueName };

    /// <summary>Of tables.</summary>
    public static Option<string?> ImageColumn() => OptionalText("--image-column", "NAME",
        "Tables and Parquet: the column of the pictures or their paths. [default: file_name, image, path and other usual names]");

    /// <summary>Of tables and archives.</summary>
    public static Option<string?> CaptionColumn() => OptionalText("--caption-column", "NAME",
        "Tables and Parquet: the column of the captions; archives: the property of a .json. [default: caption, text, description and "
        + "other usual names]");

    public static Option<int> Count(string name, int byDefault, int low, int high, string description) =>
        Number(name, byDefault, low, high, NumberStyles.AllowLeadingSign, $"a whole number from {low} to {high}", description);

    public static Option<ulong> Seed(string description) =>
        Number("--seed", 1UL, 0UL, ulong.MaxValue, NumberStyles.None, "a whole number from 0 to 2^64 - 1", description);

    public static Option<string?> Model() =>
        OptionalText("--model", "M",
        $"The model: {string.Join("; ", ModelFamily.All.Select(family => $"{family.Name} ({family.Summary})"))}. [default: "
        + $"{ModelFamily.DefaultName}]");

    public static Option<string> Device(string description =
        "Where to compute; 'dalle2 devices' lists the names. D2_DEVICE changes the default.") =>
        new("--device") { Description = description, HelpName = "NAME", DefaultValueFactory = _ => Settings.Current.DefaultDevice };

    public static Option<Precision> Precision(string description = "What products of matrices multiply, summed in float32: float32, or on "
        + "NVIDIA cards from compute capability 8.0 on tf32 or bf16 (matrix units; the bits are the card's own; with bf16, "
        + "what lies between convolutions is kept in bfloat16 too).")
    {
        const string name = "--precision";
        return new Option<Precision>(name) { Description = description + " [default: float32]", HelpName = "P", CustomParser = Parse };

        static Precision Parse(ArgumentResult result)
        {
            string text = result.Tokens[0].Value;
            foreach (Precision one in Enum.GetValues<Precision>())
            {
                if (string.Equals(text, one.ToString(), StringComparison.OrdinalIgnoreCase))
                    return one;
            }

            result.AddError($"{name} {text}: choose one of {string.Join(", ", Enum.GetNames<Precision>()).ToLowerInvariant()}.");
            return default;
        }
    }

    /// <summary>Left out, it is null: steps are as the settings say.</summary>
    public static Option<double?> Minutes() => OptionalNumber("--minutes", 0.1, 100_000, "Train for about so long: a step is measured, and "
        + "the steps of all stages are multiplied to fit and stored with the run. [default: the settings' own steps]");

    /// <summary>A number that may be left out; the description says what happens then.</summary>
    public static Option<double?> OptionalNumber(string name, double low, double high, string description)
    {
        return new Option<double?>(name) { Description = description, HelpName = "N", CustomParser = Parse };

        double? Parse(ArgumentResult result)
        {
            string text = result.Tokens[0].Value;
            if (double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double value) && value >= low && value <= high)
                return value;
            result.AddError($"{name} {text}: give a number from {low} to {high}.");
            return null;
        }
    }

    public static Option<bool> DataChanged() =>
        Flag("--data-changed",
        "Accept that the pictures, captions or word vectors are not those that the run has read before; what has changed is told.");

    public static Option<string[]> Ops() =>
        new("--op") { Description = "One op alone; may be given several times. Default: every op.", HelpName = "NAME" };

    public static Option<int> Threads() =>
        Count("--threads", 0, 0, 1024, "Host threads; 0 is one for each processor. The result does not depend on it.");

    public static Option<int> MaxBroken() =>
        Count("--max-broken", 10, 0, int.MaxValue, "Broken samples that are skipped; more are an error.");

    /// <summary>Left out, it is null; the description says what happens then.</summary>
    public static Option<int?> MaxPixels(string byDefault = "64 megapixels, 67108864") =>
        OptionalCount("--max-pixels", PictureDecoder.LargestMaxPixels, "Pixels that a picture file may have; larger ones count as broken "
            + $"samples, before they are decoded. [default: {byDefault}]");

    /// <summary>A whole number from 1 on that may be left out; the description says what happens then.</summary>
    public static Option<int?> OptionalCount(string name, int high, string description)
    {
        return new Option<int?>(name) { Description = description, HelpName = "N", CustomParser = Parse };

        int? Parse(ArgumentResult result)
        {
            string text = result.Tokens[0].Value;
            if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int value) && value >= 1 && value <= high)
                return value;
            result.AddError($"{name} {text}: give a whole number from 1 to {high}.");
            return null;
        }
    }

    /// <summary>Left out, it is null: all are kept.</summary>
    public static Option<long?> CacheBytes()
    {
        const string name = "--cache-bytes";
        return new Option<long?>(name)
        {
            Description = "Bytes of pictures of a split that are kept in memory at most, such as 500MB or 2GiB; the others are read "
                + "and decoded again, ahead of need, whenever they come up. The result does not depend on it. [default: all are kept]",
            HelpName = "N",
            CustomParser = Parse
        };

        static long? Parse(ArgumentResult result)
        {
            string text = result.Tokens[0].Value;
            if (ByteCount.TryParse(text, out long bytes))
                return bytes;
            result.AddError($"{name} {text}: give {ByteCount.Form}.");
            return null;
        }
    }

    static Option<T> Number<T>(string name, T byDefault, T low, T high, NumberStyles style, string range, string description)
        where T : INumber<T>
    {
        return new Option<T>(name)
        {
            Description = description,
            HelpName = "N",
            DefaultValueFactory = _ => byDefault,
            CustomParser = Parse
        };

        T Parse(ArgumentResult result)
        {
            string text = result.Tokens[0].Value;
            if (T.TryParse(text, style, CultureInfo.InvariantCulture, out T? value) && value >= low && value <= high)
                return value;
            result.AddError($"{name} {text}: give {range}.");
            return byDefault;
        }
    }
}
