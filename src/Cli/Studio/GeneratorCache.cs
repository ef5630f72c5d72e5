using Dalle2.Gpu.Runtime;
using Dalle2.Training.Drawing;

namespace Dalle2.Cli.Studio;

/// <summary>Runs that are open for drawing, so that the next picture need not wait for parameters and kernels. Of each place the last few are kept; one whose checkpoints have changed is opened anew.</summary>
sealed class GeneratorCache(StudioOptions options) : IDisposable
{
    const int Kept = 2;

    readonly Lock guard = new();
    readonly List<Entry> entries = [];

    /// <summary>The generator of a run. It is used by the job that runs on its place, and by no other.</summary>
    /// <param name="run">The run's folder.</param>
    /// <param name="device">The device's name.</param>
    /// <param name="precision">What products of matrices multiply.</param>
    /// <param name="notice">Is told what was found in opening it.</param>
    /// <exception cref="Data.UserInputException">The run does not draw yet.</exception>
    public PictureGenerator Open(string run, string device, Precision precision, Action<string> notice)
    {
        string place = Job.PlaceOf(device), state = StateOf(run);
        lock (guard)
        {
            Entry? known = entries.Find(one => one.Run == run && one.Device.Name == device && one.Device.Precision == precision);
            if (known?.State == state)
            {
                entries.Remove(known);
                entries.Add(known);
                return known.Generator;
            }

            foreach (Entry old in entries.Where(one => one == known).Concat(
                entries.Where(one => one.Place == place && one != known).SkipLast(Kept - 1)).ToArray())
            {
                Close(old);
            }
        }

        Device opened = Known.OpenDevice(device, options.Threads, precision);
        try
        {
            var entry = new Entry(run, place, state, opened, PictureGenerator.Open(run, opened, notice));
            lock (guard)
                entries.Add(entry);
            return entry.Generator;
        }
        catch
        {
            opened.Dispose();
            throw;
        }
    }

    /// <summary>Whether a run is open as it is now.</summary>
    public bool IsOpen(string run, string device)
    {
        string state = StateOf(run);
        lock (guard)
            return entries.Exists(one => one.Run == run && one.Device.Name == device && one.State == state);
    }

    /// <summary>Gives the memory of a place to other work.</summary>
    public void Clear(string place)
    {
        lock (guard)
        {
            foreach (Entry old in entries.Where(one => one.Place == place).ToArray())
                Close(old);
        }
    }

    /// <summary>Closes all.</summary>
    public void Dispose()
    {
        lock (guard)
        {
            foreach (Entry old in entries.ToArray())
                Close(old);
        }
    }

    void Close(Entry entry)
    {
        entries.Remove(entry);
        entry.Generator.Dispose();
        entry.Device.Dispose();
    }

    // A training replaces its checkpoints while the run is looked at.
    static string StateOf(string run)
    {
        string checkpoints = Path.Combine(run, "checkpoints");
        return Directory.Exists(checkpoints) ? string.Join(';', new DirectoryInfo(checkpoints)
            .EnumerateFiles("*.safetensors", SearchOption.AllDirectories).OrderBy(file => file.FullName, StringComparer.Ordinal)
            .Select(file => $"{file.FullName} {file.Length} {file.LastWriteTimeUtc.Ticks}")) : "";
    }

    sealed record Entry(string Run, string Place, string State, Device Device, PictureGenerator Generator);
}
