using System.Diagnostics.CodeAnalysis;
using Dalle2.Data.Text;

namespace Dalle2.Data.Shapes;

/// <summary>
/// The captions of <c>shapes</c>, both ways. One shape: <c>a small red star at the top left on a navy background</c>, with
/// the places top left, top, top right, left, center, right, bottom left, bottom, bottom right. Two shapes:
/// <c>a small red star above a large blue circle on a black background</c>, with above, below, left of, right of.
/// </summary>
public static class SceneCaption
{
    static readonly string[] Shapes = Names<ShapeKind>(), Colors = Names<ShapeColor>(), Sizes = Names<ShapeSize>(),
        Places = Names<Place>(), Backgrounds = Names<Background>(), Relations = Names<Relation>();

    /// <summary>How captions name a value of one of the scene's enumerations: <c>top left</c>, <c>right of</c>, <c>red</c>.</summary>
    public static string Word<T>(T value)
        where T : struct, Enum =>
        string.Concat(value.ToString().Select((c, i) => char.IsAsciiLetterUpper(c) ? (i > 0 ? " " : "")
        + char.ToLowerInvariant(c) : c.ToString()));

    /// <summary>The caption of a scene.</summary>
    public static string Write(Scene scene)
    {
        string relation = scene.Relation is { } r
            ? $"{Relations[(int)r]} {Noun(scene.Second!)}" : $"at the {Places[(int)scene.First.Place]}";
        return $"{Noun(scene.First)} {relation} on a {Backgrounds[(int)scene.Background]} background";
    }

    /// <summary>Reads a caption of either form back; case and spacing do not matter, anything else does.</summary>
    public static bool TryParse(string caption, [NotNullWhen(true)] out Scene? scene)
    {
        scene = null;
        var words = WordTokenizer.Split(caption);
        int at = 0;
        if (!Objects(words, ref at, out var shape, out var color, out var size))
            return false;
        if (Literal(words, ref at, "at") && Literal(words, ref at, "the") && Choice(words, ref at, Places, out int place))
        {
            return Tail(words, ref at, out var background)
                && (scene = new Scene(background, new ShapeObject(shape, color, size, (Place)place))) is not null;
        }
        if (Choice(words, ref at, Relations, out int relation)
            && Objects(words, ref at, out var otherShape, out var otherColor, out var otherSize))
        {
            return Tail(words, ref at, out var background)
                && (scene = Scene.Pair(background, shape, color, size, (Relation)relation, otherShape, otherColor,
                otherSize)) is not null;
        }
        return false;
    }

    static string Noun(ShapeObject o) => $"a {Sizes[(int)o.Size]} {Colors[(int)o.Color]} {Shapes[(int)o.Shape]}";

    static string[] Names<T>()
        where T : struct, Enum => [.. Enum.GetValues<T>().Select(Word)];

    static bool Objects(IReadOnlyList<string> words, ref int at, out ShapeKind shape, out ShapeColor color, out ShapeSize size)
    {
        int s = 0, c = 0, k = 0;
        bool found = Literal(words, ref at, "a") && Choice(words, ref at, Sizes, out s) && Choice(words, ref at, Colors, out c)
            && Choice(words, ref at, Shapes, out k);
        (shape, color, size) = ((ShapeKind)k, (ShapeColor)c, (ShapeSize)s);
        return found;
    }

    static bool Tail(IReadOnlyList<string> words, ref int at, out Background background)
    {
        int b = 0;
        bool found = Literal(words, ref at, "on") && Literal(words, ref at, "a") && Choice(words, ref at, Backgrounds, out b)
            && Literal(words, ref at, "background") && at == words.Count;
        background = (Background)b;
        return found;
    }

    static bool Literal(IReadOnlyList<string> words, ref int at, string word)
    {
        bool found = at < words.Count && words[at] == word;
        at += found ? 1 : 0;
        return found;
    }

    // The longest name that stands here: "top left" before "top".
    static bool Choice(IReadOnlyList<string> words, ref int at, string[] names, out int chosen)
    {
        chosen = -1;
        int length = 0;
        for (int i = 0; i < names.Length; i++)
        {
            string[] parts = names[i].Split(' ');
            if (parts.Length > length && parts.SequenceEqual(words.Skip(at).Take(parts.Length)))
                (chosen, length) = (i, parts.Length);
        }
        at += length;
        return chosen >= 0;
    }
}
