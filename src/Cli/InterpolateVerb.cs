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

    private protected override DrawingPlan Prepare(ParseResult arguments, Terminal terminal, EmbeddingSource source)
    {
        var shown = new List<ContactCell>();
        string first = arguments.GetRequiredValue(from), second = arguments.GetRequiredValue(to);
        return Plan((Path.GetFileName(first), Embed(first)), (Path.GetFileName(second), Embed(second)), arguments.GetValue(count), shown);

        float[] Embed(string one)
        {
            if (!File.Exists(one))
                return source.OfPrompt(one)[0];
            Image seen = source.Fit(EmbeddingSource.Load(one));
            shown.Add(new ContactCell(Path.GetFileName(one), [("", seen)]));
            return source.OfPicture(seen);
        }
    }

    /// <summary>What lies between two embeddings, both ends included.</summary>
    internal static DrawingPlan Plan(
        (string Name, float[] Embedding) from, (string Name, float[] Embedding) to, int count, IReadOnlyList<ContactCell> shown)
    {
        return new DrawingPlan([.. Enumerable.Range(0, count).Select(i => FrameAt((double)i / (count - 1)))], shown);

        DrawingFrame FrameAt(double t)
        {
            string title = string.Create(CultureInfo.InvariantCulture, $"{1 - t:0.##} {from.Name}, {t:0.##} {to.Name}");
            return new DrawingFrame(title, SphericalInterpolation.Between(from.Embedding, to.Embedding, t), 0);
        }
    }
}
