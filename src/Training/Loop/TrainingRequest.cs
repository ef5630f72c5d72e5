using Dalle2.Training.Ranks;
using Dalle2.Training.Runs;

namespace Dalle2.Training.Loop;

/// <summary>What to train, where, and on what; only <see cref="Config"/> decides the result's bits.</summary>
public sealed record TrainingRequest
{
    /// <summary>The configuration of a new run; on resuming, null or equal to the stored one.</summary>
    public TrainingConfig? Config { get; init; }

    /// <summary>The run's folder.</summary>
    public required string OutputFolder { get; init; }

    /// <summary>Continue the run in the folder.</summary>
    public bool Resume { get; init; }

    /// <summary>One stage of the family alone; null runs all in order.</summary>
    public string? Stage { get; init; }

    /// <summary>The device's name.</summary>
    public string Device { get; init; } = "cpu";

    /// <summary>Host threads; 0 takes one per processor.</summary>
    public int Threads { get; init; }

    /// <summary>Minutes that a new run's stages shall take together: its steps are multiplied to fit, and stored. Null leaves them as they are.</summary>
    public double? Minutes { get; init; }

    /// <summary>Where the data of a resumed run are now; null reads them where they were. What is there must be the same.</summary>
    public string? MovedData { get; init; }

    /// <summary>The same of the folder of a table's or a COCO file's pictures.</summary>
    public string? MovedImages { get; init; }

    /// <summary>Accepts that the data of a resumed run are not those that it has read before.</summary>
    public bool AcceptChangedData { get; init; }

    /// <summary>Goes on behind a stage that does no better than chance.</summary>
    public bool Anyway { get; init; }

    /// <summary>Broken samples above which training does not start.</summary>
    public int MaxBroken { get; init; } = 10;

    /// <summary>The processes that the batches of each step are divided between; null for this one alone. All but rank 0 take the
    /// configuration from it, and neither read nor write the run's folder.</summary>
    public TrainingRanks? Ranks { get; init; }

    /// <summary>Whether each rank keeps only its slices of the optimizer's moments. The bits of a training do not depend on it.</summary>
    public bool ShardOptimizer { get; init; }

    /// <summary>Whether event files for TensorBoard are written beside the log.</summary>
    public bool TensorBoard { get; init; }

    /// <summary>Bytes of training pictures that are kept in memory at most; the others are read again when they come up. Null keeps all.</summary>
    public long? CacheBytes { get; init; }
}

/// <summary>What a training did.</summary>
/// <param name="Run">The run's folder.</param>
/// <param name="Steps">Optimizer steps of this call, over all stages.</param>
/// <param name="Seconds">Wall-clock seconds of this call.</param>
/// <param name="Loss">The last stage's last loss; not a number if nothing was left to do.</param>
/// <param name="Device">The device's <see cref="Gpu.Runtime.Device.Label"/>.</param>
/// <param name="Report">The report's path.</param>
/// <param name="ExamplePrompt">A caption that the model was not trained on, if there is one, to draw from.</param>
public sealed record TrainingResult(string Run, long Steps, double Seconds, double Loss, string Device, string Report,
    string ExamplePrompt);
