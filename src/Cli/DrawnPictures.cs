using Dalle2.Data.Pictures;
using Dalle2.Data.Text;
using Dalle2.Training.Drawing;

namespace Dalle2.Cli;

/// <summary>Pictures of a prompt, and of a file once more, as <c>generate</c> and the studio draw them.</summary>
static class DrawnPictures
{
    /// <summary>Draws a prompt.</summary>
    /// <param name="generator">The run.</param>
    /// <param name="prompt">What to draw.</param>
    /// <param name="count">How many pictures.</param>
    /// <param name="candidates">Of how many drawings each is the nearest to the prompt.</param>
    /// <param name="seed">With a picture's number, decides its noise.</param>
    /// <param name="settings">The values of the sampler's options.</param>
    /// <param name="progress">Sees them emerge.</param>
    public static IReadOnlyList<(PictureFile File, Image Image)> OfPrompt(
        PictureGenerator generator, string prompt, int count, int candidates, ulong seed, SamplerSettings settings,
        DrawingProgress? progress = null)
    {
        IReadOnlyList<float[]> pictures = generator.Draw(
            [.. Enumerable.Repeat(prompt, count * candidates)], seed, 0, settings, progress);
        float[] scores = candidates == 1 ? [] : generator.Score(prompt, pictures);
        return
        [
            .. Enumerable.Range(0, count).Select(i =>
            {
                int best = Enumerable.Range(i * candidates, candidates).MaxBy(one => scores.Length == 0 ? 0 : scores[one]);
                return (new PictureFile(prompt, seed, best, settings.Values, Path.GetFullPath(generator.Run), generator.RunHash,
                    Application.Version, generator.Precision), ToImage(generator, pictures[best]));
            }),
        ];
    }

    /// <summary>Draws the picture of a file once more.</summary>
    /// <param name="generator">The run that drew it, on a device of its precision.</param>
    /// <param name="path">The file's name, for messages.</param>
    /// <param name="picture">What the file says.</param>
    /// <param name="progress">Sees it emerge.</param>
    /// <exception cref="Dalle2.Data.UserInputException">A value is not one of the sampler's options.</exception>
    public static Image Again(PictureGenerator generator, string path, PictureFile picture, DrawingProgress? progress = null)
    {
        SamplerSettings settings = picture.Settings(path, generator.Family);
        return ToImage(generator, (picture.Embedding is { } embedding
            ? generator.Draw([embedding], picture.Seed, [picture.Number], settings, picture.Source, progress)
            : generator.Draw([picture.Prompt], picture.Seed, picture.Number, settings, progress))[0]);
    }

    /// <summary>Says what of a prompt the run does not know or does not read.</summary>
    public static void ReportReading(PictureGenerator generator, string prompt, Action<string> notice)
    {
        PromptReading reading = generator.Read(prompt);
        IReadOnlyList<string> unknown = reading.Unknown;
        if (unknown.Count > 0)
        {
            IEnumerable<string> near = unknown.Take(5)
                .Select(word => $"'{word}' (near: {string.Join(", ", generator.Tokenizer.Vocabulary.Nearest(word, 3))})");
            notice($"the run does not know {(unknown.Count == 1 ? "the word" : $"{unknown.Count} words:")} {string.Join(", ", near)}");
        }

        if (reading.IsCut)
        {
            string cut = string.Join(' ', reading.Cut.Take(8)) + (reading.Cut.Count > 8 ? " ..." : "");
            notice($"the run reads {reading.Words.Count} words of a prompt (maxWords), "
                + $"and this one has {reading.Words.Count + reading.Cut.Count}: '{cut}' changes nothing. Say what matters first");
        }
    }

    /// <summary>A drawing as a picture.</summary>
    public static Image ToImage(PictureGenerator generator, float[] values) =>
        ImageTransform.FromFloats(values, generator.Config.ImageSide, generator.Config.ImageSide);
}
