using System.Globalization;
using Dalle2.Data;

namespace Dalle2.Cli.Studio;

/// <summary>What a page asks to be drawn. Which parts it has depends on the kind.</summary>
/// <param name="Run">The run's name.</param>
/// <param name="Kind">text, variations, interpolation, edit, inpainting, again.</param>
/// <param name="Prompt">Of text and inpainting: what to draw; of an interpolation: its start, where it is no picture.</param>
/// <param name="OtherPrompt">Of an interpolation: its end, where it is no picture; of an edit: what the picture should show.</param>
/// <param name="Picture">A picture of the gallery: what is varied, changed, drawn again, or the interpolation's start.</param>
/// <param name="OtherPicture">Of an interpolation: its end.</param>
/// <param name="Mask">Of inpainting: a PNG in Base64, as large as the picture, white for what is drawn.</param>
/// <param name="Count">How many pictures.</param>
/// <param name="Seed">A whole number in digits: JavaScript has none of 64 bits.</param>
/// <param name="Rerank">Of text: of how many drawings each is the nearest to the prompt.</param>
/// <param name="Invert">Of variations: begin with the noise behind the picture.</param>
/// <param name="Strength">Of an edit: how far; null takes several.</param>
/// <param name="Resample">Of inpainting: how many times each step is taken.</param>
/// <param name="Settings">The sampler's options.</param>
/// <param name="Device">The device; null takes the studio's.</param>
/// <param name="Precision">What products of matrices multiply; null for float32.</param>
sealed record DrawingRequest(
    string Run, string Kind, string? Prompt = null, string? OtherPrompt = null, string? Picture = null, string? OtherPicture = null,
    string? Mask = null, int Count = 1, string? Seed = null, int Rerank = 1, bool Invert = false, double? Strength = null,
    int Resample = 2, Dictionary<string, string>? Settings = null, string? Device = null, string? Precision = null)
{
    const int MostPictures = 64, MostCandidates = 64, LongestPrompt = 2000, MostResamplings = 20;

    /// <summary>The kinds.</summary>
    public static IReadOnlyList<string> Kinds { get; } = ["text", "variations", "interpolation", "edit", "inpainting", "again"];

    /// <summary>The seed as a number.</summary>
    public ulong SeedNumber => Seed is null ? 1
        : ulong.TryParse(Seed, NumberStyles.None, CultureInfo.InvariantCulture, out ulong number) ? number
        : throw new UserInputException("the seed is a whole number from 0 to 2^64 - 1");

    /// <summary>Checks what can be checked without the run's model.</summary>
    /// <exception cref="UserInputException">Something is missing, or out of bounds.</exception>
    public void Validate()
    {
        Known.Require("kind of drawing", Kind, Kinds);
        _ = SeedNumber;
        Require(Count is >= 1 and <= MostPictures, $"give a count from 1 to {MostPictures}");
        Require(Rerank is >= 1 and <= MostCandidates, $"give a number of candidates from 1 to {MostCandidates}");
        Require((long)Count * Rerank <= MostPictures * 16, $"count and candidates make more than {MostPictures * 16} drawings; give less");
        Require(Resample is >= 1 and <= MostResamplings, $"give a number of resamplings from 1 to {MostResamplings}");
        Require(Strength is null or (>= 0 and <= 1), "give a strength from 0 to 1");
        Require((Prompt?.Length ?? 0) <= LongestPrompt && (OtherPrompt?.Length ?? 0) <= LongestPrompt,
            $"a prompt has {LongestPrompt} characters at most");
        switch (Kind)
        {
            case "text":
                Require(Prompt is not null, "a prompt is missing");
                break;
            case "interpolation":
                Require(Count >= 2, "an interpolation has two pictures or more");
                Require((Prompt ?? Picture) is not null, "say where the interpolation begins: a prompt or a picture");
                Require((OtherPrompt ?? OtherPicture) is not null, "say where the interpolation ends: a prompt or a picture");
                break;
            default:
                Require(Picture is not null, "choose a picture");
                Require(Kind != "edit" || (Prompt is not null && OtherPrompt is not null),
                    "say what the picture shows, and what it should show");
                Require(Kind != "inpainting" || Prompt is not null, "say what the whole picture should show");
                Require(Kind != "inpainting" || Mask is not null, "paint over what is to be drawn anew");
                break;
        }
    }

    static void Require(bool holds, string sentence)
    {
        if (!holds)
            throw new UserInputException(sentence);
    }
}
