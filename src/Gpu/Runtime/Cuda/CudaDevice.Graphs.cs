
namespace Dalle2.Gpu.Runtime.Cuda;

/// <content>Recording what the stream is given, and doing it again as one graph.</content>
sealed unsafe partial class CudaDevice
{
    /// <summary>
    /// Records the launches, copies within the device and clearings of <paramref name="work"/> instead of running them. Nothing in it may read from
    /// the device, write to it or wait for it.
    /// </summary>
    /// <exception cref="InvalidOperationException">A recording is under way, or the device is checked or profiled, where the host looks at each launch.</exception>
    /// <exception cref="KernelException">The driver cannot record.</exception>
    public CudaGraph Record(Action work)
    {
        lock (gate)
        {
            Enter();
            if (memory.IsRecording)
                throw new InvalidOperationException($"{Name}: a recording is under way already");
            if (report != 0 || Profiler != null)
            {
                throw new InvalidOperationException(
                    $"{Name}: nothing can be recorded while every launch is {(report != 0 ? "checked" : "profiled")}; open the device "
                    + "without that");
            }

            Require(api.StreamBeginCapture(stream, RelaxedCapture), "beginning to record (which takes a driver for CUDA 11.4 or later)");
            memory.BeginRecording();
            recorded = 0;
            nint graph = 0;
            int code;
            bool whole = false;
            try
            {
                work();
                whole = true;
            }
            finally
            {
                code = api.StreamEndCapture(stream, &graph);
                memory.EndRecording();
                if (!whole && graph != 0)
                    api.GraphDestroy(graph);
            }

            Require(code, "ending the recording");
            nint executable;
            code = api.GraphInstantiate(&executable, graph, 0);
            api.GraphDestroy(graph);
            Require(code, $"making a graph of {recorded} launches");
            graphs.Add(executable);
            return new CudaGraph(this, executable, recorded);
        }
    }

    public override string? ReplayObstacle =>
        report != 0 ? "every launch is checked"
        : Settings.Current.Debug >= 2 ? $"D2_DEBUG={Settings.Current.Debug} tells of each"
        : !hardware.HasGraphs ? "the driver has no graphs, which those for CUDA 11.4 or later have"
        : null;

    // As a graph, which is made when it is first replayed; launch by launch where the host looks at each, or the driver has no graphs.
    internal override void Replay(Recording recorded)
    {
        if (Profiler != null || ReplayObstacle != null)
        {
            recorded.Replay(Stream);
            return;
        }

        lock (gate)
        {
            if (recorded.Made is not CudaGraph graph)
                recorded.Made = graph = Record(() => recorded.Replay(Stream));
            graph.Replay();
        }
    }

    /// <summary>Runs a graph.</summary>
    internal void Replay(nint executable, int launches)
    {
        lock (gate)
        {
            Enter();
            RefuseWhileRecording("replayed");
            Require(api.GraphLaunch(executable, stream), $"replaying {launches} launches");
            recent.Add($"a recording of {launches} launches", new Index3D(1, 1, 1), new Index3D(1, 1, 1));
        }
    }

    /// <summary>Frees a graph.</summary>
    internal void Discard(nint executable)
    {
        lock (gate)
        {
            if (disposed || !graphs.Remove(executable))
                return;
            api.CtxSetCurrent(context);
            api.GraphExecDestroy(executable);
        }
    }
}
