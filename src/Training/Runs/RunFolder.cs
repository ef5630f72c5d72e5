using System.Security.Cryptography;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using Dalle2.Data;

namespace Dalle2.Training.Runs;

/// <summary>
/// The folder of one training run: <c>config.json</c>, <c>vocabulary.txt</c>, <c>checkpoints/STAGE/</c>, <c>log.jsonl</c>, <c>times.json</c>, <c>health.json</c>,
/// <c>samples/</c>, <c>report.html</c>. While it is open for training, no other program can train in it.
/// </summary>
public sealed class RunFolder : IDisposable
{
    static readonly JsonSerializerOptions Json = new()
    {
        WriteIndented = true,
        NewLine = "\n",
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        RespectNullableAnnotations = true,
        AllowDuplicateProperties = false,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    };

    const string ConfigName = "config.json", SamplesName = "samples";

    readonly RunLock? @lock;

    RunFolder(string path, RunLock? runLock)
    {
        FolderPath = path;
        @lock = runLock;
        Log = new RunLog(Path.Combine(path, "log.jsonl"));
    }

    /// <summary>The folder.</summary>
    public string FolderPath { get; }

    /// <summary>The configuration, indented JSON.</summary>
    public string ConfigPath => Path.Combine(FolderPath, ConfigName);

    /// <summary>The tokenizer's words, one a line.</summary>
    public string VocabularyPath => Path.Combine(FolderPath, "vocabulary.txt");

    /// <summary>Drawn pictures.</summary>
    public string SamplesPath => Path.Combine(FolderPath, SamplesName);

    /// <summary>The report, one self-contained page.</summary>
    public string ReportPath => Path.Combine(FolderPath, "report.html");

    /// <summary>Seconds of training by stage, kept apart from the log because they differ from run to run.</summary>
    public string TimesPath => Path.Combine(FolderPath, "times.json");

    /// <summary>The process that trains in the folder, as far as it says so itself; null if none does.</summary>
    public int? TrainingProcess => RunLock.OwnerOf(FolderPath);

    /// <summary>The log.</summary>
    public RunLog Log { get; }

    /// <summary>Sixteen hexadecimal digits of the SHA-256 of <c>config.json</c>: the same configuration gives the same hash.</summary>
    public string ConfigHash => Convert.ToHexStringLower(SHA256.HashData(ReadConfigBytes()))[..16];

    /// <summary>Starts a run in a new or empty folder and locks it.</summary>
    /// <typeparam name="TConfig">A type that System.Text.Json writes; names become camelCase.</typeparam>
    /// <exception cref="UserInputException">The folder already holds a run or other files, cannot be created, or another program trains in it.</exception>
    public static RunFolder Create<TConfig>(string path, TConfig config)
    {
        RequireFree(path);
        var run = new RunFolder(path, RunLock.Take(CreateFolder(path)));
        try
        {
            // Another program may have begun in the meantime; from the lock on none can.
            RequireNoRun(path);
            AtomicFile.WriteText(run.ConfigPath, JsonSerializer.Serialize(config, config!.GetType(), Json) + "\n");
            CreateFolder(run.SamplesPath);
            return run;
        }
        catch
        {
            run.Dispose();
            throw;
        }
    }

    /// <summary>Checks that a run can be started in a folder, before anything is read for it: it is free, nobody trains in it, and it can be written.</summary>
    /// <exception cref="UserInputException">The folder already holds a run or other files, or cannot be made or written.</exception>
    public static void RequireFree(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        if (Directory.Exists(path))
            RunLock.RequireFree(path);
        RequireNoRun(path);
        FolderAccess.RequireWritable(path, "Name another one with --out.");
    }

    static void RequireNoRun(string path)
    {
        if (File.Exists(Path.Combine(path, ConfigName)))
            throw new UserInputException($"{path}: already holds a run. Add --resume to continue it, or name another folder with --out.");

        if (File.Exists(path) || (Directory.Exists(path)
            && Directory.EnumerateFileSystemEntries(path).Any(entry => !IsLeftByAStart(entry))))
        {
            throw new UserInputException(
                $"{path}: is a file or a folder with other things in it, and not a run. Name a new or empty folder with --out.");
        }
    }

    // What a start leaves that was stopped before it wrote its configuration: its lock, and the configuration's temporary file.
    static bool IsLeftByAStart(string entry) =>
        RunLock.IsLockFile(entry)
        || (Path.GetFileName(entry) is { } name && name.StartsWith("." + ConfigName + ".", StringComparison.Ordinal)
        && name.EndsWith(".tmp", StringComparison.Ordinal))
        || (Path.GetFileName(entry) == SamplesName && Directory.Exists(entry) && !Directory.EnumerateFileSystemEntries(entry).Any());

    /// <summary>Opens a run to train on, and locks it.</summary>
    /// <exception cref="UserInputException">There is no run, or another program trains in it; the message has its process id.</exception>
    public static RunFolder Resume(string path)
    {
        RequireRun(path);
        return new RunFolder(path, RunLock.Take(path));
    }

    /// <summary>Opens a run to draw from or to look at, also while another program trains in it.</summary>
    /// <exception cref="UserInputException">There is no run.</exception>
    public static RunFolder Open(string path)
    {
        RequireRun(path);
        return new RunFolder(path, null);
    }

    /// <summary>The checkpoints of a stage.</summary>
    public CheckpointFolder Checkpoints(string stage) => new(Path.Combine(FolderPath, "checkpoints", stage));

    /// <summary>Reads the configuration.</summary>
    /// <exception cref="UserInputException">It is not JSON, or not of this form.</exception>
    public TConfig ReadConfig<TConfig>() => (TConfig)ReadConfig(typeof(TConfig));

    /// <summary>Reads the configuration as a record of a type that is known only now.</summary>
    /// <exception cref="UserInputException">It is not JSON, or not of this form.</exception>
    public object ReadConfig(Type type)
    {
        try
        {
            return JsonSerializer.Deserialize(ReadConfigBytes(), type, Json) ?? throw new JsonException("it is null");
        }
        catch (Exception fault) when (fault is JsonException or InvalidOperationException or ArgumentException)
        {
            throw new UserInputException(
                $"{ConfigPath}: not a configuration of this program ({fault.Message}). Put the original back, or train anew.", fault);
        }
    }

    /// <summary>Says where a configuration differs from the stored one: <c>steps: 500, now 1000</c>. Empty when they are equal. A setting that is younger than the run has its default in it.</summary>
    /// <exception cref="UserInputException">The stored configuration is not JSON.</exception>
    public IReadOnlyList<string> ConfigDifferences<TConfig>(TConfig config)
    {
        JsonObject stored = ReadConfig<JsonObject>();
        foreach (var (key, value) in ToJson(ReadConfig(config!.GetType())))
        {
            if (!stored.ContainsKey(key))
                stored.Add(key, value?.DeepClone());
        }

        return Differences(stored, ToJson(config));
    }

    /// <summary>A configuration as its file has it.</summary>
    internal static JsonObject ToJson(object config) => JsonSerializer.SerializeToNode(config, config.GetType(), Json) as JsonObject ?? [];

    /// <summary>A configuration from what its file has.</summary>
    internal static object FromJson(JsonObject config, Type type) => config.Deserialize(type, Json)!;

    /// <summary>Says where one configuration differs from another: <c>steps: 500, now 1000</c>.</summary>
    internal static IReadOnlyList<string> Differences(JsonObject stored, JsonObject given)
    {
        var differences = new List<string>();
        foreach (string key in stored.Select(pair => pair.Key).Union(given.Select(pair => pair.Key)))
        {
            if (!JsonNode.DeepEquals(stored[key], given[key]))
                differences.Add($"{key}: {Show(stored, key)}, now {Show(given, key)}");
        }

        return differences;
    }

    /// <summary>Adds to the seconds that a stage has trained.</summary>
    /// <exception cref="UserInputException">The file cannot be written.</exception>
    public void AddSeconds(string stage, double seconds)
    {
        var times = new SortedDictionary<string, double>(StringComparer.Ordinal);
        foreach ((string key, double value) in ReadSeconds())
            times[key] = value;

        times[stage] = times.GetValueOrDefault(stage) + seconds;
        AtomicFile.WriteText(TimesPath, JsonSerializer.Serialize(times, Json) + "\n");
    }

    /// <summary>Seconds of training by stage, in ordinal order; empty when none are known.</summary>
    public IReadOnlyDictionary<string, double> ReadSeconds()
    {
        try
        {
            return File.Exists(TimesPath)
                ? JsonSerializer.Deserialize<SortedDictionary<string, double>>(File.ReadAllBytes(TimesPath), Json)
                ?? throw new JsonException("it is null")
                : new();
        }
        catch (JsonException fault)
        {
            throw new UserInputException($"{TimesPath}: not a table of seconds by stage ({fault.Message}). Remove the file.", fault);
        }
    }

    /// <summary>Closes the log and lets other programs train here.</summary>
    public void Dispose()
    {
        Log.Dispose();
        @lock?.Dispose();
    }

    static string Show(JsonObject config, string key) => config.ContainsKey(key) ? config[key]?.ToJsonString() ?? "null" : "not there";

    byte[] ReadConfigBytes()
    {
        try
        {
            return File.ReadAllBytes(ConfigPath);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            throw new UserInputException($"{ConfigPath}: cannot be read ({fault.Message}). Put the original back, or train anew.", fault);
        }
    }

    static void RequireRun(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        if (!File.Exists(Path.Combine(path, ConfigName)))
        {
            throw new UserInputException(Directory.Exists(path)
                ? $"{path}: not a run, it has no config.json. Name a folder that a training made."
                : $"{path}: there is no such run. Train one first, or check the path.");
        }
    }

    static string CreateFolder(string path)
    {
        try
        {
            Directory.CreateDirectory(path);
            return path;
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            throw new UserInputException($"{path}: the folder cannot be created ({fault.Message}). Name another one with --out.", fault);
        }
    }
}
