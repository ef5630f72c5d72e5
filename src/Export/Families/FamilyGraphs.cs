using Dalle2.Gpu.Runtime;
using Dalle2.Training.Runs;

namespace Dalle2.Export.Families;

/// <summary>How a family's models become ONNX graphs: a folder of classes, of which the one that derives from this one, with a constructor without arguments, is found.</summary>
abstract class FamilyGraphs
{
    static readonly Lazy<IReadOnlyList<FamilyGraphs>> Found = new(() =>
        [.. typeof(FamilyGraphs).Assembly.GetTypes().Where(type => type.IsSubclassOf(typeof(FamilyGraphs)))
        .Select(type => (FamilyGraphs)Activator.CreateInstance(type)!)]);

    /// <summary>The type of the family's settings.</summary>
    public abstract Type ConfigType { get; }

    /// <summary>The family that a run is of; null where it has no graphs.</summary>
    public static FamilyGraphs? For(TrainedRun run) => Found.Value.FirstOrDefault(family => family.ConfigType == run.Config.GetType());

    /// <summary>The graphs of a run that draws.</summary>
    /// <param name="folder">The run's folder.</param>
    /// <param name="run">The run, of <see cref="ConfigType"/>.</param>
    /// <param name="device">Where its parameters lie.</param>
    /// <param name="notice">Is told what is left out.</param>
    /// <exception cref="NotSupportedException">A layer has no ONNX form; the message says what to do.</exception>
    public abstract OnnxModel Of(RunFolder folder, TrainedRun run, Device device, Action<string> notice);
}
