using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Dalle2.Data;
using Dalle2.Data.Text;
using Dalle2.Training.Families;
using Dalle2.Training.Runs;

namespace Dalle2.Cli.Studio;

/// <summary>The runs that a studio shows, by their folders' names: what a page names is looked for among them, and never taken for a path.</summary>
/// <param name="folder">The folder of runs, or one run.</param>
sealed partial class RunLibrary(string folder)
{
    const string ConfigName = "config.json";

    readonly Dictionary<string, (DateTime Written, WordTokenizer Tokenizer)> tokenizers = [];

    /// <summary>Whether one run is shown, and no others can be trained.</summary>
    public bool IsOneRun => IsRun(folder);

    /// <summary>The names of the runs, in ordinal order.</summary>
    public IReadOnlyList<string> Names
    {
        get
        {
            if (IsOneRun)
                return [NameOf(folder)];
            return Directory.Exists(folder)
                ? [.. Directory.EnumerateDirectories(folder).Where(IsRun).Select(NameOf).Order(StringComparer.Ordinal)] : [];
        }
    }

    /// <summary>A run's folder.</summary>
    /// <exception cref="StudioFaultException">There is none of the name.</exception>
    public string Find(string? name)
    {
        if (name is not null && Names.Contains(name, StringComparer.Ordinal))
            return IsOneRun ? folder : Path.Combine(folder, name);
        throw StudioFaultException.NotFound($"there is no run '{VisibleText.Of(name ?? "")}'; it may have been moved or removed");
    }

    /// <summary>The folder of a run that is to be trained.</summary>
    /// <exception cref="UserInputException">The name is none for a folder, or taken.</exception>
    public string Reserve(string name)
    {
        if (IsOneRun)
        {
            throw new UserInputException(
                $"this studio shows one run; to train others open it over a folder of runs: {ShellCommand.Of("dalle2", "serve", "runs")}");
        }

        if (!PlainName().IsMatch(name))
        {
            throw new UserInputException(
                "name the run with letters, digits, dots, dashes and underscores, 60 at most, and a letter or a digit first");
        }

        if (Path.Exists(Path.Combine(folder, name)))
            throw new UserInputException($"there is a run or a folder '{name}' already; take another name, or resume it");
        return Path.Combine(folder, name);
    }

    /// <summary>A free name for a run, from what it is trained on and its preset.</summary>
    public string Propose(string data, string preset)
    {
        string stem = string.Concat($"{Path.GetFileNameWithoutExtension(data)}-{preset}".Select(
            letter => char.IsAsciiLetterOrDigit(letter) || letter is '.' or '-' or '_' ? letter : '-')).TrimStart('.', '-', '_');
        string name = stem;
        for (int i = 2; Path.Exists(Path.Combine(folder, name)); i++)
            name = $"{stem}-{i}";
        return name;
    }

    /// <summary>What a run is, for a page; a run that cannot be read says why.</summary>
    public JsonObject Describe(string name)
    {
        string path = Find(name);
        var json = new JsonObject { ["name"] = name };
        try
        {
            using RunFolder run = RunFolder.Open(path);
            TrainingConfig config = RunConfig.Read(run);
            ModelFamily family = ModelFamily.Get(config.Model);
            var settings = ConfigSettings.Of(config).ToDictionary(setting => setting.Name, setting => setting.Value);
            string[] trained = [.. family.Stages.Select(stage => stage.Name).Where(stage => IsTrained(run, stage))];
            json["model"] = config.Model;
            json["preset"] = config.Preset;
            json["data"] = Path.IsPathRooted(config.Data) ? Path.GetFileName(config.Data) : config.Data;
            json["side"] = config.ImageSide;
            json["words"] = config.MaxWords;
            json["drawsFromPictures"] = family.DrawsFromEmbeddings;
            json["options"] = SamplerJson.Of(family);
            json["stages"] = new JsonArray([.. family.Stages.Select(stage => new JsonObject
            {
                ["name"] = stage.Name,
                ["title"] = stage.Title,
                ["steps"] = int.TryParse(settings.GetValueOrDefault(stage.StepsSetting), out int steps) ? steps : 0,
                ["curves"] = new JsonArray([.. stage.Curves.Select(curve => JsonValue.Create(curve))]),
                ["trained"] = trained.Contains(stage.Name),
            })]);
            json["seconds"] = run.ReadSeconds().Values.Sum();
            json["hasReport"] = File.Exists(run.ReportPath);
        }
        catch (Exception fault) when (fault is UserInputException or IOException or UnauthorizedAccessException)
        {
            json["fault"] = fault.Message;
        }

        return json;
    }

    /// <summary>How a run reads words.</summary>
    /// <exception cref="StudioFaultException">There is no such run, or it has no words yet.</exception>
    public WordTokenizer Tokenizer(string name)
    {
        using RunFolder run = RunFolder.Open(Find(name));
        if (!File.Exists(run.VocabularyPath))
            throw StudioFaultException.NotFound($"the run '{name}' has no vocabulary yet: its training has only begun");
        DateTime written = File.GetLastWriteTimeUtc(run.VocabularyPath);
        lock (tokenizers)
        {
            if (!tokenizers.TryGetValue(name, out var known) || known.Written != written)
                tokenizers[name] = known = (written, new WordTokenizer(Vocabulary.Load(run.VocabularyPath)));
            return known.Tokenizer;
        }
    }

    static bool IsTrained(RunFolder run, string stage)
    {
        string path = run.Checkpoints(stage).FolderPath;
        return Directory.Exists(path) && Directory.EnumerateFiles(path, "*.safetensors").Any();
    }

    static bool IsRun(string path) => File.Exists(Path.Combine(path, ConfigName));

    static string NameOf(string path) => Path.GetFileName(Path.TrimEndingDirectorySeparator(path));

    [GeneratedRegex(@"\A[A-Za-z0-9][A-Za-z0-9._-]{0,59}\z")]
    private static partial Regex PlainName();
}
