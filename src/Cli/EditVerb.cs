using System.CommandLine;
using System.Globalization;
using Dalle2.Data.Pictures;
using Dalle2.Data.Sets;
using Dalle2.Training.Drawing;

namespace Dalle2.Cli;

/// <summary>
/// <c>edit</c>: a text diff (Ramesh et al., 2022, arXiv 2204.06125, section 3.3). The picture's embedding is turned towards the difference of two texts' embeddings, and drawn from the noise that
/// DDIM inversion finds behind the picture.
/// </summary>
sealed class EditVerb : EmbeddingVerb
{
    // The paper's range.
    internal static readonly double[] DefaultStrengths = [.125, .25, .375, .5];

    readonly Argument<string> picture;
    readonly Argument<string> before;
    readonly Argument<string> after;
    readonly Option<double?> strength;

    public EditVerb()
        : this(new Argument<string>("PICTURE") { Description = "A picture's file." },
        new Argument<string>("BEFORE") { Description = "What the picture shows." },
        new Argument<string>("AFTER") { Description = "What it should show." },
        VerbOptions.OptionalNumber("--strength", 0, 1,
        "How far the picture's embedding is turned: 0 draws the picture itself again, 1 leaves nothing of it but the difference of the "
        + $"texts. [default: {string.Join(", ", DefaultStrengths.Select(Text))}, a picture each]"))
    {
    }

    EditVerb(Argument<string> picture, Argument<string> before, Argument<string> after, Option<double?> strength)
        : base("edit", "Change what a picture shows, as from one text to another.", hasSheet: true, picture, before, after, strength) =>
        (this.picture, this.before, this.after, this.strength) = (picture, before, after, strength);

    public override IReadOnlyList<string> Examples =>
    [
        "dalle2 edit runs/unclip star.png \"a small red star\" \"a small blue star\" --out blue.png",
        "dalle2 edit runs/unclip star.png \"a small red star\" \"a large red star\" --strength 0.4 --out large.png",
    ];

    public override IReadOnlyList<string> Notes =>
    [
        "The sheet shows the picture, what is drawn of it without a change, and the changes.",
        .. base.Notes.SkipLast(1),
        "JSON: {files, seed, seconds, device, error}; error is the root mean square of what the picture drawn again without a change is "
        + "off by, of values in [0, 1].",
    ];

    private protected override int Count(ParseResult arguments) => Strengths(arguments).Length;

    private protected override DrawingPlan Prepare(ParseResult arguments, Terminal terminal, EmbeddingSource source)
    {
        string path = arguments.GetRequiredValue(picture), name = Path.GetFileName(path);
        terminal.Notice($"finding the noise behind {name} by DDIM inversion");
        return Plan(source, name, source.Fit(EmbeddingSource.Load(path)), arguments.GetRequiredValue(before),
            arguments.GetRequiredValue(after), Strengths(arguments));
    }

    /// <summary>Changes of a picture that was fitted, one for each strength, behind what is drawn of it without a change.</summary>
    internal static DrawingPlan Plan(
        EmbeddingSource source, string name, Image seen, string shown, string wanted, IReadOnlyList<double> strengths)
    {
        float[] own = source.OfPicture(seen), direction = ToLengthOf(own, source.Difference(shown, wanted));
        return new DrawingPlan(
            [
                new DrawingFrame("", own, 0, "drawn again", IsShownOnly: true),
                .. strengths.Select(one => new DrawingFrame(
                    $"{name}: from \"{shown}\" to \"{wanted}\", strength {Text(one)}", SphericalInterpolation.Between(own, direction, one),
                    0, $"strength {Text(one)}")),
            ],
            [new ContactCell(name, [("", seen)])], new SourcePicture(ImageTransform.ToFloats(seen)));
    }

    double[] Strengths(ParseResult arguments) => arguments.GetValue(strength) is { } one ? [one] : DefaultStrengths;

    static float[] ToLengthOf(float[] own, float[] direction)
    {
        double factor = Math.Sqrt(own.Sum(x => (double)x * x) / direction.Sum(x => (double)x * x));
        return [.. direction.Select(x => (float)(factor * x))];
    }

    static string Text(double value) => value.ToString(CultureInfo.InvariantCulture);
}
