using Dalle2.Gpu.Runtime;
using Dalle2.Kernels;
using Dalle2.Kernels.Shared;
using Dalle2.Tensors;
using Dalle2.Tests.Gpu.OpenCl;
using Dalle2.Tests.Gpu.Ptx;

namespace Dalle2.Tests.Layers;

/// <summary>Convolutions that are large enough to be filtered in several groups, pieces and slices, beside sums in double precision.</summary>
public class FilteredConvolutionTests
{
    static readonly int[][] Sizes =
    [
        // batch, height, width, inputs, outputs, kernel, stride, padding
        [2, 24, 18, 16, 48, 3, 1, 1],
        [1, 17, 31, 32, 16, 3, 1, 0],
        [1, 6, 7, 80, 64, 3, 1, 2],
        // Panels of columns that groups do not share evenly.
        [1, 6, 7, 48, 96, 3, 1, 1],
        [1, 8, 9, 32, 160, 3, 1, 1],
        [1, 12, 14, 96, 80, 4, 2, 1],
        [3, 16, 24, 32, 48, 4, 2, 1],
        [1, 22, 34, 16, 32, 4, 2, 2],
        [1, 8, 8, 144, 16, 4, 2, 1],
        // Many tiles: four outputs along each axis.
        [8, 32, 30, 16, 48, 4, 2, 1],
        [3, 52, 46, 32, 16, 4, 2, 2],
        [1, 91, 98, 16, 32, 4, 2, 1],
        [60, 8, 8, 64, 16, 4, 2, 1],
    ];

    [Test]
    public void All_three_passes_are_the_sums_that_they_stand_for([ValueSource(nameof(Sizes))] int[] s,
    [Values("cpu", "cpu:256", "reference")] string name)
    {
        using Device device = Device.Open(name, name == "cpu" ? 2 : 0);
        Check(s, device);
    }

    // Groups of 16 threads with the 48 KiB of shared memory that there are everywhere.
    [Test]
    public void So_they_are_in_little_shared_memory([Values("ptx", "opencl")] string name)
    {
        if (name == "opencl" && !OpenClOnce.IsHere)
            Assert.Ignore("no OpenCL driver found: install pocl-opencl-icd");
        using Device device = name == "ptx" ? new PtxDevice() : OpenClOnce.Open(16);
        Check([1, 76, 80, 16, 48, 4, 2, 1], device);
        Check([1, 6, 7, 16, 48, 3, 1, 1], device);
    }

    static void Check(int[] s, Device device)
    {
        using var context = new Context(device);
        var window = new ConvolutionWindow(s[5], s[6], s[7], 1);
        Size2d size = window.OutputSize((s[1], s[2]));
        float[] x = Values(1, s[0] * s[1] * s[2] * s[3]), w = Values(2, s[5] * s[5] * s[3] * s[4]),
            dy = Values(3, s[0] * size.Height * size.Width * s[4]), before = Values(4, w.Length);
        double[] y = new double[dy.Length], dx = new double[x.Length], dw = [.. before.Select(v => (double)v)];
        foreach (var (at, from, to) in Products(s, size))
        {
            y[to] += (double)x[from] * w[at];
            dx[from] += (double)dy[to] * w[at];
            dw[at] += (double)x[from] * dy[to];
        }

        Tensor images = context.Upload(x, s[0], s[1], s[2], s[3]), weights = context.Upload(w, s[5], s[5], s[3], s[4]);
        Tensor gradients = context.Upload(dy, s[0], size.Height, size.Width, s[4]);
        Tensor result = context.Allocate(gradients.Shape), imageGradients = context.Allocate(images.Shape),
            weightGradients = context.Upload(before, s[5], s[5], s[3], s[4]);
        int length = Conv2dOp.WorkspaceLength(context.Device, images.Shape, weights.Shape, result.Shape, window);
        Assert.That(length, Is.Positive, "this size is not filtered");
        Tensor workspace = context.Workspace(length);
        Conv2dOp.Forward(context.Stream, images, weights, result, window, workspace);
        Conv2dOp.InputGradient(context.Stream, gradients, weights, imageGradients, window, workspace);
        Conv2dOp.WeightGradient(context.Stream, images, gradients, weightGradients, window, workspace);
        RequireClose(result.ToArray(context.Stream), y, "result");
        RequireClose(imageGradients.ToArray(context.Stream), dx, "gradient of the images");
        RequireClose(weightGradients.ToArray(context.Stream), dw, "gradient of the weights");
    }

    [Test]
    public void A_workspace_that_is_too_small_is_refused()
    {
        using Device device = Device.Open("reference", 0);
        using var context = new Context(device);
        Tensor x = context.Zeros(1, 8, 8, 16), w = context.Zeros(3, 3, 16, 16), y = context.Zeros(1, 8, 8, 16);
        Assert.That(() => Conv2dOp.Forward(context.Stream, x, w, y, new ConvolutionWindow(3, 1, 1, 1), context.Workspace(1)),
            Throws.ArgumentException.With.Message.Contains("workspace of"));
    }

    // Each product of the convolution: the places of its weight, its input and its output.
    static IEnumerable<(int Weight, int Input, int Output)> Products(int[] s, Size2d size)
    {
        for (int n = 0; n < s[0]; n++)
        {
            for (int pixel = 0; pixel < size.Height * size.Width; pixel++)
            {
                int oy = pixel / size.Width, ox = pixel % size.Width;
                for (int tap = 0; tap < s[5] * s[5]; tap++)
                {
                    int iy = oy * s[6] - s[7] + tap / s[5], ix = ox * s[6] - s[7] + tap % s[5];
                    if (iy < 0 || iy >= s[1] || ix < 0 || ix >= s[2])
                        continue;
                    for (int c = 0; c < s[3]; c++)
                    {
                        for (int k = 0; k < s[4]; k++)
                        {
                            yield return ((tap * s[3] + c) * s[4] + k, ((n * s[1] + iy) * s[2] + ix) * s[3] + c,
                                ((n * size.Height + oy) * size.Width + ox) * s[4] + k);
                        }
                    }
                }
            }
        }
    }

    static float[] Values(int seed, int count)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, count).Select(_ => (float)(2 * random.NextDouble() - 1))];
    }

    static void RequireClose(float[] found, double[] expected, string what)
    {
        double largest = expected.Max(Math.Abs), error = found.Zip(expected, (f, e) => Math.Abs(f - e)).Max();
        Assert.That(error / largest, Is.LessThan(2e-6), what);
    }
}
