namespace Dalle2.Tests.Gpu.Ptx;

/// <summary>A parameter or a variable: its type, its name, and how many bytes it has at what alignment.</summary>
sealed record PtxVariable(string Space, PtxType Type, string Name, int Bytes, int Alignment, bool IsArray = false)
{
    /// <summary>Instead of a number of bytes: as many as the launch says.</summary>
    public const int Dynamic = -1;
}

/// <summary>One instruction as it stands in the text.</summary>
sealed record PtxLine(int Number, string Text, string? Guard, bool Negated, string[] Opcode, string[] Operands);

/// <summary>One entry, or one function, as it stands in the text.</summary>
sealed class PtxText
{
    public required string Entry { get; init; }

    public required double Version { get; init; }

    public required int Target { get; init; }

    public List<PtxVariable> Parameters { get; } = [];

    public Dictionary<string, PtxType> Registers { get; } = [];

    public List<PtxVariable> Variables { get; } = [];

    public List<PtxLine> Lines { get; } = [];

    /// <summary>The place among <see cref="Lines"/> that each label stands before.</summary>
    public Dictionary<string, int> Labels { get; } = [];

    /// <summary>Of a function, what it gives back.</summary>
    public PtxVariable? Result { get; init; }

    /// <summary>What is passed to functions and back, each with a name of its own.</summary>
    public List<PtxVariable> Passed { get; } = [];

    /// <summary>Of an entry, the functions by name; null where another module has the function.</summary>
    public Dictionary<string, PtxText?> Functions { get; } = [];

    /// <summary>Lists of labels, by the label that each list has.</summary>
    public Dictionary<string, string[]> Targets { get; } = [];
}
