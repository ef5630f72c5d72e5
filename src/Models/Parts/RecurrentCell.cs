namespace Dalle2.Models.Parts;

/// <summary>The kinds of recurrent cell.</summary>
public enum RecurrentCell
{
    /// <summary>Long short-term memory.</summary>
    Lstm,

    /// <summary>Gated recurrent unit.</summary>
    Gru,
}
