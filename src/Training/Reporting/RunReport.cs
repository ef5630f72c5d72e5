using System.Globalization;
using System.Runtime.InteropServices;
using Dalle2.Data.Pictures;
using Dalle2.Data.Sets;
using Dalle2.Gpu.Runtime;
using Dalle2.Training.Families;
using Dalle2.Training.Loop;
using Dalle2.Training.Runs;
using Dalle2.Training.Scores;

namespace Dalle2.Training.Reporting;

/// <summary>Writes a run's <c>report.html</c> from what the run folder holds, and from an evaluation if there is one.</summary>
static class RunReport
{
    public static void Write(RunFolder run, TrainingConfig config, Device device, RunEvaluation? evaluation = null)
    {
        IReadOnlyDictionary<string, double> seconds = run.ReadSeconds();
        IReadOnlyDictionary<string, StageHealth> health = new HealthRecord(run).Read();
        double total = seconds.Values.Sum();
        IReadOnlyList<StageDescription> stages = ModelFamily.Get(config.Model).Stages;
        Report.Write(run.ReportPath, new ReportContent
        {
            Title =
            $"{Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(run.FolderPath)))}: {config.Model} on {config.Data}",
            Summary = $"Preset {config.Preset}, {config.ImageSide}x{config.ImageSide} pictures, seed {config.Seed}; "
            + $"{total.ToString("F0", CultureInfo.InvariantCulture)} seconds of training.",
            Diagram = ModelFamily.Get(config.Model).Diagram(config) is { } diagram ? StageDiagram.Draw(config.Model, diagram) : "",
            Configuration = [.. ConfigSettings.Of(config).Select(s => KeyValuePair.Create(s.Name, s.Value))],
            Environment =
            [
                new("device", $"{device.Label}: {device.Description}"),
                new("runtime", RuntimeInformation.FrameworkDescription),
                new("system",
                $"{RuntimeInformation.OSDescription}, {RuntimeInformation.ProcessArchitecture}, {Environment.ProcessorCount} processors"),
                new("program", $"dalle2 {typeof(RunReport).Assembly.GetName().Version?.ToString(3)}"),
            ],
            SecondsByStage = [.. stages.Select(stage => stage.Name).Where(seconds.ContainsKey)
            .Select(name => KeyValuePair.Create(name, seconds[name]))],
            Health = [.. stages.Select(stage => stage.Name).Where(health.ContainsKey).Select(name => KeyValuePair.Create(
                name, health[name].Fault is { } fault ? $"{health[name].Sentence}. {fault}" : health[name].Sentence))],
            Log = run.Log.Read(),
            Curves = [.. stages.SelectMany(stage => stage.Curves).Distinct()],
            Evaluations = evaluation?.Attributes is { } attributes ? [attributes] : [],
            Retrievals = evaluation?.Retrieval is { } retrieval ? [new(evaluation.Split, retrieval)] : [],
            Readings = evaluation?.Reading is { } reading ? [new(evaluation.Split, reading)] : [],
            Choices = evaluation?.Choices ?? [],
            Distances = evaluation?.Distances ?? [],
            Memorization = evaluation?.Memorization,
            Probe = evaluation?.Probe,
            BesideName = evaluation?.Beside?.Run ?? "",
            Beside = evaluation == null ? [] : EvaluationFigure.Pairs(evaluation),
            Sheets = [.. Sheets(run, stages)],
            Samples = evaluation == null ? [] :
            [
                .. new KeyValuePair<string, IReadOnlyList<ContactCell>>[]
                {
                    new($"Drawn from captions of '{evaluation.Split}'", evaluation.Cells),
                    new("Drawn again from ever more components of the image embedding", evaluation.Probe?.Cells ?? []),
                    new("The drawings that are nearest to a training picture", evaluation.Memorization?.Cells ?? []),
                }.Where(cells => cells.Value.Count > 0),
            ],
        });
    }

    static IEnumerable<KeyValuePair<string, Image>> Sheets(RunFolder run, IReadOnlyList<StageDescription> stages)
    {
        foreach (string stage in stages.Select(stage => stage.Name))
        {
            string path = Path.Combine(run.SamplesPath, $"{stage}.png");
            if (File.Exists(path))
                yield return new($"After stage '{stage}'", PictureDecoder.Decode(path));
        }
    }
}
