namespace Dalle2.IlgpuKernels;

/// <summary>A file of kernels and their cases. <see cref="KernelCases"/> finds every class that derives from it.</summary>
public abstract class KernelFamily
{
    /// <summary>The cases of this family.</summary>
    public abstract IEnumerable<KernelCase> Cases { get; }

    /// <summary>An implicitly grouped kernel over <paramref name="extent"/>, an index of the type of its first parameter.</summary>
    protected static KernelCase Implicit(string name, Delegate kernel, object extent, params object[] arguments) =>
        new() { Name = name, Kernel = kernel.Method, Extent = extent, Arguments = arguments };

    /// <summary>An explicitly grouped kernel.</summary>
    protected static KernelCase Explicit(string name, Delegate kernel, KernelConfig config, params object[] arguments) =>
        new() { Name = name, Kernel = kernel.Method, Config = config, Arguments = arguments };

    /// <summary>A buffer that the kernel must leave as it is.</summary>
    protected static KernelBuffer<T> In<T>(params T[] contents) where T : unmanaged => new(contents);

    /// <summary>A buffer of zeros that the kernel turns into <paramref name="expected"/>.</summary>
    protected static KernelBuffer<T> Out<T>(params T[] expected) where T : unmanaged => new(new T[expected.Length], expected);

    /// <summary>A buffer of zeros that the kernel fills with a function of the element's index.</summary>
    protected static KernelBuffer<T> Out<T>(int length, Func<int, T> expected) where T : unmanaged => Out(Fill(length, expected));

    /// <summary>A buffer that the kernel changes in place.</summary>
    protected static KernelBuffer<T> InOut<T>(T[] contents, T[] expected) where T : unmanaged => new(contents, expected);

    /// <summary>An array by a function of the element's index.</summary>
    protected static T[] Fill<T>(int length, Func<int, T> value) => [.. Enumerable.Range(0, length).Select(value)];

    /// <summary>Whole numbers from 0 to 99 in no order that a kernel could profit from, the same at every call.</summary>
    protected static int[] Scattered(int length, int seed = 1) =>
        Fill(length, i => (int)(((uint)(i + 1) * 2654435761u + (uint)seed * 40503u) >> 9) % 100);

    /// <summary><see cref="Scattered"/> as fractions of 16, which float holds exactly: -3 to 3.1875.</summary>
    protected static float[] Fractions(int length, int seed = 1) => [.. Scattered(length, seed).Select(value => (value - 48) / 16f)];
}
