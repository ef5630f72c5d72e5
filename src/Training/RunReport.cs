using System.Globalization;
using System.Runtime.InteropServices;
using Dalle2.Data.Pictures;
using Dalle2.Gpu.Runtime;
using Dalle2.Training.Stages;

namespace Dalle2.Training;

/// <summary>Writes a run's <c>report.html</c> from what the run folder holds, and from an evaluation if there is one.</summary>
static class RunReport
{
    public static void Write(RunFolder run, TrainingConfig config, Device device, RunEvaluation? evaluation = null)
    {
        IReadOnlyDictionary<string, double> seconds = run.ReadSeconds();
        double total = seconds.Values.Sum();
        Report.Write(run.ReportPath, new ReportContent
        {
            Title = $"{Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(run.FolderPath)))}: {config.Model} on {config.Data}",
            Summary = $"Preset {config.Preset}, {config.ImageSide}x{config.ImageSide} pictures, seed {config.Seed}; {total.ToString("F0", CultureInfo.InvariantCulture)} seconds of training.",
            Configuration = [.. Presets.Settings(config).Select(s => KeyValuePair.Create(s.Name, s.Value))],
            Environment =
            [
                new("device", $"{device.Label}: {device.Description}"),
                new("runtime", RuntimeInformation.FrameworkDescription),
                new("system", $"{RuntimeInformation.OSDescription}, {RuntimeInformation.ProcessArchitecture}, {Environment.ProcessorCount} processors"),
                new("program", $"dalle2 {typeof(RunReport).Assembly.GetName().Version?.ToString(3)}"),
            ],
            SecondsByStage = [.. StageNames.All.Where(seconds.ContainsKey).Select(name => KeyValuePair.Create(name, seconds[name]))],
            Log = run.Log.Read(),
            Curves = ["loss", "reconstruction", "divergence", "wordAccuracy"],
            Evaluations = evaluation?.Attributes is { } attributes ? [attributes] : [],
            Retrievals = evaluation?.Retrieval is { } retrieval ? [new(evaluation.Split, retrieval)] : [],
            Choices = evaluation?.Choices ?? [],
            Sheets = [.. Sheets(run)],
            Samples = evaluation?.Cells is { Count: > 0 } cells ? [new($"Drawn from captions of '{evaluation.Split}'", cells)] : [],
        });
    }

    static IEnumerable<KeyValuePair<string, Image>> Sheets(RunFolder run)
    {
        foreach (string stage in StageNames.All)
        {
            string path = Path.Combine(run.SamplesPath, $"{stage}.png");
            if (File.Exists(path))
                yield return new($"After stage '{stage}'", PictureDecoder.Decode(path));
        }
    }
}
