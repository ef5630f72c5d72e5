using Dalle2.Gpu.Runtime;
using Dalle2.Training.Families.Unclip;
using Dalle2.Training.Runs;

namespace Dalle2.Export.Families.Unclip;

/// <summary>Finds <see cref="UnclipGraphs"/> for a run of unCLIP.</summary>
sealed class UnclipFamilyGraphs : FamilyGraphs
{
    public override Type ConfigType => typeof(UnclipConfig);

    public override OnnxModel Of(RunFolder folder, TrainedRun run, Device device, Action<string> notice) =>
        UnclipGraphs.Of(run, (UnclipConfig)run.Config, device);
}
