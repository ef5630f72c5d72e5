using System.Diagnostics;
using System.Text.Json.Nodes;
using Dalle2.Data;
using Dalle2.Gpu.Runtime;

namespace Dalle2.Cli.Studio;

/// <summary>Where a job is.</summary>
enum JobState { Queued, Running, Done, Failed, Stopped }

/// <summary>Work on a device that a page asked for: a drawing, a training, an evaluation, a profile. A closed page stops none.</summary>
abstract class Job : IDisposable
{
    // The newest sentences are kept.
    const int MostNotices = 100;

    static readonly TimeSpan BetweenReports = TimeSpan.FromMilliseconds(100);

    readonly Lock guard = new();
    readonly List<string> notices = [];
    readonly Stopwatch sinceReport = Stopwatch.StartNew();
    readonly CancellationTokenSource stop = new();
    JsonObject? progress;
    JsonNode? result;
    string? fault;
    Stopwatch? running;

    private protected Job(string kind, string title, string? run, string device) => (Kind, Title, Run, Device) = (kind, title, run, device);

    /// <summary>Is told that something about the job is new.</summary>
    public Action<Job>? Changed { get; set; }

    /// <summary>The job's name: a number, given by the queue.</summary>
    public string Id { get; set; } = "";

    /// <summary>draw, train, evaluate, profile.</summary>
    public string Kind { get; }

    /// <summary>What it does, in a few words.</summary>
    public string Title { get; }

    /// <summary>The run's name, if it is about one.</summary>
    public string? Run { get; }

    /// <summary>The device's name.</summary>
    public string Device { get; }

    /// <summary>The processor or card behind the device's name: one job at a time runs on it.</summary>
    public string Place => PlaceOf(Device);

    /// <summary>Where it is.</summary>
    public JobState State { get; private set; }

    /// <summary>Whether it is over.</summary>
    public bool IsOver => State is JobState.Done or JobState.Failed or JobState.Stopped;

    /// <summary>All that runs on the host's processors is one place.</summary>
    public static string PlaceOf(string device) =>
        device is "reference" or "ilgpu:cpu" || device == "cpu" || device.StartsWith("cpu:", StringComparison.Ordinal) ? "cpu"
        : device.StartsWith("ilgpu:", StringComparison.Ordinal) ? device["ilgpu:".Length..] : device;

    /// <summary>Does the work.</summary>
    /// <returns>What came of it.</returns>
    private protected abstract JsonNode? Work(CancellationToken cancellation);

    /// <summary>Asks it to come to an end; one that waits is over at once.</summary>
    public void Stop()
    {
        lock (guard)
        {
            if (IsOver)
                return;
            if (State == JobState.Queued)
                State = JobState.Stopped;
        }

        stop.Cancel();

        Changed?.Invoke(this);
    }

    /// <summary>Runs it, if nobody has stopped it before.</summary>
    public void RunToEnd()
    {
        lock (guard)
        {
            if (State != JobState.Queued)
                return;
            State = JobState.Running;
            running = Stopwatch.StartNew();
        }

        Changed?.Invoke(this);
        (JobState State, JsonNode? Result, string? Fault) end;
        try
        {
            JsonNode? made = Work(stop.Token);
            end = (JobState.Done, made, null);
        }
        catch (OperationCanceledException stopped)
        {
            end = (JobState.Stopped, null, stopped.Message);
        }
        catch (Exception failed)
        {
            end = (JobState.Failed, null, Application.Sentence(failed).Message);
        }

        lock (guard)
        {
            running.Stop();
            (State, result, fault) = end;
            progress = State == JobState.Done ? null : progress;
        }

        Changed?.Invoke(this);
    }

    /// <summary>Forgets it, once it is over.</summary>
    public void Dispose() => stop.Dispose();

    /// <summary>What a page is told of it.</summary>
    public JsonObject ToJson(string? waitsFor = null)
    {
        lock (guard)
        {
            return new JsonObject
            {
                ["id"] = Id,
                ["kind"] = Kind,
                ["title"] = Title,
                ["run"] = Run,
                ["device"] = Device,
                ["state"] = State.ToString().ToLowerInvariant(),
                ["waitsFor"] = waitsFor,
                ["seconds"] = running?.Elapsed.TotalSeconds is { } seconds ? Math.Round(seconds, 3) : null,
                ["progress"] = progress?.DeepClone(),
                ["notices"] = new JsonArray([.. notices.Select(notice => JsonValue.Create(notice))]),
                ["result"] = result?.DeepClone(),
                ["fault"] = fault,
            };
        }
    }

    /// <summary>A sentence beside the work.</summary>
    private protected void Notice(string sentence)
    {
        lock (guard)
        {
            notices.Add(VisibleText.OfLines(sentence));
            if (notices.Count > MostNotices)
                notices.RemoveAt(0);
        }

        Changed?.Invoke(this);
    }

    /// <summary>Where the work is; told a few times a second at most.</summary>
    private protected void Report(Func<JsonObject> where, bool always = false)
    {
        lock (guard)
        {
            if (!always && sinceReport.Elapsed < BetweenReports)
                return;
            sinceReport.Restart();
            progress = where();
        }

        Changed?.Invoke(this);
    }

    /// <summary>So many of so many steps of something.</summary>
    private protected static JsonObject At(string what, long step, long steps) =>
        new() { ["what"] = what, ["step"] = step, ["steps"] = steps };

    /// <summary>Opens the job's device.</summary>
    private protected Device OpenDevice(StudioOptions options) => Known.OpenDevice(Device, options.Threads);
}
