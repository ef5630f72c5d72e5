using Dalle2.Data.Sets;

namespace Dalle2.Data.Conversion;

/// <summary>What was written.</summary>
/// <param name="Form">The form: <c>folder</c>, <c>csv</c>, <c>tsv</c>, <c>jsonl</c>, <c>ndjson</c>, <c>parquet</c> or <c>tar</c>.</param>
/// <param name="Files">The files and folders.</param>
/// <param name="Pictures">Pictures in them.</param>
/// <param name="Splits">The set's splits, with their samples, and how many of them were broken and are left out.</param>
/// <param name="Broken">What is broken.</param>
/// <param name="Notices">What a person should know, a sentence each without its full stop.</param>
public sealed record ConversionResult(
    string Form,
    IReadOnlyList<string> Files,
    int Pictures,
    IReadOnlyList<SplitCount> Splits,
    IReadOnlyList<BrokenSample> Broken,
    IReadOnlyList<string> Notices);
