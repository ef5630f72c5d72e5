namespace Dalle2.Kernels;

/// <summary>The figures of one convolution, for its kernels.</summary>
readonly record struct ConvolutionShape(
    int Batch, int Height, int Width, int C, int OutHeight, int OutWidth, int K, int R, int S,
    int StrideY, int StrideX, int PaddingY, int PaddingX, int DilationY, int DilationX) : ILaunchCost
{
    /// <summary>Of the convolution and of each of its gradients.</summary>
    public double Flops => 2.0 * Batch * OutHeight * OutWidth * K * R * S * C;


    /// <summary>Taps whose values lie side by side in the image: a row of the kernel, unless it is dilated.</summary>
    public int RunTaps => DilationX == 1 ? S : 1;

    public static ConvolutionShape Of(Tensor x, Tensor w, Tensor y, ConvolutionWindow window)
    {
        if (x.Shape.Rank != 4 || w.Shape.Rank != 4 || y.Shape.Rank != 4)
            throw new ArgumentException($"a convolution takes images [batch, height, width, C] and weights [R, S, C, K]; the input is {x.Shape}, the weights {w.Shape}, the output {y.Shape}");
        if (window.Kernel != (w.Shape[0], w.Shape[1]) || x.Shape[3] != w.Shape[2])
            throw new ArgumentException($"weights {w.Shape} do not fit a kernel of {window.Kernel} over images {x.Shape}");
        Size2d size = window.OutputSize((x.Shape[1], x.Shape[2]));
        var output = new Shape(x.Shape[0], size.Height, size.Width, w.Shape[3]);
        if (y.Shape != output)
            throw new ArgumentException($"a convolution of {x.Shape} with weights {w.Shape} (stride {window.Stride}, padding {window.Padding}, dilation {window.Dilation}) gives {output}, not {y.Shape}");
        return new ConvolutionShape(
            x.Shape[0], x.Shape[1], x.Shape[2], x.Shape[3], size.Height, size.Width, w.Shape[3], w.Shape[0], w.Shape[1],
            window.Stride.Height, window.Stride.Width, window.Padding.Height, window.Padding.Width, window.Dilation.Height, window.Dilation.Width);
    }
}
