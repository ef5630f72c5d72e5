namespace Dalle2.Models.Parts;

/// <summary>Recurrent layers by the name of their cell.</summary>
static class RecurrentCells
{
    public static Recurrent Create(RecurrentCell cell, int inputs, int hidden) => cell switch
    {
        RecurrentCell.Lstm => new Lstm(inputs, hidden),
        RecurrentCell.Gru => new Gru(inputs, hidden),
        _ => throw new ArgumentOutOfRangeException(nameof(cell), cell, "there is no such recurrent cell"),
    };
}
