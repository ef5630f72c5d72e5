namespace Dalle2.Perf;

/// <summary>The extents of a <see cref="TextVae"/>'s step.</summary>
/// <param name="Batch">Pictures.</param>
/// <param name="Side">Pixels of a side, a multiple of 16.</param>
/// <param name="Words">Words of each caption.</param>
/// <param name="Width">Channels of the first convolution; those behind it have twice, four and eight times as many.</param>
/// <param name="Vocabulary">Words that there are.</param>
/// <param name="TextFeatures">Features of the recurrent layer that reads them.</param>
sealed record TextVaeSize(int Batch = 64, int Side = 64, int Words = 16, int Width = 32, int Vocabulary = 2000,
    int TextFeatures = 256);
