using Dalle2.Gpu.Runtime;
using Dalle2.Kernels;
using Dalle2.Tensors;

namespace Dalle2.Tests.Gpu;

/// <summary>The generator against the published vectors of Random123, its distributions, and its use on devices.</summary>
public class PhiloxTests
{
    [TestCase(0u, 0u, 0u, 0u, 0u, 0u, 0x6627E8D5u, 0xE169C58Du, 0xBC57AC4Cu, 0x9B00DBD8u)]
    [TestCase(0xFFFFFFFFu, 0xFFFFFFFFu, 0xFFFFFFFFu, 0xFFFFFFFFu, 0xFFFFFFFFu, 0xFFFFFFFFu, 0x408F276Du, 0x41C83B0Eu, 0xA20BC7C6u,
    0x6D5451FDu)]
    [TestCase(0x243F6A88u, 0x85A308D3u, 0x13198A2Eu, 0x03707344u, 0xA4093822u, 0x299F31D0u, 0xD16CFE09u, 0x94FDCCEBu, 0x5001E420u,
    0x24126EA1u)]
    public void Block_gives_the_published_words(uint c0, uint c1, uint c2, uint c3, uint k0, uint k1, uint w0, uint w1, uint w2, uint w3) =>
        Assert.That(Philox.Block(c0, c1, c2, c3, k0, k1), Is.EqualTo(new RandomBlock(w0, w1, w2, w3)));

    [Test]
    public void A_key_s_parts_are_the_words_that_are_documented()
    {
        // Seed 299f31d0a4093822, step 0370734413198a2e, tensor 85a308d3, block 243f6a88: the third published vector.
        var key = new RandomKey(0x299F31D0A4093822, 0x0370734413198A2E, 0x85A308D3);
        Assert.That(Philox.Block(key, 0x243F6A88).W0, Is.EqualTo(0xD16CFE09u));
    }

    [Test]
    public void Names_are_hashed_with_FNV_1a()
    {
        Assert.That(RandomKey.Named(1, 2, ""), Is.EqualTo(new RandomKey(1, 2, 0x811C9DC5)));
        Assert.That(RandomKey.Named(1, 2, "a"), Is.EqualTo(new RandomKey(1, 2, 0xE40C292C)));
        Assert.That(RandomKey.Named(1, 2, "foobar"), Is.EqualTo(new RandomKey(1, 2, 0xBF9CF968)));
    }

    [Test]
    public void Uniform_lies_in_the_half_open_interval()
    {
        Assert.That(Philox.Uniform(0), Is.Zero);
        Assert.That(Philox.Uniform(uint.MaxValue), Is.EqualTo(1f - 1f / 16777216f));
        Assert.That(float.IsFinite(Philox.NormalCos(uint.MaxValue, 0)), Is.True);
        Assert.That(Philox.NormalCos(0, 0), Is.Zero);
    }

    // With n = 200,000 values the standard error of the k-th moment is sqrt(var / n); the bounds are five of them.
    [Test]
    public void Uniform_has_the_moments_of_its_distribution()
    {
        double[] u = Draw(RandomOp.Uniform);
        double n = u.Length;
        Assert.That(u.Average(), Is.EqualTo(0.5).Within(5 * Math.Sqrt(1 / 12.0 / n)));
        Assert.That(u.Average(x => x * x), Is.EqualTo(1 / 3.0).Within(5 * Math.Sqrt((1 / 5.0 - 1 / 9.0) / n)));
        Assert.That(u.Zip(u.Skip(1), (a, b) => (a - 0.5) * (b - 0.5)).Average(), Is.Zero.Within(5 / 12.0 / Math.Sqrt(n)),
            "neighbors are independent");
        // Chi-squared over 16 bins: 15 degrees of freedom, mean 15, variance 30.
        double expected = n / 16;
        double chiSquared = u.GroupBy(x => (int)(x * 16)).Sum(bin => (bin.Count() - expected) * (bin.Count() - expected) / expected);
        Assert.That(chiSquared, Is.LessThan(15 + 5 * Math.Sqrt(30)));
    }

    [Test]
    public void Normal_has_the_moments_of_its_distribution()
    {
        double[] x = Draw(RandomOp.Normal);
        double n = x.Length;
        Assert.That(x.Average(), Is.Zero.Within(5 / Math.Sqrt(n)));
        Assert.That(x.Average(v => v * v), Is.EqualTo(1).Within(5 * Math.Sqrt(2 / n)));
        Assert.That(x.Average(v => v * v * v), Is.Zero.Within(5 * Math.Sqrt(15 / n)));
        Assert.That(x.Average(v => v * v * v * v), Is.EqualTo(3).Within(5 * Math.Sqrt(96 / n)));
        Assert.That(x.Count(v => Math.Abs(v) < 1.959964) / n, Is.EqualTo(0.95).Within(5 * Math.Sqrt(0.95 * 0.05 / n)));
        Assert.That(x.Zip(x.Skip(1), (a, b) => a * b).Average(), Is.Zero.Within(5 / Math.Sqrt(n)),
            "the two deviates of a pair are independent");
    }

    [TestCase("reference", 1)]
    [TestCase("reference", 6)]
    [TestCase("cpu", 7)]
    [TestCase("cpu", 1028)]
    public void A_device_draws_what_the_host_draws(string deviceName, int n)
    {
        using Device device = Device.Open(deviceName);
        using Buffer<float> buffer = device.Allocate<float>(n);
        var y = new Tensor(buffer.View, new Shape(n));
        RandomKey key = RandomKey.Named(5, 9, "noise");
        var words = Enumerable.Range(0, n).Select(i => (Block: Philox.Block(key, (uint)(i / 4)), Lane: i % 4)).ToArray();
        RandomOp.Uniform(device.Stream, y, key);
        Assert.That(y.ToArray(device.Stream), Is.EqualTo(words.Select(w => Philox.Uniform(Word(w.Block, w.Lane)))));
        RandomOp.Normal(device.Stream, y, key);
        Assert.That(y.ToArray(device.Stream), Is.EqualTo(words.Select(w => Normal(w.Block, w.Lane))));
    }

    [TestCase("reference", 3ul)]
    [TestCase("cpu", 3ul)]
    [TestCase("cpu", 0xFEDCBA9876543210ul)]
    public void A_step_in_device_memory_counts_and_not_that_of_the_key(string deviceName, ulong step)
    {
        using Device device = Device.Open(deviceName);
        using Buffer<float> buffer = device.Allocate<float>(30);
        using Buffer<int> words = device.Allocate<int>(2);
        device.Stream.Write<int>([(int)step, (int)(step >> 32)], words.View);
        var y = new Tensor(buffer.View, new Shape(30));
        foreach (Action<Dalle2.Gpu.Runtime.Stream, Tensor, StepKey> draw in
            (Action<Dalle2.Gpu.Runtime.Stream, Tensor, StepKey>[])[RandomOp.Uniform, RandomOp.Normal])
        {
            draw(device.Stream, y, RandomKey.Named(5, step, "noise"));
            float[] expected = y.ToArray(device.Stream);
            draw(device.Stream, y, new StepKey(RandomKey.Named(5, 1, "noise"), words.View));
            Assert.That(y.ToArray(device.Stream), Is.EqualTo(expected));
        }
    }

    [Test]
    public void Steps_seeds_and_tensors_draw_different_numbers()
    {
        RandomKey[] keys = [new(1, 1, 1), new(2, 1, 1), new(1, 2, 1), new(1, 1, 2), new(1ul << 32, 1, 1), new(1, 1ul << 32, 1)];
        Assert.That(keys.Select(key => Philox.Block(key, 0)), Is.Unique);
    }

    [Test]
    public void A_permutation_holds_each_number_once_and_none_is_favoured()
    {
        int[] order = Philox.Permutation(RandomKey.Named(3, 0, "order"), 1000);
        Assert.That(order, Is.EquivalentTo(Enumerable.Range(0, 1000)).And.Not.Ordered);
        Assert.That(Philox.Permutation(RandomKey.Named(3, 0, "order"), 1000), Is.EqualTo(order));
        // All 6 orders of 3 over 6,000 keys: 1,000 each, deviation sqrt(6000 * 5 / 36) = 29.
        int[] counts = [.. Enumerable.Range(0, 6000).GroupBy(i => string.Join(",", Philox.Permutation(new RandomKey(3, (ulong)i, 0), 3)))
            .Select(g => g.Count())];
        Assert.That(counts, Has.Length.EqualTo(6).And.All.EqualTo(1000).Within(150));
    }

    static uint Word(RandomBlock block, int lane) => lane switch { 0 => block.W0, 1 => block.W1, 2 => block.W2, _ => block.W3 };

    // Box and Muller by the formula, words 0 and 1 for the first two values, 2 and 3 for the others.
    static float Normal(RandomBlock block, int lane)
    {
        var (first, second) = lane < 2 ? (block.W0, block.W1) : (block.W2, block.W3);
        return lane % 2 == 0 ? Philox.NormalCos(first, second) : Philox.NormalSin(first, second);
    }

    static double[] Draw(Action<Dalle2.Gpu.Runtime.Stream, Tensor, StepKey> fill)
    {
        using Device device = Device.Open("cpu");
        using Buffer<float> buffer = device.Allocate<float>(200_000);
        var y = new Tensor(buffer.View, new Shape(200_000));
        fill(device.Stream, y, RandomKey.Named(1, 2, "moments"));
        return [.. y.ToArray(device.Stream).Select(v => (double)v)];
    }
}
