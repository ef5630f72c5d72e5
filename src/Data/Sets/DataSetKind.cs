namespace Dalle2.Data.Sets;

/// <summary>
/// One way to open a data set. The classes of this assembly that derive from it are found by reflection: a new set is its own files and no
/// edit elsewhere. A set with a name is opened by it; one without takes the files or folders that it can read.
/// </summary>
public abstract class DataSetKind
{
    /// <summary>All kinds: by name, and then those without one, by class.</summary>
    public static IReadOnlyList<DataSetKind> All { get; } =
    [
        .. typeof(DataSetKind).Assembly.GetTypes()
            .Where(type => type.IsSubclassOf(typeof(DataSetKind)) && !type.IsAbstract)
            .Select(type => (DataSetKind)Activator.CreateInstance(type)!)
            .OrderBy(kind => kind.Name is null)
            .ThenBy(kind => kind.Name ?? kind.GetType().Name, StringComparer.Ordinal),
    ];

    /// <summary>The name that opens it, null for the user's own files and folders.</summary>
    public virtual string? Name => null;

    /// <summary>What it is, in a few words, as lists and messages have it.</summary>
    public abstract string Description { get; }

    /// <summary>Whether an existing file or folder is of this kind; never called for a kind with a name.</summary>
    public virtual bool Takes(string path) => false;

    /// <summary>Opens it; <paramref name="spec"/> is the name, or the path that it takes.</summary>
    /// <exception cref="UserInputException">It cannot be opened; the message says why.</exception>
    public abstract IDataSet Open(string spec, DataSetOptions options);
}
