using Dalle2.Examples;
using Dalle2.Gpu.Runtime;

namespace Dalle2.Tests;

/// <summary>The example of the documentation runs and learns.</summary>
public class ExamplesTests
{
    [Test]
    public void The_listing_fits_a_batch()
    {
        const int side = 8, batch = 4;
        using Device device = Device.Open("cpu", 2);
        using var model = new TextAndImageModel(device, vocabulary: 10, side);
        int[] tokens = [4, 5, 6, 7, 8, 9, 0, 4], lengths = [2, 2, 1, 2];
        float[] pictures = [.. Enumerable.Range(0, batch * side * side * 3).Select(i => i / 48 % 2 == 0 ? 0.9f : 0.1f)];
        float first = model.Fit(tokens, lengths, pictures, side, 1e-2f), last = first;
        for (int step = 0; step < 60; step++)
            last = model.Fit(tokens, lengths, pictures, side, 1e-2f);
        // Each value costs ln 2 at the start, and at least the entropy of .9 / .1 = .325 nats in the end.
        Assert.Multiple(() =>
        {
            Assert.That(first / (side * side * 3), Is.EqualTo(0.693).Within(0.25));
            Assert.That(last / (side * side * 3), Is.InRange(0.325, 0.45));
        });
    }
}
