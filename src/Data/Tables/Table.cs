namespace Dalle2.Data.Tables;

/// <summary>A table in memory.</summary>
/// <param name="Columns">The columns' names in the order of the file.</param>
/// <param name="Rows">The rows, broken ones too.</param>
sealed record Table(IReadOnlyList<string> Columns, IReadOnlyList<TableRow> Rows)
{
    /// <summary>What the numbers of its rows count.</summary>
    public string Unit { get; init; } = "line";
}
