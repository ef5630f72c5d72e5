using Dalle2.Data.Pictures;
using Dalle2.Data.Shards;
using Dalle2.Data.Tables;

namespace Dalle2.Data.Conversion;

/// <summary>Where a set is written, and in which form, which its name says. It is written beside its place and put there when it is whole.</summary>
sealed class ConversionTarget
{
    /// <summary>The forms, as a message lists them.</summary>
    public const string Forms = "a folder, .csv, .tsv, .jsonl, .parquet, .tar or a pattern of them, NAME-{00..07}.tar";

    readonly string spec, parent;
    readonly string[] places;

    /// <summary>Reads the name.</summary>
    /// <param name="spec">What a person named.</param>
    /// <exception cref="UserInputException">It is no form that is written.</exception>
    public ConversionTarget(string spec)
    {
        this.spec = spec;
        string path = Path.TrimEndingDirectorySeparator(spec), ending = Path.GetExtension(path).ToLowerInvariant();
        bool isFolder = Directory.Exists(path) || path != spec || ending.Length == 0;
        Form = isFolder ? "folder" : ending[1..];
        if (!isFolder && !TableFile.IsTableName(path) && ending is not (".parquet" or ".tar"))
        {
            throw new UserInputException($"'{VisibleText.Of(spec)}': {ending} is no form that is written here; there are {Forms}. "
                + "A folder of such a name ends with a slash.");
        }

        IReadOnlyList<string> files = Form == "tar" && ShardNames.IsPattern(path) ? ShardNames.Expand(path)
            : IsTable ? [path, TableWriter.PicturesOf(path)] : [path];
        places = [.. files.Select(Path.GetFullPath)];
        parent = Path.GetDirectoryName(places[0])
            ?? throw new UserInputException($"'{VisibleText.Of(spec)}' is the root of a disk: name a folder in it.");
    }

    /// <summary>What it is: <c>folder</c>, <c>csv</c>, <c>tsv</c>, <c>jsonl</c>, <c>ndjson</c>, <c>parquet</c> or <c>tar</c>.</summary>
    public string Form { get; }

    /// <summary>The files and folders that it becomes.</summary>
    public IReadOnlyList<string> Places => places;

    bool IsTable => Form is not ("folder" or "parquet" or "tar");

    /// <summary>Checks that nothing is there, or only what may be replaced: files, and folders of nothing but pictures and captions.</summary>
    /// <param name="replaces">Whether what is there is replaced.</param>
    /// <exception cref="UserInputException">Something is there.</exception>
    public void RequireFree(bool replaces)
    {
        foreach (string place in places.Where(Path.Exists))
        {
            if (!replaces)
                throw new UserInputException($"{VisibleText.Of(place)}: exists already; name another place, or replace it with --force");
            bool isFolder = Directory.Exists(place);
            if (isFolder != (Form == "folder" || (IsTable && place != places[0])))
                throw new UserInputException($"{VisibleText.Of(place)}: is a {(isFolder ? "folder" : "file")}; name another place");
            if (isFolder && Directory.EnumerateFiles(place, "*", SearchOption.AllDirectories).FirstOrDefault(IsOther) is { } other)
            {
                throw new UserInputException($"{VisibleText.Of(place)}: is not replaced, as it holds more than pictures and captions, "
                    + $"such as {VisibleText.Of(Path.GetFileName(other))}; remove it yourself, or name another place");
            }
        }
    }

    /// <summary>A plan of names that the form can hold.</summary>
    public ConversionPlan Plan(Sets.IDataSet set) => new(set, sharesStems: Form is "folder" or "tar", dotsSeparate: Form == "tar");

    /// <summary>Begins to write, to a folder that is there.</summary>
    public ISetWriter Open(string staging, ConversionPlan plan)
    {
        string[] files = [.. places.Select(place => Staged(staging, place))];
        return Form switch
        {
            "folder" => new FolderWriter(files[0]),
            "parquet" => new ParquetSetWriter(files[0], plan.Pictures.Any(picture => picture.Indices.Count > 1)),
            "tar" => new ShardWriter(files, plan.Pictures.Count),
            _ => new TableWriter(files[0]),
        };
    }

    /// <summary>Makes the folder to write to, beside the place.</summary>
    public string Stage()
    {
        string staging = Path.Combine(parent, $".{Path.GetFileName(places[0])}.{Environment.ProcessId}.tmp");
        Directory.CreateDirectory(parent);
        if (Directory.Exists(staging))
            Directory.Delete(staging, recursive: true);
        return Directory.CreateDirectory(staging).FullName;
    }

    /// <summary>Puts what was written in its place. What it replaces goes with the folder it was written to, once all is in its place.</summary>
    public void Publish(string staging)
    {
        string old = Directory.CreateDirectory(Path.Combine(staging, ".replaced")).FullName;
        var moved = new Stack<(string From, string To)>();
        try
        {
            foreach (string place in places)
            {
                if (Path.Exists(place))
                    Move(place, Staged(old, place));
                Move(Staged(staging, place), place);
            }
        }
        catch
        {
            while (moved.TryPop(out var last))
                MoveFile(last.To, last.From);
            throw;
        }

        void Move(string from, string to)
        {
            MoveFile(from, to);
            moved.Push((from, to));
        }
    }

    /// <summary>A disk's fault, as a person is told it.</summary>
    public UserInputException Fault(Exception e) => new(AtomicFile.Explain(VisibleText.Of(spec), e), e);

    static string Staged(string staging, string place) => Path.Combine(staging, Path.GetFileName(place));

    static bool IsOther(string file) =>
        !PictureFormats.IsPictureName(file) && !file.EndsWith(".txt", StringComparison.OrdinalIgnoreCase);

    static void MoveFile(string from, string to)
    {
        if (Directory.Exists(from))
            Directory.Move(from, to);
        else
            File.Move(from, to);
    }
}
