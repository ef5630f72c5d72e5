namespace Dalle2.Training.Families;

/// <summary>What goes from where to where in a model, laid out in rows and columns.</summary>
/// <param name="Parts">Networks and what they take and give.</param>
/// <param name="Arrows">Between them.</param>
public sealed record ModelDiagram(IReadOnlyList<DiagramPart> Parts, IReadOnlyList<DiagramArrow> Arrows);

/// <summary>A network, or what one takes or gives.</summary>
/// <param name="Id">Names it to arrows.</param>
/// <param name="Title">What it is called.</param>
/// <param name="Detail">A few words more; of a network the stages that train it.</param>
/// <param name="Column">From the left, from 0.</param>
/// <param name="Row">From the top, from 0.</param>
/// <param name="IsNetwork">Whether it is learned.</param>
public sealed record DiagramPart(string Id, string Title, string Detail, int Column, int Row, bool IsNetwork);

/// <summary>An arrow; within a column, where only training has it, a line: both are learned together.</summary>
/// <param name="From">A part.</param>
/// <param name="To">A part.</param>
/// <param name="OnlyInTraining">Whether drawing does without.</param>
public sealed record DiagramArrow(string From, string To, bool OnlyInTraining = false);
