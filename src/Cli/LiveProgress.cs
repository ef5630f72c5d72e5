using System.Collections.Concurrent;
using Dalle2.Data;
using Dalle2.Training.Loop;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace Dalle2.Cli;

/// <summary>Progress as a bar for each stage, redrawn in place, with its figures, speed and time left.</summary>
sealed class LiveProgress : ProgressDisplay
{
    readonly IAnsiConsole console;
    readonly ProgressContext context;
    readonly ConcurrentDictionary<int, string> states;
    readonly Dictionary<string, ProgressTask> tasks = [];

    LiveProgress(IAnsiConsole console, ProgressContext context, ConcurrentDictionary<int, string> states)
    {
        this.console = console;
        this.context = context;
        this.states = states;
    }

    /// <summary>Runs work with the bars shown while it lasts; they stay when it is done.</summary>
    public static T Run<T>(IAnsiConsole console, Func<ProgressDisplay, T> work)
    {
        var states = new ConcurrentDictionary<int, string>();
        return console.Progress()
            .Columns(new TaskDescriptionColumn { Alignment = Justify.Left }, new ProgressBarColumn { Width = 24 }, new StateColumn(states))
            .Start(context => work(new LiveProgress(console, context, states)));
    }

    public override void Notice(string sentence) => console.WriteLine(VisibleText.OfLines(sentence));

    public override void Preparing(int done, int total) => Working("reading pictures", done, total);

    public override void Working(string what, int done, int total) => Update(what, done, total, $"{done}/{total}");

    public override void Progress(TrainingProgress progress) => Update(progress.Title, progress.Step, progress.Steps,
        $"{progress.Step}/{progress.Steps}  {Show(progress.Figures)}  {progress.ImagesPerSecond:F0} images/s  {Show(progress.Left)} left");

    public override void StageDone(string stage, TimeSpan time, IReadOnlyList<KeyValuePair<string, double>> figures)
    {
        base.StageDone(stage, time, figures);
        if (tasks.Values.LastOrDefault() is { } task)
            states[task.Id] = $"{Show(figures)}  {Show(time)}";
    }

    void Update(string title, long done, long total, string state)
    {
        if (!tasks.TryGetValue(title, out ProgressTask? task))
            tasks.Add(title, task = context.AddTask(Markup.Escape(title), maxValue: total));
        states[task.Id] = state;
        task.Value = done;
    }

    sealed class StateColumn(ConcurrentDictionary<int, string> states) : ProgressColumn
    {
        protected override bool NoWrap => true;

        public override IRenderable Render(RenderOptions options, ProgressTask task, TimeSpan deltaTime) =>
            new Text(states.GetValueOrDefault(task.Id, ""));
    }
}
