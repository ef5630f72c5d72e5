namespace Dalle2.Training.Scores;

/// <summary>One question of <see cref="EmojiScore"/>: which of several real pictures is the sample nearest to?</summary>
/// <param name="Sample">The drawing, values in [0, 1].</param>
/// <param name="Candidates">Real pictures of the same length, the true one among them.</param>
/// <param name="Truth">The index of the true one.</param>
public sealed record ChoiceTrial(float[] Sample, IReadOnlyList<float[]> Candidates, int Truth);
