namespace Dalle2.IlgpuKernels;

/// <summary>Fractals, cellular automata, stencils and filters.</summary>
public sealed class PictureKernels : KernelFamily
{
    internal readonly struct Complex(float real, float imaginary)
    {
        public readonly float Real = real;
        public readonly float Imaginary = imaginary;

        public float SquaredNorm => Real * Real + Imaginary * Imaginary;

        public static Complex operator +(Complex a, Complex b) => new(a.Real + b.Real, a.Imaginary + b.Imaginary);

        public static Complex operator *(Complex a, Complex b) =>
            new(a.Real * b.Real - a.Imaginary * b.Imaginary, a.Real * b.Imaginary + a.Imaginary * b.Real);
    }

    static void MandelbrotKernel(Index2D index, ArrayView2D<int, Stride2D.DenseX> iterations, int limit)
    {
        var c = new Complex(-2 + index.X * 3f / iterations.IntExtent.X, -1 + index.Y * 2f / iterations.IntExtent.Y);
        var z = new Complex(0, 0);
        int i = 0;
        while (i < limit && z.SquaredNorm < 4)
        {
            z = z * z + c;
            i++;
        }
        iterations[index] = i;
    }

    static void JuliaKernel(Index1D index, ArrayView<byte> pixels, int width, int height, Complex c)
    {
        (int x, int y) = (index % width, index / width);
        var z = new Complex((x - width / 2) / 4f, (y - height / 2) / 4f);
        byte count = 0;
        for (; count < 60 && z.SquaredNorm < 4; count++)
            z = z * z + c;
        pixels[index] = count;
    }

    static void LifeKernel(Index2D index, ArrayView2D<byte, Stride2D.DenseX> cells, ArrayView2D<byte, Stride2D.DenseX> next)
    {
        int width = cells.IntExtent.X, height = cells.IntExtent.Y, neighbors = 0;
        for (int dy = -1; dy <= 1; dy++)
        {
            for (int dx = -1; dx <= 1; dx++)
            {
                if (dx == 0 && dy == 0)
                    continue;
                neighbors += cells[(index.X + dx + width) % width, (index.Y + dy + height) % height];
            }
        }
        next[index] = neighbors == 3 || (neighbors == 2 && cells[index] == 1) ? (byte)1 : (byte)0;
    }

    static void HeatKernel(Index2D index, ArrayView2D<float, Stride2D.DenseX> now, ArrayView2D<float, Stride2D.DenseX> next, float rate)
    {
        Index2D last = now.IntExtent - Index2D.One;
        if (index.X == 0 || index.Y == 0 || index.X == last.X || index.Y == last.Y)
        {
            next[index] = now[index];
            return;
        }
        float around = now[index.X - 1, index.Y] + now[index.X + 1, index.Y] + now[index.X, index.Y - 1] + now[index.X, index.Y + 1];
        next[index] = now[index] + rate * (around - 4 * now[index]);
    }

    static void Convolution1DKernel(ArrayView<float> data, ArrayView<float> taps, ArrayView<float> result)
    {
        const int Halo = 2;
        var shared = SharedMemory.Allocate<float>(16 + 2 * Halo);
        int place = Grid.GlobalIndex.X;
        for (int i = Group.IdxX; i < shared.Length; i += Group.DimX)
        {
            int source = Grid.IdxX * Group.DimX + i - Halo;
            shared[i] = source >= 0 && source < data.Length ? data[source] : 0;
        }
        Group.Barrier();
        if (place >= data.Length)
            return;
        float sum = 0;
        for (int tap = 0; tap < taps.IntLength; tap++)
            sum += taps[tap] * shared[Group.IdxX + tap];
        result[place] = sum;
    }

    static void Convolution2DKernel(Index2D index, ArrayView2D<float, Stride2D.DenseX> image, ArrayView2D<float, Stride2D.DenseY> filter,
        ArrayView2D<float, Stride2D.DenseX> result)
    {
        float sum = 0;
        for (int y = 0; y < filter.IntExtent.Y; y++)
        {
            for (int x = 0; x < filter.IntExtent.X; x++)
            {
                int column = XMath.Clamp(index.X + x - 1, 0, image.IntExtent.X - 1),
                    row = XMath.Clamp(index.Y + y - 1, 0, image.IntExtent.Y - 1);
                sum += image[column, row] * filter[x, y];
            }
        }
        result[index] = sum;
    }

    static void GrayscaleKernel(Index2D index, ArrayView<uint> pixels, ArrayView2D<byte, Stride2D.DenseX> gray)
    {
        uint pixel = pixels[index.Y * gray.IntExtent.X + index.X];
        uint red = pixel & 0xff, green = pixel >> 8 & 0xff, blue = pixel >> 16 & 0xff;
        gray[index] = (byte)((red * 77 + green * 150 + blue * 29) >> 8);
    }

    public override IEnumerable<KernelCase> Cases
    {
        get
        {
            yield return Implicit("Picture.Mandelbrot", MandelbrotKernel, new Index2D(12, 8),
                Out(96, i => Iterations(0, 0, -2 + i % 12 * 3f / 12, -1 + i / 12 * 2f / 8, 50)).DenseX(12, 8), 50);
            yield return Implicit("Picture.Julia", JuliaKernel, new Index1D(80),
                Out(80, i => (byte)Iterations((i % 10 - 5) / 4f, (i / 10 - 4) / 4f, -.75f, .125f, 60)), 10, 8, new Complex(-.75f, .125f));
            byte[] cells = [.. Scattered(60).Select(value => (byte)(value % 2))];
            yield return Implicit("Picture.Life", LifeKernel, new Index2D(10, 6), In(cells).DenseX(10, 6), Out(60, i =>
            {
                int around = Enumerable.Range(0, 9).Where(k => k != 4)
                    .Sum(k => cells[(i / 10 + k / 3 + 5) % 6 * 10 + (i % 10 + k % 3 + 9) % 10]);
                return (byte)(around == 3 || around == 2 && cells[i] == 1 ? 1 : 0);
            }).DenseX(10, 6));
            float[] heat = Fractions(48);
            yield return Implicit("Picture.Heat", HeatKernel, new Index2D(8, 6), In(heat).DenseX(8, 6),
                Out(48, i => i % 8 is 0 or 7 || i / 8 is 0 or 5 ? heat[i]
                : heat[i] + .125f * (heat[i - 1] + heat[i + 1] + heat[i - 8] + heat[i + 8] - 4 * heat[i])).DenseX(8, 6), .125f);
            float[] line = Fractions(40), taps = [.5f, 1, -2, 1, .25f];
            yield return Explicit("Picture.Convolution1D", Convolution1DKernel, new KernelConfig(3, 16), In(line), In(taps),
                Out(40, i => Enumerable.Range(0, 5).Sum(tap => i + tap - 2 is >= 0 and < 40 ? taps[tap] * line[i + tap - 2] : 0)));
            float[] filter = Fractions(9, 3);
            yield return Implicit("Picture.Convolution2D", Convolution2DKernel, new Index2D(8, 6), In(heat).DenseX(8, 6),
                In(filter).DenseY(3, 3),
                Out(48, i => Enumerable.Range(0, 9).Sum(k => filter[k % 3 * 3 + k / 3]
                * heat[Math.Clamp(i / 8 + k / 3 - 1, 0, 5) * 8 + Math.Clamp(i % 8 + k % 3 - 1, 0, 7)])).DenseX(8, 6));
            uint[] pixels = Fill(30, i => unchecked((uint)(i + 1) * 2654435761u));
            yield return Implicit("Picture.Grayscale", GrayscaleKernel, new Index2D(6, 5), In(pixels),
                Out(30, i => (byte)((pixels[i] % 256 * 77 + pixels[i] / 256 % 256 * 150 + pixels[i] / 65536 % 256 * 29) / 256))
                .DenseX(6, 5));
        }
    }

    static int Iterations(float x, float y, float real, float imaginary, int limit)
    {
        int i = 0;
        for (; i < limit && x * x + y * y < 4; i++)
            (x, y) = (x * x - y * y + real, x * y + y * x + imaginary);
        return i;
    }
}
