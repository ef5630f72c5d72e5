// Parts of samples replaced:  y[n, p, c] = x[n, p, c] where mask[n, p] is 0      (written, =; elsewhere y stays)
//   x, y [N, ..., C]   mask [N, ...]: integers, one for all channels of a pixel
using ILGPU;

namespace Dalle2.Kernels;

/// <summary>Copying pixels that a mask names.</summary>
public static class MaskedCopyOp
{
    /// <summary>Copies the pixels whose mask is 0.</summary>
    /// <param name="stream">Where it runs.</param>
    /// <param name="x">Copied from.</param>
    /// <param name="mask">A number for each pixel.</param>
    /// <param name="y">Copied to; pixels whose mask is not 0 stay.</param>
    /// <exception cref="ArgumentException">The extents do not fit.</exception>
    public static void CopyUnmasked(Stream stream, Tensor x, IntTensor mask, Tensor y)
    {
        if (x.Length != y.Length || x.Rows != mask.Length)
            throw new ArgumentException($"a mask has a number for each pixel; {mask.Shape}, {x.Shape} and {y.Shape} do not fit");
        stream.Launch(CopyUnmaskedKernel, new Index2D(x.Cols, x.Rows), x.View, mask.View, y.View, x.Cols);
    }

    // One thread per element.
    static void CopyUnmaskedKernel(Index2D i, ArrayView<float> x, ArrayView<int> mask, ArrayView<float> y, int channels)
    {
        if (mask[i.Y] == 0)
            y[i.Y * channels + i.X] = x[i.Y * channels + i.X];
    }
}
