using System.CommandLine;
using System.Globalization;
using Dalle2.Data.Pictures;
using Dalle2.Data.Sets;

namespace Dalle2.Cli;

/// <summary><c>interpolate</c>: what lies between two pictures or prompts, along the great circle between their image embeddings.</summary>
sealed class InterpolateVerb : EmbeddingVerb
{
    readonly Argument<string> from;
    readonly Argument<string> to;
    readonly Option<int> count;

    public InterpolateVerb()
        : this(new Argument<string>("FROM") { Description = "A picture's file, or a prompt." },
        new Argument<string>("TO") { Description = "A picture's file, or a prompt." },
        VerbOptions.Count("--count", 8, 2, 10_000, "Pictures, both ends included."))
    {
    }

    InterpolateVerb(Argument<string> from, Argument<string> to, Option<int> count)
        : base("interpolate", "Draw what lies between two pictures or prompts.", hasSheet: false, from, to, count) =>
        (this.from, this.to, this.count) = (from, to, count);

    public override IReadOnlyList<string> Examples =>
    [
        "dalle2 interpolate runs/unclip star.png ring.png --sheet --out between.png",
        "dalle2 interpolate runs/unclip \"a large red ring\" \"a small blue star\" --count 12 --out morph.png",
    ];

    private protected override int Count(ParseResult arguments) => arguments.GetValue(count);

    private protected override Plan Prepare(ParseResult arguments, Terminal terminal, EmbeddingSource source)
    {
        int pictures = arguments.GetValue(count);
        string first = arguments.GetRequiredValue(from), second = arguments.GetRequiredValue(to);
        var shown = new List<ContactCell>();
        float[] start = Embed(first), end = Embed(second);
        return new Plan([.. Enumerable.Range(0, pictures).Select(i => FrameAt((double)i / (pictures - 1)))], shown);

        Frame FrameAt(double t)
        {
            string title = string.Create(
                CultureInfo.InvariantCulture, $"{1 - t:0.##} {Path.GetFileName(first)}, {t:0.##} {Path.GetFileName(second)}");
            return new Frame(title, SphericalInterpolation.Between(start, end, t), 0);
        }

        float[] Embed(string one)
        {
            if (!File.Exists(one))
                return source.OfPrompt(one)[0];
            Image seen = source.Fit(EmbeddingSource.Load(one));
            shown.Add(new ContactCell(Path.GetFileName(one), [("", seen)]));
            return source.OfPicture(seen);
        }
    }
}
