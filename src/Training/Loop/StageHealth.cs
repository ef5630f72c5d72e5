namespace Dalle2.Training.Loop;

/// <summary>How well a stage does on samples that it was not trained on.</summary>
/// <param name="Sentence">What was found, beside what chance or nothing learned would give.</param>
/// <param name="Figures">The figures of the sentence, by name.</param>
/// <param name="Fault">Where it is no better than chance: a sentence that says so, and what to change; else null.</param>
public sealed record StageHealth(string Sentence, IReadOnlyDictionary<string, double> Figures, string? Fault);
