using Dalle2.Data;
using Dalle2.Data.Pictures;
using Dalle2.Training.Drawing;
using Dalle2.Training.Runs;

namespace Dalle2.Cli;

/// <summary>Where the embeddings come from that an <see cref="EmbeddingVerb"/> draws from: files of pictures, and prompts.</summary>
sealed class EmbeddingSource(PictureGenerator generator, ulong seed, SamplerSettings settings, Action<string> notice)
{
    /// <summary>A picture's file as it is.</summary>
    /// <exception cref="UserInputException">There is no such file, or no picture in it.</exception>
    public static Image Load(string path)
    {
        try
        {
            return PictureDecoder.Decode(PictureFile.Load(path));
        }
        catch (ImageFormatException fault)
        {
            throw new UserInputException($"{path}: no picture that can be read ({fault.Message}).", fault);
        }
    }

    /// <summary>A picture as the model sees it: of its side, cut or padded as its training pictures were.</summary>
    public Image Fit(Image picture) => Fit(picture, generator.Config);

    /// <summary>The same with another background.</summary>
    public Image Fit(Image picture, Rgb background) => Fit(picture, generator.Config, background);

    /// <summary>A picture as the models of a configuration see it.</summary>
    /// <param name="picture">Of any size.</param>
    /// <param name="config">The configuration.</param>
    /// <param name="background">What is behind it; null takes the configuration's.</param>
    public static Image Fit(Image picture, TrainingConfig config, Rgb? background = null)
    {
        Rgb behind = background ?? (config.Background is { } own ? Rgb.Parse(own) : new Rgb(255, 255, 255));
        return ImageTransform.ToSquare(picture, config.ImageSide, config.Fit, behind.Red, behind.Green, behind.Blue);
    }

    /// <summary>The embedding of a picture that was fitted.</summary>
    public float[] OfPicture(Image seen) => generator.Embed([ImageTransform.ToFloats(seen)])[0];

    /// <summary>The image embeddings that a prompt's drawings of the first numbers are made from.</summary>
    public IReadOnlyList<float[]> OfPrompt(string prompt, int count = 1)
    {
        DrawnPictures.ReportReading(generator, prompt, notice);
        return generator.EmbedPrompts([.. Enumerable.Repeat(prompt, count)], seed, 0, settings);
    }

    /// <summary>The way in the space of embeddings from what one text says to what another does, of any length.</summary>
    /// <exception cref="UserInputException">The run reads the same in both.</exception>
    public float[] Difference(string before, string after)
    {
        DrawnPictures.ReportReading(generator, before, notice);
        DrawnPictures.ReportReading(generator, after, notice);
        IReadOnlyList<float[]> texts = generator.EmbedTexts([before, after]);
        float[] difference = [.. texts[1].Zip(texts[0], (wanted, shown) => wanted - shown)];
        return difference.Any(x => x != 0) ? difference : throw new UserInputException(
            $"the run reads the same in \"{before}\" and \"{after}\"; say what the picture shows, then what it should show");
    }
}
