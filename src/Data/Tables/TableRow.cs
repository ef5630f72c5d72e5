using Dalle2.Data.Sets;

namespace Dalle2.Data.Tables;

/// <summary>A row of a table.</summary>
/// <param name="Line">The file's line that it begins in, or its number, from one.</param>
/// <param name="Cells">What each column holds: one text as a rule, several of a list, null where there is nothing. Columns behind the last cell hold nothing.</param>
/// <param name="Fault">Why the row cannot be read.</param>
sealed record TableRow(int Line, IReadOnlyList<string[]?> Cells, string? Fault = null)
{
    /// <summary>The picture itself, where the row holds it; its cell is its name then.</summary>
    public IPictureSource? Picture { get; init; }

    /// <summary>What a column holds.</summary>
    public string[]? Cell(int column) => column < Cells.Count ? Cells[column] : null;
}
