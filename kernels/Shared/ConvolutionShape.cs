
namespace Dalle2.Kernels.Shared;

/// <summary>The figures of one convolution, for its kernels. Of bfloat16, the channels of what is multiplied count words of two (<paramref name="PerWord"/>).</summary>
readonly record struct ConvolutionShape(
    int Batch, int Height, int Width, int C, int OutHeight, int OutWidth, int K, int R, int S,
    int StrideY, int StrideX, int PaddingY, int PaddingX, int DilationY, int DilationX,
    int PerWord = 1) : ILaunchCost
{
    /// <summary>Of the convolution and of each of its gradients.</summary>
    public double Flops => 2.0 * Batch * OutHeight * OutWidth * K * R * S * C * PerWord;

    /// <summary>Taps whose values lie side by side in the image: a row of the kernel, unless it is dilated.</summary>
    public int RunTaps => DilationX == 1 ? S : 1;

    /// <summary>One tap on each pixel: a matrix product.</summary>
    public bool IsPointwise => (R, S, StrideY, StrideX, PaddingY, PaddingX) is (1, 1, 1, 1, 0, 0);

    public static ConvolutionShape Of(Shape x, Shape w, Shape y, ConvolutionWindow window)
    {
        if (x.Rank != 4 || w.Rank != 4 || y.Rank != 4)
        {
            throw new ArgumentException($"a convolution takes images [batch, height, width, C] and weights [R, S, C, K]; the input is "
                + $"{x}, the weights {w}, the output {y}");
        }

        if (window.Kernel != (w[0], w[1]) || x[3] != w[2])
            throw new ArgumentException($"weights {w} do not fit a kernel of {window.Kernel} over images {x}");
        Size2d size = window.OutputSize((x[1], x[2]));
        var output = new Shape(x[0], size.Height, size.Width, w[3]);
        if (y != output)
        {
            throw new ArgumentException($"a convolution of {x} with weights {w} (stride {window.Stride}, padding "
                + $"{window.Padding}, dilation {window.Dilation}) gives {output}, not {y}");
        }

        return new ConvolutionShape(
            x[0], x[1], x[2], x[3], size.Height, size.Width, w[3], w[0], w[1],
            window.Stride.Height, window.Stride.Width, window.Padding.Height, window.Padding.Width, window.Dilation.Height,
            window.Dilation.Width);
    }
}
