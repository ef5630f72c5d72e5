using System.Text.Json.Nodes;
using Dalle2.Gpu.Runtime;

namespace Dalle2.Card;

/// <summary>A part of the report, which runs in a process of its own: a card that is lost takes no other part with it.</summary>
/// <param name="Name">Its name on the command line and in the document.</param>
/// <param name="Title">Its heading.</param>
/// <param name="Seconds">The longest that it may take.</param>
/// <param name="Awaits">What of it awaits a card where there is none.</param>
/// <param name="Run">Does it, in about so many seconds.</param>
sealed record Section(string Name, string Title, int Seconds, string Awaits, Func<double, JsonObject> Run)
{
    /// <summary>Why there is no card; null if there is one.</summary>
    public static string? NoCard { get; } = Cards().Length > 0 ? null
        : Device.All().FirstOrDefault(device => device.Kind == "cuda")?.Reason ?? "this build has no CUDA device";

    /// <summary>All, in the order of the report.</summary>
    public static IReadOnlyList<Section> All { get; } =
    [
        new("devices", "Devices", 5, "name, compute capability, multiprocessors and memory of each card", _ => DeviceSections.Devices()),
        new("roofline", "What the devices do at most", 20, "float32 peak, bandwidth and launch time of each card",
        _ => DeviceSections.Rooflines()),
        new("steps", "Whole training steps, and their memory", 110, "steps at 32x32, 64x64 and 128x128 in float32, tf32 and bf16, and as "
        + "ILGPU compiles them; the autoencoder's step at 64x64 and 128x128, replayed, with the share of its kernels and its memory",
        StepSection.Run),
        new("drawing", "Drawing, and its memory", 30, "64 pictures at 32x32, 64x64 and 128x128 in float32, tf32 and bf16",
        DrawingSection.Run),
        new("ops", "Every op, as a share of that", 100, "a product of 4096^3 and large convolutions in tf32 and bf16; every op, forward "
        + "and backward, those that multiply matrices in each precision, and all as ILGPU compiles them", OpSections.Ops),
        new("pytorch", "The same in PyTorch with cuBLAS and cuDNN", 90,
        "the same sizes and precisions in PyTorch, its training step eager and compiled, and the ratios", OpSections.PyTorch),
        new("bits", "The same bits after 20 training steps", 30, "the hash of the parameters on each card, beside the cpu's",
        _ => DeviceSections.Bits()),
        new("tests", "Tests of the CUDA device", 90, "the bits of every op, and of 20 training steps, on a card", _ => TestSection.Run()),
    ];

    /// <summary>The names of the cards' devices: CUDA's, then OpenCL's that are no processors.</summary>
    public static string[] Cards() =>
    [
        .. Device.All().Where(device => device.Available && device.Kind == "cuda").Select(device => device.Name),
        .. Device.All().Where(device => device is { Available: true, Kind: "opencl" }
        && !device.Reason.StartsWith("pthread", StringComparison.Ordinal) && !device.Reason.StartsWith("cpu", StringComparison.Ordinal))
        .Select(device => device.Name),
    ];

    /// <summary>The same NVIDIA cards with kernels compiled and launched by ILGPU, where there are any.</summary>
    public static string[] IlgpuCards() =>
        [.. Device.All().Where(device => device.Available && device.Name.StartsWith("ilgpu:cuda", StringComparison.Ordinal))
        .Select(device => device.Name)];

    /// <summary>A result with tables.</summary>
    public static JsonObject Measured(params JsonObject[] tables) =>
        new() { ["status"] = "measured", ["tables"] = new JsonArray([.. tables]) };

    /// <summary>A result that could not be had.</summary>
    public static JsonObject NotMeasured(string reason) => new() { ["status"] = "not measured", ["reason"] = reason };

    /// <summary>A table; cells are texts or numbers.</summary>
    public static JsonObject Table(string title, string[] columns, IEnumerable<JsonNode?[]> rows) => new()
    {
        ["title"] = title,
        ["columns"] = new JsonArray([.. columns.Select(column => (JsonNode)column)]),
        ["rows"] = new JsonArray([.. rows.Select(row => new JsonArray(row))]),
    };
}
