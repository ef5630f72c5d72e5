using System.Globalization;
using System.Text.Json.Nodes;
using Dalle2.Data;
using Dalle2.Data.Pictures;
using Dalle2.Training.Families;
using Dalle2.Training.Runs;

namespace Dalle2.Cli.Studio;

/// <summary>Follows a run for a page: new lines of its log, its stages' health and sheets, and whether it is being trained, here or by another program.</summary>
sealed class RunFollower(string name, RunLibrary library, JobQueue jobs)
{
    (long Length, DateTime Written) seen;
    int sent;
    string? around;

    /// <summary>What is new since the last call; null if nothing is.</summary>
    public JsonObject? Next()
    {
        try
        {
            using RunFolder run = RunFolder.Open(library.Find(name));
            JsonArray? entries = Lines(run, out bool isAnew);
            JsonObject surroundings = Around(run);
            string text = surroundings.ToJsonString();
            if (entries is null && text == around)
                return null;
            around = text;
            surroundings["run"] = name;
            surroundings["anew"] = isAnew;
            surroundings["entries"] = entries ?? [];
            return surroundings;
        }
        catch (Exception fault) when (fault is UserInputException or StudioFaultException or IOException or UnauthorizedAccessException)
        {
            if (around == fault.Message)
                return null;
            around = fault.Message;
            return new JsonObject { ["run"] = name, ["fault"] = fault.Message };
        }
    }

    JsonArray? Lines(RunFolder run, out bool isAnew)
    {
        isAnew = false;
        var file = new FileInfo(run.Log.FilePath);
        (long, DateTime) now = file.Exists ? (file.Length, file.LastWriteTimeUtc) : default;
        if (now == seen)
            return null;
        // A resumed stage cuts lines off, to write them again.
        if (now.Item1 < seen.Length)
            (sent, isAnew) = (0, true);
        seen = now;
        IReadOnlyList<LogEntry> all = run.Log.Read();
        if (sent == 0)
            isAnew = true;
        JsonArray entries = [.. all.Skip(sent).Select(Json)];
        sent = all.Count;
        return entries;
    }

    JsonObject Around(RunFolder run)
    {
        TrainingConfig config = RunConfig.Read(run);
        string[] stages = [.. ModelFamily.Get(config.Model).Stages.Select(stage => stage.Name)];
        Job? here = jobs.TrainingOf(name);
        return new JsonObject
        {
            ["health"] = new JsonObject(new HealthRecord(run).Read().Select(one => KeyValuePair.Create(one.Key, (JsonNode?)new JsonObject
            {
                ["sentence"] = one.Value.Sentence,
                ["fault"] = one.Value.Fault,
            }))),
            ["sheets"] = new JsonObject(stages.Select(stage => KeyValuePair.Create(
                stage, (JsonNode?)Sheet(new FileInfo(Path.Combine(run.SamplesPath, $"{stage}.png"))))).Where(one => one.Value is not null)),
            ["seconds"] = Math.Round(run.ReadSeconds().Values.Sum(), 1),
            ["job"] = here?.Id,
            ["elsewhere"] = here is null ? run.TrainingProcess : null,
        };
    }

    // With its size, so that a page has its place before it comes.
    static JsonObject? Sheet(FileInfo file) =>
        !file.Exists || PictureDecoder.Measure(file.FullName) is not { } size ? null : new JsonObject
        {
            ["version"] = file.LastWriteTimeUtc.Ticks.ToString("x", CultureInfo.InvariantCulture),
            ["width"] = size.Width,
            ["height"] = size.Height,
        };

    static JsonObject Json(LogEntry entry)
    {
        var json = new JsonObject { ["stage"] = entry.Stage, ["step"] = entry.Step };
        foreach (var (key, value) in entry.Values)
            json[key] = Terminal.Number(value);
        return json;
    }
}
