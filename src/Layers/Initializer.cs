using Dalle2.Gpu.Extensions;

namespace Dalle2.Layers;

/// <summary>How a parameter starts: element i is a pure function of (seed, the parameter's name, i).</summary>
public abstract record Initializer
{
    /// <summary>All zero.</summary>
    public static Initializer Zeros { get; } = new ConstantInitializer(0f);

    /// <summary>All one.</summary>
    public static Initializer Ones { get; } = new ConstantInitializer(1f);

    /// <summary>All the same.</summary>
    public static Initializer Constant(float value) => new ConstantInitializer(value);

    /// <summary>Uniform in [-limit, limit].</summary>
    public static Initializer Uniform(float limit) => new UniformInitializer(limit);

    /// <summary>Normal with mean 0.</summary>
    public static Initializer Normal(float deviation) => new NormalInitializer(deviation);

    /// <summary>Uniform with limit sqrt(6 / (fanIn + fanOut)) (Glorot and Bengio, 2010).</summary>
    public static Initializer Glorot(int fanIn, int fanOut) => new UniformInitializer(MathF.Sqrt(6f / (fanIn + fanOut)));

    /// <summary>Uniform with limit sqrt(6 / fanIn), for layers that a rectifier follows (He et al., 2015).</summary>
    public static Initializer He(int fanIn) => new UniformInitializer(MathF.Sqrt(6f / fanIn));

    /// <summary>Writes the first values.</summary>
    public abstract void Fill(Span<float> values, RandomKey key);

    sealed record ConstantInitializer(float Value) : Initializer
    {
        public override void Fill(Span<float> values, RandomKey key) => values.Fill(Value);
    }

    sealed record UniformInitializer(float Limit) : Initializer
    {
        public override void Fill(Span<float> values, RandomKey key)
        {
            for (int i = 0; i < values.Length; i++)
                values[i] = Fused.MultiplyAdd(2f * Limit, Philox.Uniform(Philox.Block(key, (uint)i).W0), -Limit);
        }
    }

    sealed record NormalInitializer(float Deviation) : Initializer
    {
        public override void Fill(Span<float> values, RandomKey key)
        {
            for (int i = 0; i < values.Length; i++)
            {
                RandomBlock words = Philox.Block(key, (uint)i);
                values[i] = Deviation * Philox.NormalCos(words.W0, words.W1);
            }
        }
    }
}
