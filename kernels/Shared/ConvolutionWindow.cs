
namespace Dalle2.Kernels.Shared;

/// <summary>How a convolution's kernel moves over an image.</summary>
/// <param name="Kernel">Taps along each axis, at least 1.</param>
/// <param name="Stride">From one output pixel's window to the next, in input pixels, at least 1.</param>
/// <param name="Padding">Zeros on each side of the input, at least 0.</param>
/// <param name="Dilation">From one tap to the next, in input pixels, at least 1.</param>
public readonly record struct ConvolutionWindow(Size2d Kernel, Size2d Stride, Size2d Padding, Size2d Dilation)
{
    /// <summary>
    /// The size of a convolution's output: along each axis <c>(input + 2 padding - dilation (kernel - 1) - 1) / stride + 1</c>, rounded down.
    /// </summary>
    /// <exception cref="ArgumentException">The window is impossible, or does not fit into the padded image.</exception>
    public Size2d OutputSize(Size2d input)
    {
        Check();
        return new Size2d(
            Output("high", input.Height, Kernel.Height, Stride.Height, Padding.Height, Dilation.Height),
            Output("wide", input.Width, Kernel.Width, Stride.Width, Padding.Width, Dilation.Width));
    }

    /// <summary>
    /// The size of a transposed convolution's output: along each axis <c>(input - 1) stride - 2 padding + dilation (kernel - 1) + 1 + outputPadding</c>.
    /// Of the sizes that a convolution takes to <paramref name="input"/>, the output padding picks one: 0 the smallest, stride - 1 the largest.
    /// </summary>
    /// <exception cref="ArgumentException">The window is impossible, the output padding is not below the stride, or the output would be empty.</exception>
    public Size2d TransposedSize(Size2d input, Size2d outputPadding)
    {
        Check();
        return new Size2d(
            Transposed("high", input.Height, outputPadding.Height, Kernel.Height, Stride.Height, Padding.Height, Dilation.Height),
            Transposed("wide", input.Width, outputPadding.Width, Kernel.Width, Stride.Width, Padding.Width, Dilation.Width));
    }

    void Check()
    {
        if (Kernel.Height < 1 || Kernel.Width < 1)
            throw new ArgumentException($"a convolution's kernel has at least 1 tap along each axis, not {Kernel}");
        if (Stride.Height < 1 || Stride.Width < 1)
            throw new ArgumentException($"a convolution's stride is at least 1 along each axis, not {Stride}");
        if (Padding.Height < 0 || Padding.Width < 0)
            throw new ArgumentException($"a convolution's padding is at least 0 along each axis, not {Padding}");
        if (Dilation.Height < 1 || Dilation.Width < 1)
            throw new ArgumentException($"a convolution's dilation is at least 1 along each axis, not {Dilation}");
    }

    static int Output(string axis, int input, int kernel, int stride, int padding, int dilation)
    {
        long padded = input + 2L * padding, reach = (long)dilation * (kernel - 1) + 1;
        if (input < 1 || reach > padded)
        {
            throw new ArgumentException($"a kernel {reach} pixels {axis} ({kernel} taps, dilation {dilation}) does not fit into an image "
                + $"{input} pixels {axis} with {padding} of padding on each side");
        }

        return checked((int)((padded - reach) / stride + 1));
    }

    static int Transposed(string axis, int input, int outputPadding, int kernel, int stride, int padding, int dilation)
    {
        if (outputPadding < 0 || outputPadding >= stride)
        {
            throw new ArgumentException(
                $"a transposed convolution's output padding lies between 0 and the stride less one, {stride - 1}; it is {outputPadding}");
        }

        long output = (input - 1L) * stride - 2L * padding + (long)dilation * (kernel - 1) + 1 + outputPadding;
        if (input < 1 || output < 1)
        {
            throw new ArgumentException($"a transposed convolution of an image {input} pixels {axis} (kernel {kernel}, stride "
                + $"{stride}, padding {padding}, dilation {dilation}) has no output: {output} pixels {axis}");
        }

        return checked((int)output);
    }
}
