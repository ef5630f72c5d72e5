using System.Text.Json.Nodes;
using Dalle2.Cli;
using Dalle2.Gpu.Runtime;
using Dalle2.Ops;
using Dalle2.Training.Families;
using Dalle2.Training.Runs;

namespace Dalle2.Card;

/// <summary>What is here, whether it gives the same bits, and what it does at most.</summary>
static class DeviceSections
{
    const int Steps = 20;

    public static JsonObject Devices() =>
        Section.Measured(Section.Table("", ["device", "available", "what it is"],
        Device.All().Select(device => (JsonNode?[])[device.Name, device.Available ? "yes" : "no", device.Reason])));

    /// <summary>A hash of all parameters after training steps of the tiny preset, on each device.</summary>
    public static JsonObject Bits()
    {
        var rows = new List<JsonNode?[]>();
        string? first = null;
        bool equal = true;
        foreach (DeviceDescription description in Device.All().Where(device => device.Name != "reference" && device.Kind != "ilgpu"))
        {
            if (!description.Available)
            {
                rows.Add([description.Name, $"not measured: {description.Reason}", ""]);
                continue;
            }

            using Device device = Device.Open(description.Name);
            TrainingConfig config = ModelFamily.Default.Preset("tiny") with { Samples = 64, Batch = 8 };
            using var training = new ProfiledTraining(device, config);
            for (int step = 0; step < Steps; step++)
                training.Step(null, step);
            string bits = training.Fingerprint();
            first ??= bits;
            equal &= bits == first;
            rows.Add([description.Name, bits, bits == first ? "yes" : "NO"]);
        }

        JsonObject result = Section.Measured(Section.Table("", ["device", "hash of the parameters", "equal"], rows));
        if (!equal)
            (result["status"], result["reason"]) = ("failed", "devices end with different bits");
        return result;
    }

    public static JsonObject Rooflines()
    {
        var rows = new List<JsonNode?[]>();
        foreach (string name in (string[])["cpu", .. Section.Cards()])
        {
            using Device device = Device.Open(name);
            Roofline roofline = Roofline.Measure(device, 0.5);
            rows.Add([name, Math.Round(roofline.PeakGflops), Math.Round(roofline.BandwidthGigabytes),
                Math.Round(roofline.LaunchMicroseconds, 1)]);
        }

        if (Section.NoCard is { } reason)
            rows.Add(["cuda", $"not measured: {reason}", "", ""]);
        return Section.Measured(Section.Table("Fused multiply-adds in registers, copies of 128 MB, and a launch that does next to nothing.",
            ["device", "GFLOP/s", "GB/s", "launch us"], rows));
    }
}
