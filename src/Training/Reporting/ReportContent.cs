using Dalle2.Data.Pictures;
using Dalle2.Data.Sets;
using Dalle2.Training.Runs;
using Dalle2.Training.Scores;
using Dalle2.Training.Scores.Distances;

namespace Dalle2.Training.Reporting;

/// <summary>What a <see cref="Report"/> shows. Every list may be empty; its section is then left out.</summary>
public sealed record ReportContent
{
    /// <summary>The heading.</summary>
    public required string Title { get; init; }

    /// <summary>One or two sentences below it; none by default.</summary>
    public string Summary { get; init; } = "";

    /// <summary>The model's parts as SVG, see <see cref="StageDiagram"/>; none by default.</summary>
    public string Diagram { get; init; } = "";

    /// <summary>The configuration, name and value.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Configuration { get; init; } = [];

    /// <summary>Device, threads, versions: name and value.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Environment { get; init; } = [];

    /// <summary>Seconds of training by stage, in the order of the stages.</summary>
    public IReadOnlyList<KeyValuePair<string, double>> SecondsByStage { get; init; } = [];

    /// <summary>How each stage does on held-out samples: its name, and a sentence.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Health { get; init; } = [];

    /// <summary>The log; each stage gets a chart.</summary>
    public IReadOnlyList<LogEntry> Log { get; init; } = [];

    /// <summary>The names of the log's figures that the charts show; those that a stage does not have are left out. The loss by default.</summary>
    public IReadOnlyList<string> Curves { get; init; } = ["loss"];

    /// <summary>Scores by attribute.</summary>
    public IReadOnlyList<EvaluationResult> Evaluations { get; init; } = [];

    /// <summary>Retrieval scores of the contrastive stage, each with the name of its split.</summary>
    public IReadOnlyList<KeyValuePair<string, RetrievalScore>> Retrievals { get; init; } = [];

    /// <summary>What the contrastive stage reads in pictures, each with the name of its split.</summary>
    public IReadOnlyList<KeyValuePair<string, ReadingScore>> Readings { get; init; } = [];

    /// <summary>Distances to real pictures, by their features.</summary>
    public IReadOnlyList<FeatureScore> Distances { get; init; } = [];

    /// <summary>Whether drawings are training pictures again; null leaves it out.</summary>
    public MemorizationScore? Memorization { get; init; }

    /// <summary>What of pictures lies in the components of their embeddings; null leaves it out.</summary>
    public ProbeScore? Probe { get; init; }

    /// <summary>Another run's name.</summary>
    public string BesideName { get; init; } = "";

    /// <summary>Figures, each with that of the other run.</summary>
    public IReadOnlyList<(EvaluationFigure Own, EvaluationFigure Other)> Beside { get; init; } = [];

    /// <summary>Scores by choice among real pictures, each with its name.</summary>
    public IReadOnlyList<KeyValuePair<string, EmojiScore>> Choices { get; init; } = [];

    /// <summary>Contact sheets with their captions drawn in, each with a heading.</summary>
    public IReadOnlyList<KeyValuePair<string, Image>> Sheets { get; init; } = [];

    /// <summary>Grids of pictures with their prompts, each with a heading.</summary>
    public IReadOnlyList<KeyValuePair<string, IReadOnlyList<ContactCell>>> Samples { get; init; } = [];
}
