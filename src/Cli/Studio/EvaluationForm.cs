namespace Dalle2.Cli.Studio;

/// <summary>What a page asks to be measured.</summary>
/// <param name="Run">The run's name.</param>
/// <param name="Beside">Another run's name; null for none.</param>
/// <param name="Split">The split; null takes the first that is held out of training.</param>
/// <param name="Count">Captions.</param>
/// <param name="Settings">The sampler's options.</param>
/// <param name="Device">The device; null takes the studio's.</param>
sealed record EvaluationForm(
    string Run, string? Beside = null, string? Split = null, int Count = 512, Dictionary<string, string>? Settings = null,
    string? Device = null);
