using Dalle2.Training.Families;

namespace Dalle2.Training.Scores;

/// <summary>What to evaluate.</summary>
public sealed record EvaluationRequest
{
    /// <summary>The run's folder.</summary>
    public required string Run { get; init; }

    /// <summary>Another run, of any family, that is measured with the same captions; nothing is written to its folder. Null for none.</summary>
    public string? Beside { get; init; }

    /// <summary>The split; null takes the first that is held out of training.</summary>
    public string? Split { get; init; }

    /// <summary>Captions to draw from, spread over the split; fewer if it has fewer.</summary>
    public int Count { get; init; } = 512;

    /// <summary>Held-out pictures to draw again from few and more principal components of their image embeddings; 0 for none.</summary>
    public int Probe { get; init; }

    /// <summary>Decides the drawings' noise.</summary>
    public ulong Seed { get; init; } = 1;

    /// <summary>Values of the family's sampler options by name, as text; the rest takes its defaults.</summary>
    public IReadOnlyDictionary<string, string> Sampling { get; init; } = new Dictionary<string, string>();

    /// <summary>Where the data are now; null reads them where the run did. What is there must be the same.</summary>
    public string? MovedData { get; init; }

    /// <summary>The same of the folder of a table's or a COCO file's pictures.</summary>
    public string? MovedImages { get; init; }

    /// <summary>Accepts that the data are not those that the run has read before.</summary>
    public bool AcceptChangedData { get; init; }

    /// <summary>Pixels that a picture file may have; null takes the run's own limit.</summary>
    public int? MaxPixels { get; init; }

    /// <summary>Broken samples above which the evaluation does not start.</summary>
    public int MaxBroken { get; init; } = 10;

    /// <summary>Bytes of pictures of a split that are kept in memory at most; the others are read again when they come up. Null keeps all.</summary>
    public long? CacheBytes { get; init; }

    /// <summary>The sampler's options that a family gets: of two runs, an option may be meant for one alone.</summary>
    internal IReadOnlyDictionary<string, string> SamplingOf(ModelFamily family) => Beside == null ? Sampling
        : Sampling.Where(given => family.SamplerOptions.Any(option => option.Name == given.Key)).ToDictionary();
}
