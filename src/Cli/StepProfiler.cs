using System.Diagnostics;
using Dalle2.Gpu.Runtime;

namespace Dalle2.Cli;

/// <summary>Keeps what the device did during some steps, and in which part of a step the host was.</summary>
sealed class StepProfiler : ILaunchProfiler
{
    readonly List<StreamRecord> records = new(1 << 14);
    readonly List<HostSpan> spans = new(1 << 8);

    /// <summary>What the device did, in order.</summary>
    public IReadOnlyList<StreamRecord> Records => records;

    /// <summary>The parts of steps, in order; they do not overlap.</summary>
    public IReadOnlyList<HostSpan> Spans => spans;

    /// <summary>Runs a part of a step.</summary>
    /// <param name="name">Its name, the same in each step.</param>
    /// <param name="work">The part.</param>
    public T Span<T>(string name, Func<T> work)
    {
        long start = Stopwatch.GetTimestamp();
        T result = work();
        spans.Add(new HostSpan(name, start, Stopwatch.GetTimestamp()));
        return result;
    }

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
