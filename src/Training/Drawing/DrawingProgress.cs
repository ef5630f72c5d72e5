namespace Dalle2.Training.Drawing;

/// <summary>Sees drawings emerge: after each step of a sampler that draws in steps, what it takes for the clean pictures by then.</summary>
/// <param name="step">Steps done, from 1.</param>
/// <param name="steps">Steps in all.</param>
/// <param name="side">The side of the pictures, which upsamplers may enlarge later.</param>
/// <param name="pictures"><c>[side, side, 3]</c> each, in [0, 1] or a little out of it.</param>
public delegate void DrawingProgress(int step, int steps, int side, IReadOnlyList<float[]> pictures);
