namespace Dalle2.Training.Families;

/// <summary>What is known of a stage before there is a model.</summary>
/// <param name="Name">The name: of <c>--stage</c>, of the log's lines, of the checkpoint folder.</param>
/// <param name="Title">What it does, in a few words.</param>
/// <param name="StepsSetting">The setting that has its number of steps, such as <c>textSteps</c>.</param>
/// <param name="Curves">The figures of its steps that a report draws, the loss first.</param>
public sealed record StageDescription(string Name, string Title, string StepsSetting, IReadOnlyList<string> Curves);
