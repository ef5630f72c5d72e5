using System.Globalization;
using Dalle2.Data;
using Dalle2.Data.Pictures;
using Dalle2.Training.Drawing;
using Dalle2.Training.Loop;
using Dalle2.Training.Runs;

namespace Dalle2.Training.Observers;

/// <summary>
/// Writes event files for TensorBoard, <c>tensorboard/STAGE/events.out.tfevents.NUMBER</c> in the run's folder, so that each stage is a run of
/// TensorBoard: the figures of <c>log.jsonl</c> and pictures a second, the sheets with their captions, the figures of health, the configuration. A
/// stage that is resumed goes on in a file of the next number, which takes back the steps that are done again.
/// </summary>
/// <param name="folder">The run's folder.</param>
/// <param name="config">The run's settings.</param>
sealed class TensorBoardLog(string folder, TrainingConfig config) : ITrainingObserver, IDisposable
{
    EventFile? file;
    string? stage;
    long begun;

    /// <summary>The folder of a run's event files.</summary>
    public static string FolderOf(string runFolder) => Path.Combine(runFolder, "tensorboard");

    /// <inheritdoc/>
    public void Notice(string sentence)
    {
    }

    /// <inheritdoc/>
    public void Preparing(int done, int total)
    {
    }

    /// <inheritdoc/>
    public void Progress(TrainingProgress progress)
    {
    }

    /// <inheritdoc/>
    public void StageBegun(string stage, long step)
    {
        Dispose();
        (this.stage, begun) = (stage, step);
    }

    /// <inheritdoc/>
    public void Logged(LogEntry entry, double picturesPerSecond) => Write(time =>
        EventMessage.Scalars(time, entry.Step, [.. entry.Values, new("picturesPerSecond", picturesPerSecond)]));

    /// <inheritdoc/>
    public void StageDone(string stage, TimeSpan time, IReadOnlyList<KeyValuePair<string, double>> figures)
    {
    }

    /// <inheritdoc/>
    public void Drawn(SampleSheet sheet, long step)
    {
        Write(time => EventMessage.Picture(
            time, step, "samples", sheet.Picture.Width, sheet.Picture.Height, PictureEncoder.Png(sheet.Picture)));
        Write(time => EventMessage.Text(time, step, "samples/captions",
            string.Join('\n', sheet.Captions.Select((caption, i) => $"{i + 1}. {Plain(caption)}"))));
    }

    /// <inheritdoc/>
    public void Examined(StageHealth health, long step)
    {
        Write(time => EventMessage.Scalars(time, step,
            health.Figures.Select(figure => KeyValuePair.Create($"health/{figure.Key}", figure.Value))));
        Write(time => EventMessage.Text(time, step, "health",
            Plain(health.Fault is { } fault ? $"{health.Sentence}. {fault}" : health.Sentence)));
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        file?.Dispose();
        file = null;
    }

    // Opened by the first event: a stage that is done and only passed by gets no file.
    void Write(Func<DateTime, byte[]> message)
    {
        if (file == null)
        {
            string path = Path.Combine(FolderOf(folder), stage ?? throw new InvalidOperationException("no stage has begun"));
            // TensorBoard reads the files in the order of their names.
            int number = Directory.Exists(path) ? Directory.GetFiles(path, "events.out.tfevents.*").Length : 0;
            file = new EventFile(Path.Combine(path, string.Create(CultureInfo.InvariantCulture, $"events.out.tfevents.{number:D6}")));
            file.Write(EventMessage.Version(DateTime.UtcNow));
            file.Write(EventMessage.Session(DateTime.UtcNow, begun + 1));
            if (number == 0)
                file.Write(EventMessage.Text(DateTime.UtcNow, begun, "configuration", Table()));
        }

        file.Write(message(DateTime.UtcNow));
    }

    string Table() => string.Join('\n',
        ["| setting | value |", "|-|-|", .. ConfigSettings.Of(config).Select(setting => $"| {setting.Name} | {Plain(setting.Value)} |")]);

    // TensorBoard reads Markdown, where these begin something.
    static string Plain(string text) => string.Concat(
        VisibleText.Of(text).Select(letter => @"\`*_{}[]()#+-.!|<>&~".Contains(letter) ? $"\\{letter}" : $"{letter}"));
}
