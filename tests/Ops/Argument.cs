namespace Dalle2.Ops;

/// <summary>One input of an op's case: its extents, how its values are drawn, whether a gradient flows to it.</summary>
public sealed class Argument
{
    readonly Func<RandomKey, int, double> draw;

    Argument(string name, int[] extents, bool isInteger, bool differentiable, Func<RandomKey, int, double> draw)
    {
        Name = name;
        Extents = extents;
        IsInteger = isInteger;
        Differentiable = differentiable;
        this.draw = draw;
    }

    public string Name { get; }

    public int[] Extents { get; }

    public bool IsInteger { get; }

    public bool Differentiable { get; private init; }

    /// <summary>Normal with the given deviation.</summary>
    public static Argument Normal(string name, double deviation, params int[] extents) =>
        new(name, extents, false, true, (key, i) =>
        {
            RandomBlock words = Philox.Block(key, (uint)i);
            return deviation * Philox.NormalCos(words.W0, words.W1);
        });

    /// <summary>Uniform in [low, high).</summary>
    public static Argument Uniform(string name, double low, double high, params int[] extents) =>
        new(name, extents, false, true, (key, i) => low + (high - low) * Philox.Uniform(Philox.Block(key, (uint)i).W0));

    /// <summary>Integers in [low, high).</summary>
    public static Argument Integers(string name, int low, int high, params int[] extents) =>
        new(name, extents, true, false, (key, i) => low + (int)(Philox.Block(key, (uint)i).W0 % (uint)(high - low)));

    /// <summary>Given integers.</summary>
    public static Argument Given(string name, int[] values, params int[] extents) =>
        new(name, extents, true, false, (_, i) => values[i]);

    /// <summary>The same argument, without a gradient.</summary>
    public Argument Constant() => new(Name, Extents, IsInteger, false, draw);

    /// <summary>The values, as floats widened to double, so that device and reference see the same numbers.</summary>
    public double[] Draw(ulong seed)
    {
        RandomKey key = RandomKey.Named(seed, 0, Name);
        var values = new double[new Shape(Extents).Length];
        for (int i = 0; i < values.Length; i++)
            values[i] = (float)draw(key, i);
        return values;
    }
}
