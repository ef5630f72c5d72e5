using System.Diagnostics;
using Dalle2.Gpu.Runtime;
using Dalle2.Training.Loop;

namespace Dalle2.Cli;

/// <summary>Keeps what the device did during some steps, and in which part of a step the host was.</summary>
sealed class StepProfiler : ILaunchProfiler, IStepProfiler
{
    readonly List<StreamRecord> records = new(1 << 14);
    readonly List<HostSpan> spans = new(1 << 8);
    string name = "";
    long start;

    /// <summary>What the device did, in order.</summary>
    public IReadOnlyList<StreamRecord> Records => records;

    /// <summary>The parts of steps, in order; they do not overlap.</summary>
    public IReadOnlyList<HostSpan> Spans => spans;

    /// <inheritdoc/>
    public void Begin(string part) => (name, start) = (part, Stopwatch.GetTimestamp());

    /// <inheritdoc/>
    public void End() => spans.Add(new HostSpan(name, start, Stopwatch.GetTimestamp()));

    /// <summary>Forgets what was before: the warm-up.</summary>
    public void Clear()
    {
        records.Clear();
        spans.Clear();
    }

    void ILaunchProfiler.Done(in StreamRecord record) => records.Add(record);
}

/// <summary>A part of a step, in ticks of <see cref="Stopwatch"/>.</summary>
readonly record struct HostSpan(string Name, long Start, long End);
