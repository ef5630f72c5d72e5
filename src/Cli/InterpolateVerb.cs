using System.CommandLine;
using System.Globalization;
using Dalle2.Data.Sets;

namespace Dalle2.Cli;

/// <summary><c>interpolate</c>: what lies between two pictures or prompts, along the great circle between their image embeddings.</summary>
sealed class InterpolateVerb : EmbeddingVerb
{
    // Below such an angle a straight line is as good.
    const double LeastAngle = 1e-4;

    readonly Argument<string> from;
    readonly Argument<string> to;

    public InterpolateVerb()
        : this(new Argument<string>("FROM") { Description = "A picture's file, or a prompt." },
        new Argument<string>("TO") { Description = "A picture's file, or a prompt." })
    {
    }

    InterpolateVerb(Argument<string> from, Argument<string> to)
        : base("interpolate", "Draw what lies between two pictures or prompts.",
        VerbOptions.Count("--count", 8, 2, 10_000, "Pictures, both ends included."), from, to) => (this.from, this.to) = (from, to);

    public override IReadOnlyList<string> Examples =>
    [
        "dalle2 interpolate runs/unclip star.png ring.png --sheet --out between.png",
        "dalle2 interpolate runs/unclip \"a large red ring\" \"a small blue star\" --count 12 --out morph.png",
    ];

    private protected override Plan Prepare(ParseResult arguments, Terminal terminal, Source source, int pictures)
    {
        string first = arguments.GetRequiredValue(from), second = arguments.GetRequiredValue(to);
        var shown = new List<ContactCell>();
        float[] start = Embed(first), end = Embed(second);
        return new Plan([.. Enumerable.Range(0, pictures).Select(i => FrameAt((double)i / (pictures - 1)))], shown);

        Frame FrameAt(double t)
        {
            string title = string.Create(
                CultureInfo.InvariantCulture, $"{1 - t:0.##} {Path.GetFileName(first)}, {t:0.##} {Path.GetFileName(second)}");
            return new Frame(title, Between(start, end, t), 0);
        }

        float[] Embed(string one)
        {
            if (!File.Exists(one))
                return source.OfPrompt(one, terminal);
            var (embedding, seen) = source.OfPicture(one);
            shown.Add(new ContactCell(Path.GetFileName(one), [("", seen)]));
            return embedding;
        }
    }

    /// <summary>Spherical interpolation of vectors of equal length (Shoemake, 1985).</summary>
    internal static float[] Between(float[] start, float[] end, double t)
    {
        double dot = 0, square = 0, other = 0;
        for (int i = 0; i < start.Length; i++)
        {
            dot += (double)start[i] * end[i];
            square += (double)start[i] * start[i];
            other += (double)end[i] * end[i];
        }

        double angle = Math.Acos(Math.Clamp(dot / Math.Sqrt(square * other), -1, 1)), sine = Math.Sin(angle);
        // Opposite ends have no shortest way.
        bool isStraight = angle < LeastAngle || sine < LeastAngle;
        double a = isStraight ? 1 - t : Math.Sin((1 - t) * angle) / sine, b = isStraight ? t : Math.Sin(t * angle) / sine;
        return [.. start.Zip(end, (x, y) => (float)(a * x + b * y))];
    }
}
