using System.CommandLine;
using Dalle2.Data.Pictures;
using Dalle2.Data.Sets;
using Dalle2.Training.Drawing;

namespace Dalle2.Cli;

/// <summary><c>variations</c>: other pictures of what a picture's embedding says.</summary>
sealed class VariationsVerb : EmbeddingVerb
{
    // With less, what follows the noise behind the picture hardly strays from it.
    const string DefaultEta = "0.7";

    readonly Argument<string> picture;
    readonly Option<int> count;
    readonly Option<bool> invert;

    public VariationsVerb()
        : this(new Argument<string>("PICTURE") { Description = "A picture's file." },
        VerbOptions.Count("--count", 6, 1, 10_000, "Variations."),
        VerbOptions.Flag("--invert", "Begin with the noise that DDIM inversion finds behind the picture, not with fresh noise, so that "
        + "layout and details stay; --eta says how far variations stray: 0 draws the picture itself again. Without --eta it is "
        + $"{DefaultEta}."))
    {
    }

    VariationsVerb(Argument<string> picture, Option<int> count, Option<bool> invert)
        : base("variations", "Draw other pictures of what CLIP sees in a picture.", hasSheet: false, picture, count, invert) =>
        (this.picture, this.count, this.invert) = (picture, count, invert);

    public override IReadOnlyList<string> Examples =>
    [
        "dalle2 variations runs/unclip star.png --count 8 --sheet --out stars.png",
        "dalle2 variations runs/unclip star.png --invert --eta 0.5 --sheet --out near.png",
    ];

    private protected override int Count(ParseResult arguments) => arguments.GetValue(count);

    // Otherwise each variation would be the same.
    private protected override IReadOnlyDictionary<string, string> Complete(
        ParseResult arguments, IReadOnlyDictionary<string, string> given) =>
        arguments.GetValue(invert) ? WithEta(given) : given;

    /// <summary>What the sampler is told where variations begin with the noise behind the picture: with some noise anew, if nothing else is said.</summary>
    internal static IReadOnlyDictionary<string, string> WithEta(IReadOnlyDictionary<string, string> given) =>
        !given.ContainsKey("eta") && given.GetValueOrDefault("sampler", "ddim") == "ddim"
        ? new Dictionary<string, string>(given) { ["eta"] = DefaultEta } : given;

    private protected override DrawingPlan Prepare(ParseResult arguments, Terminal terminal, EmbeddingSource source)
    {
        string path = arguments.GetRequiredValue(picture), name = Path.GetFileName(path);
        if (arguments.GetValue(invert))
            terminal.Notice($"finding the noise behind {name} by DDIM inversion");
        return Plan(source, name, source.Fit(EmbeddingSource.Load(path)), arguments.GetValue(count), arguments.GetValue(invert));
    }

    /// <summary>Variations of a picture that was fitted.</summary>
    internal static DrawingPlan Plan(EmbeddingSource source, string name, Image seen, int count, bool inverts)
    {
        float[] embedding = source.OfPicture(seen);
        return new DrawingPlan(
            [.. Enumerable.Range(0, count).Select(i => new DrawingFrame($"variation of {name}", embedding, i))],
            [new ContactCell(name, [("", seen)])], inverts ? new SourcePicture(ImageTransform.ToFloats(seen)) : null);
    }
}
