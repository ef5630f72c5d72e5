using System.CommandLine;
using Dalle2.Data.Pictures;
using Dalle2.Data.Sets;
using Dalle2.Training.Drawing;

namespace Dalle2.Cli;

/// <summary><c>inpaint</c>: a part of a picture drawn anew, as a prompt says; the rest stays, pixel by pixel.</summary>
sealed class InpaintVerb : EmbeddingVerb
{
    readonly Argument<string> picture;
    readonly Argument<string> mask;
    readonly Argument<string> prompt;
    readonly Option<int> count;
    readonly Option<int> resample;

    public InpaintVerb()
        : this(new Argument<string>("PICTURE") { Description = "A picture's file." },
        new Argument<string>("MASK") { Description = "A picture's file, as large: white is drawn anew, black stays." },
        new Argument<string>("PROMPT") { Description = "What the whole picture should show." },
        VerbOptions.Count("--count", 4, 1, 10_000, "Pictures."),
        VerbOptions.Count("--resample", 2, 1, 100, "Takes each step of the sampler so many times, with its noise put back between them, so "
        + "that what is drawn suits what stays (RePaint)."))
    {
    }

    InpaintVerb(Argument<string> picture, Argument<string> mask, Argument<string> prompt, Option<int> count, Option<int> resample)
        : base("inpaint", "Draw a part of a picture anew, as a prompt says.", hasSheet: true, picture, mask, prompt, count, resample) =>
        (this.picture, this.mask, this.prompt, this.count, this.resample) = (picture, mask, prompt, count, resample);

    public override IReadOnlyList<string> Examples =>
        ["dalle2 inpaint runs/unclip star.png mask.png \"a large blue ring at the center on a black background\" --out ring.png"];

    public override IReadOnlyList<string> Notes =>
    [
        "What is darker than half in the mask stays exactly as it is; a pixel of the drawing is drawn anew if any part of it is to be. The "
        + "sheet shows the picture, the mask and the drawings.",
        .. base.Notes,
    ];

    private protected override int Count(ParseResult arguments) => arguments.GetValue(count);

    private protected override DrawingPlan Prepare(ParseResult arguments, Terminal terminal, EmbeddingSource source)
    {
        string path = arguments.GetRequiredValue(picture), masking = arguments.GetRequiredValue(mask);
        Image whole = EmbeddingSource.Load(path);
        var drawn = PictureMask.Read(masking, EmbeddingSource.Load(masking), whole, source);
        terminal.Notice($"drawing {drawn.Pixels.Count(isDrawn => isDrawn)} of {drawn.Pixels.Length} pixels; the others stay");
        return Plan(source, (Path.GetFileName(path), source.Fit(whole)), (Path.GetFileName(masking), drawn),
            arguments.GetRequiredValue(prompt), arguments.GetValue(count), arguments.GetValue(resample));
    }

    /// <summary>Drawings of a part of a picture that was fitted.</summary>
    internal static DrawingPlan Plan(EmbeddingSource source, (string Name, Image Seen) picture, (string Name, PictureMask Drawn) mask,
        string prompt, int count, int resamplings) => new(
        [.. source.OfPrompt(prompt, count).Select((embedding, i) => new DrawingFrame(prompt, embedding, i))],
        [new ContactCell(picture.Name, [("", picture.Seen)]), new ContactCell(mask.Name, [("", mask.Drawn.ToImage())])],
        new SourcePicture(ImageTransform.ToFloats(picture.Seen), mask.Drawn.Pixels, resamplings));
}
