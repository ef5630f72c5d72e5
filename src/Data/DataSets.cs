namespace Dalle2.Data;

/// <summary>Opens a data set by what a person writes behind <c>--data</c>.</summary>
public static class DataSets
{
    /// <summary>The built-in names with what they are, in the order they are listed.</summary>
    public static IReadOnlyList<(string Name, string Description)> BuiltIn { get; } =
    [
        ("shapes", "generated: one shape with colour, size, place and background"),
        ("shapes2", "generated: two shapes in a relation"),
        ("emoji", "7,519 captioned emoji of two styles, 64 x 64 (first: dalle2 data get emoji)"),
        ("fashion", "Fashion-MNIST, 70,000 grey pictures of ten kinds of clothes, 28 x 28"),
    ];

    /// <summary>Opens a built-in set, a folder of pictures with .txt captions, or a COCO captions .json. A folder or file wins over a built-in name only when written as a path (<c>./emoji</c>).</summary>
    /// <exception cref="UserInputException">There is no such set, or it cannot be opened; the message says what there is.</exception>
    public static IDataSet Open(string spec, DataSetOptions? options = null)
    {
        options ??= new DataSetOptions();
        if (options.Count is < 1 || options.HeldOutCount is < 1)
        {
            throw new UserInputException($"{spec}: a count of samples must be at least 1.");
        }
        switch (spec)
        {
            case "shapes":
                return new ShapesDataSet(1, options);
            case "shapes2":
                return new ShapesDataSet(2, options);
            case "emoji":
                return new EmojiDataSet(options);
            case "fashion":
                return new FashionDataSet(options);
            default:
                break;
        }
        if (Directory.Exists(spec))
        {
            return new FolderDataSet(spec, options);
        }
        if (File.Exists(spec))
        {
            return spec.EndsWith(".json", StringComparison.OrdinalIgnoreCase)
                ? new CocoDataSet(spec, options)
                : throw new UserInputException($"'{spec}' is a file, and no .json of COCO captions. Give a folder of pictures with .txt captions, a COCO .json, or one of {Names}.");
        }
        string nearest = EditDistance.Nearest(spec.ToLowerInvariant(), BuiltIn.Select(b => b.Name), 1)[0];
        bool meant = EditDistance.Between(spec.ToLowerInvariant(), nearest) <= 3;
        throw new UserInputException($"There is no data set, folder or file '{spec}'.{(meant ? $" Did you mean {nearest}?" : "")} "
            + $"There are {Names}, and any folder of pictures with .txt captions or COCO captions .json.");
    }

    private static string Names => string.Join(", ", BuiltIn.Select(b => b.Name));
}
