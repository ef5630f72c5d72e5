using Dalle2.Data.Text;

namespace Dalle2.Data.Sets;

/// <summary>Opens a data set by what a person writes behind <c>--data</c>.</summary>
public static class DataSets
{
    /// <summary>The sets that are opened by name, with what they are.</summary>
    public static IReadOnlyList<(string Name, string Description)> BuiltIn { get; } =
        [.. DataSetKind.All.Where(kind => kind.Name is not null).Select(kind => (kind.Name!, kind.Description))];

    static string Names => string.Join(", ", BuiltIn.Select(set => set.Name));

    static string Files => string.Join(", ", DataSetKind.All.Where(kind => kind.Name is null).Select(kind => kind.Description));

    /// <summary>Opens a built-in set, or the user's own file or folder. A path wins over a built-in name only when written as one
    /// (<c>./emoji</c>).</summary>
    /// <exception cref="UserInputException">There is no such set, or it cannot be opened; the message says what there is.</exception>
    public static IDataSet Open(string spec, DataSetOptions? options = null)
    {
        options ??= new DataSetOptions();
        if (options.Count is < 1 || options.HeldOutCount is < 1)
            throw new UserInputException($"{spec}: a count of samples must be at least 1.");
        var kind = DataSetKind.All.FirstOrDefault(kind => kind.Name == spec) ?? DataSetKind.All.FirstOrDefault(kind => kind.Name is null
            && kind.Takes(spec));
        return kind?.Open(spec, options) ?? throw Unknown(spec);
    }

    /// <summary>Whether a person's own file, folder or pattern of files is where it is said to be.</summary>
    public static bool IsThere(string spec) => Path.Exists(spec) || DataSetKind.All.Any(kind => kind.Name is null && kind.Takes(spec));

    static UserInputException Unknown(string spec)
    {
        string offer = $"There are {Names}, and your own: {Files}.";
        if (Path.Exists(spec))
            return new UserInputException($"'{spec}' is no data set. {offer}");
        string nearest = EditDistance.Nearest(spec.ToLowerInvariant(), BuiltIn.Select(set => set.Name), 1)[0];
        bool meant = EditDistance.Between(spec.ToLowerInvariant(), nearest) <= 3;
        return new UserInputException(
            $"There is no data set, folder or file '{spec}'.{(meant ? $" Did you mean {nearest}?" : "")} {offer}");
    }
}
