namespace Dalle2.Training.Runs;

/// <summary>A setting of a configuration, for a form.</summary>
/// <param name="Name">Its name: of <c>--set</c>.</param>
/// <param name="Value">Its value, as text.</param>
/// <param name="Help">What it is.</param>
/// <param name="Choices">The values that it can have, where they can be listed.</param>
/// <param name="IsPath">Whether it names a file or a folder.</param>
public sealed record SettingDescription(string Name, string Value, string Help, IReadOnlyList<string> Choices, bool IsPath);
