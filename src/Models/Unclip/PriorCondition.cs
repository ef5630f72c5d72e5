namespace Dalle2.Models.Unclip;

/// <summary>What a prior is told of captions.</summary>
/// <param name="Text">Their embeddings, scaled, <c>[B, embedding]</c>; zeros where the condition is dropped.</param>
/// <param name="Words">The features of their words by the frozen text encoder, <c>[B, most words, text features]</c>, zeros behind each caption and where it is dropped; null for a prior that does not read them.</param>
public readonly record struct PriorCondition(Tensor Text, Tensor? Words);
