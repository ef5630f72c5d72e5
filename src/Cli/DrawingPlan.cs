using Dalle2.Data.Pictures;
using Dalle2.Data.Sets;
using Dalle2.Training.Drawing;

namespace Dalle2.Cli;

/// <summary>A picture to be drawn from an image embedding.</summary>
/// <param name="Title">What it is, kept in its file.</param>
/// <param name="Embedding">What it is drawn from.</param>
/// <param name="Number">Its number.</param>
/// <param name="Caption">What stands beneath it on a sheet; null for the title.</param>
/// <param name="IsShownOnly">Whether it stands on the sheet alone.</param>
readonly record struct DrawingFrame(string Title, float[] Embedding, int Number, string? Caption = null, bool IsShownOnly = false);

/// <summary>What is drawn from image embeddings.</summary>
/// <param name="Frames">The pictures to be drawn.</param>
/// <param name="Shown">What a sheet shows before them.</param>
/// <param name="Source">The picture that all come from.</param>
sealed record DrawingPlan(IReadOnlyList<DrawingFrame> Frames, IReadOnlyList<ContactCell> Shown, SourcePicture? Source = null)
{
    /// <summary>Draws all of them, in order.</summary>
    public IReadOnlyList<(DrawingFrame Frame, float[] Values, Image Image)> Draw(
        PictureGenerator generator, ulong seed, SamplerSettings settings, DrawingProgress? progress = null) =>
        [.. Frames.Zip(generator.Draw([.. Frames.Select(frame => frame.Embedding)], seed, [.. Frames.Select(frame => frame.Number)],
            settings, Source, progress), (frame, values) => (frame, values, DrawnPictures.ToImage(generator, values)))];

    /// <summary>The file of one of them.</summary>
    public PictureFile FileOf(DrawingFrame frame, PictureGenerator generator, ulong seed, SamplerSettings settings) => new(
        frame.Title, seed, frame.Number, settings.Values, Path.GetFullPath(generator.Run), generator.RunHash, Application.Version,
        generator.Precision, frame.Embedding, Source);
}
