using Dalle2.Data;
using Dalle2.Data.Text;
using Dalle2.Gpu.Runtime;
using Dalle2.Ops;
using Dalle2.Training.Families;
using Dalle2.Training.Runs;

namespace Dalle2.Cli;

/// <summary>Checks names that a person gave against those there are, and suggests the nearest.</summary>
static class Known
{
    /// <summary>Returns the name.</summary>
    /// <exception cref="UserInputException">It is none of the known ones.</exception>
    public static string Require(string kind, string name, IEnumerable<string> known)
    {
        string[] all = [.. known];
        return all.Contains(name, StringComparer.Ordinal)
            ? name
            : throw new UserInputException(
            $"there is no {kind} '{name}'.{Suggest(name, all)} There {(all.Length == 1 ? "is only" : "are")} {string.Join(", ", all)}.");
    }

    /// <summary>Returns the device's name.</summary>
    /// <exception cref="UserInputException">There is no such device.</exception>
    public static string Device(string name)
    {
        // Of a card that is not there, the driver's part of the runtime knows why.
        string kind = name.Split(':')[0];
        return kind != name && (kind is "cuda" or "opencl" or "ilgpu")
            ? name : Require("device", name, Gpu.Runtime.Device.All().Select(device => device.Name));
    }

    /// <summary>The family of a name; the default one if none is given.</summary>
    /// <exception cref="UserInputException">There is none of the name.</exception>
    public static ModelFamily Family(string? name) =>
        ModelFamily.Get(Require("model", name ?? ModelFamily.DefaultName, ModelFamily.All.Select(family => family.Name)));

    /// <summary>A preset's settings; those that suit the data if none is named.</summary>
    /// <exception cref="UserInputException">The family has no such preset.</exception>
    public static TrainingConfig Preset(ModelFamily family, string? name, string? data) =>
        name is null ? family.PresetFor(data) : family.Preset(
        Require($"preset of {family.Name}", name, family.Presets.Select(preset => preset.Name)));

    /// <summary>Opens a device.</summary>
    /// <exception cref="UserInputException">There is no such device.</exception>
    /// <exception cref="DeviceUnavailableException">It cannot be had.</exception>
    public static Device OpenDevice(string name, int threads, Precision precision = Precision.Float32)
    {
        Device device = Gpu.Runtime.Device.Open(Device(name), threads);
        try
        {
            device.Precision = precision;
            return device;
        }
        catch
        {
            device.Dispose();
            throw;
        }
    }

    /// <summary>The cases of some ops; of every op if none is named.</summary>
    /// <exception cref="UserInputException">There is no such op.</exception>
    public static Type[] Ops(string[]? names)
    {
        string[] all = [.. OpCase.All.Select(OpCase.NameOf)];
        return names is not { Length: > 0 } ? [.. OpCase.All]
            : [.. names.Select(name => OpCase.All[Array.IndexOf(all, Require("op", name, all))])];
    }

    /// <summary>" Did you mean X?", or nothing when no known name is near.</summary>
    public static string Suggest(string name, IEnumerable<string> known)
    {
        string[] all = [.. known];
        string? nearest = Array.Find(all, candidate => candidate.StartsWith(name, StringComparison.OrdinalIgnoreCase))
            ?? all.MinBy(candidate => Distance(name, candidate));
        return nearest is not null && (nearest.StartsWith(name, StringComparison.OrdinalIgnoreCase)
            || Distance(name, nearest) <= Math.Max(2, nearest.Length / 2))
            ? $" Did you mean {nearest}?"
            : "";
    }

    // The case of a letter is the least of mistakes.
    static int Distance(string name, string candidate) => EditDistance.Between(name.ToLowerInvariant(), candidate.ToLowerInvariant());
}
