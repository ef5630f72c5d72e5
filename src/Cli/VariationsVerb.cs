using System.CommandLine;
using Dalle2.Data.Sets;

namespace Dalle2.Cli;

/// <summary><c>variations</c>: other pictures of what a picture's embedding says.</summary>
sealed class VariationsVerb : EmbeddingVerb
{
    readonly Argument<string> picture;

    public VariationsVerb()
        : this(new Argument<string>("PICTURE") { Description = "A picture's file." })
    {
    }

    VariationsVerb(Argument<string> picture)
        : base("variations", "Draw other pictures of what CLIP sees in a picture.",
        VerbOptions.Count("--count", 6, 1, 10_000, "Variations."), picture) => this.picture = picture;

    public override IReadOnlyList<string> Examples => ["dalle2 variations runs/unclip star.png --count 8 --sheet --out stars.png"];

    private protected override Plan Prepare(ParseResult arguments, Terminal terminal, Source source, int pictures)
    {
        string path = arguments.GetRequiredValue(picture);
        var (embedding, seen) = source.OfPicture(path);
        string title = $"variation of {Path.GetFileName(path)}";
        return new Plan([.. Enumerable.Range(0, pictures).Select(i => new Frame(title, embedding, i))],
            [new ContactCell(Path.GetFileName(path), [("", seen)])]);
    }
}
