namespace Dalle2.Perf;

/// <summary>An extent of a training step that is changed while the others stay.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Values">The values, rising.</param>
/// <param name="Apply">A step's size with a value of the extent.</param>
sealed record ScaleAxis(string Name, IReadOnlyList<int> Values, Func<TextVaeSize, int, TextVaeSize> Apply)
{
    /// <summary>Host threads, which are no extent of the step.</summary>
    public const string ThreadsName = "threads";

    /// <summary>All axes.</summary>
    public static IReadOnlyList<ScaleAxis> All { get; } =
    [
        new("batch", [4, 8, 16, 32, 64, 128], (size, value) => size with { Batch = value }),
        new("side", [16, 32, 48, 64, 96], (size, value) => size with { Side = value }),
        new("channels", [8, 16, 32, 48, 64], (size, value) => size with { Width = value }),
        new("words", [4, 8, 16, 32, 64, 128], (size, value) => size with { Words = value }),
        new(ThreadsName, [.. Enumerable.Range(0, 11).Select(i => 1 << i).Where(n => n <= Math.Max(2, Environment.ProcessorCount))],
        (size, _) => size),
    ];
}
