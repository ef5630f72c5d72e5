using System.Globalization;
using System.Text.Json.Nodes;
using Dalle2.Data.Sets;

namespace Dalle2.Training.Scores;

/// <summary>
/// What of a picture lies in the first principal components of its image embedding (Ramesh et al., 2022, arXiv 2204.06125, section 4): held-out pictures, drawn again from
/// so many components of their own embeddings.
/// </summary>
/// <param name="Count">Pictures.</param>
/// <param name="Rows">By the number of components, the fewest first.</param>
public sealed record ProbeScore(int Count, IReadOnlyList<ProbeRow> Rows)
{
    /// <summary>Pictures drawn again with ever more components beside themselves; none by default.</summary>
    public IReadOnlyList<ContactCell> Cells { get; init; } = [];

    /// <summary>The file that shows them, or null.</summary>
    public string? Sheet { get; init; }

    /// <summary>The columns of a table.</summary>
    public IReadOnlyList<string> Columns => ["components", "variance", .. Rows[0].Shares.Select(share => share.Key)];

    /// <summary>The rows of a table.</summary>
    public IEnumerable<string[]> Table => Rows.Select(row => (string[])
    [
        row.Components.ToString(CultureInfo.InvariantCulture), Show(row.Variance), .. row.Shares.Select(share => Show(share.Value.Value)),
    ]);

    /// <summary>The stable form <c>{n, rows: [{components, variance, shares: {NAME: {value, low, high}}}], sheet}</c>.</summary>
    public JsonObject ToJson() => new()
    {
        ["n"] = Count,
        ["rows"] = new JsonArray([.. Rows.Select(row => new JsonObject
        {
            ["components"] = row.Components,
            ["variance"] = row.Variance,
            ["shares"] = new JsonObject(row.Shares.Select(share => KeyValuePair.Create(share.Key, (JsonNode?)share.Value.ToJson()))),
        })]),
        ["sheet"] = Sheet,
    };

    static string Show(double value) => value.ToString("F3", CultureInfo.InvariantCulture);
}

/// <summary>What pictures from so many components show.</summary>
/// <param name="Components">How many components.</param>
/// <param name="Variance">The share of the embeddings' variance that is in them.</param>
/// <param name="Shares">The share of pictures that judges find right, by attribute and by test.</param>
public sealed record ProbeRow(int Components, double Variance, IReadOnlyList<KeyValuePair<string, WilsonInterval>> Shares);
