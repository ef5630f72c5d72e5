using System.Text.Json.Nodes;

namespace Dalle2.Training.Scores.Distances;

/// <summary>How far two sets of pictures are from each other.</summary>
/// <param name="Count">Pictures of each set.</param>
/// <param name="Frechet">FID; NaN of fewer than two pictures.</param>
/// <param name="Kernel">KID with its standard error.</param>
public readonly record struct SetDistance(int Count, double Frechet, KernelDistance Kernel)
{
    /// <summary>The distance.</summary>
    /// <param name="first">A row of numbers for each picture.</param>
    /// <param name="second">As many rows, as long.</param>
    /// <exception cref="ArgumentException">There are not as many rows.</exception>
    public static SetDistance Between(IReadOnlyList<float[]> first, IReadOnlyList<float[]> second) =>
        new(first.Count, FrechetDistance.Between(first, second), KernelDistance.Between(first, second));

    /// <summary>The stable form <c>{n, fid, kid, kidError}</c>; NaN becomes null.</summary>
    public JsonObject ToJson() => new()
    {
        ["n"] = Count,
        ["fid"] = Number(Frechet),
        ["kid"] = Number(Kernel.Value),
        ["kidError"] = Number(Kernel.Error),
    };

    static JsonValue? Number(double value) => double.IsNaN(value) ? null : JsonValue.Create(value);
}
