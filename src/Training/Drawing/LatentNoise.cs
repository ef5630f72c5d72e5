using Dalle2.Tensors;

namespace Dalle2.Training.Drawing;

/// <summary>The noise that a drawn picture starts from: a pure function of the seed and the picture's number.</summary>
static class LatentNoise
{
    public static float[] Draw(ulong seed, int firstNumber, int count, int latent, float temperature, string name = "latent") =>
        Draw(seed, [.. Enumerable.Range(firstNumber, count)], latent, temperature, name);

    /// <summary>That of pictures of any numbers.</summary>
    public static float[] Draw(ulong seed, IReadOnlyList<int> numbers, int latent, float temperature, string name)
    {
        var noise = new float[numbers.Count * latent];
        for (int picture = 0; picture < numbers.Count; picture++)
        {
            RandomKey key = RandomKey.Named(seed, (ulong)numbers[picture], name);
            for (int i = 0; i < latent; i++)
            {
                RandomBlock words = Philox.Block(key, (uint)i);
                noise[picture * latent + i] = temperature * Philox.NormalCos(words.W0, words.W1);
            }
        }

        return noise;
    }
}
