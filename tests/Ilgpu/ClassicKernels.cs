namespace Dalle2.IlgpuKernels;

/// <summary>The programs that are written first on every GPU, apart from those that other families hold.</summary>
public sealed class ClassicKernels : KernelFamily
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

    static void Convolution2DKernel(Index2D index, ArrayView2D<float, Stride2D.DenseX> image, ArrayView2D<float, Stride2D.DenseY> filter, ArrayView2D<float, Stride2D.DenseX> result)
    {
        float sum = 0;
        for (int y = 0; y < filter.IntExtent.Y; y++)
        {
            for (int x = 0; x < filter.IntExtent.X; x++)
            {
                int column = XMath.Clamp(index.X + x - 1, 0, image.IntExtent.X - 1), row = XMath.Clamp(index.Y + y - 1, 0, image.IntExtent.Y - 1);
                sum += image[column, row] * filter[x, y];
            }
        }
        result[index] = sum;
    }

    static void MatrixVectorKernel(Index1D row, ArrayView2D<float, Stride2D.DenseY> matrix, ArrayView<float> vector, ArrayView<float> product)
    {
        float sum = 0;
        for (int column = 0; column < matrix.IntExtent.Y; column++)
            sum += matrix[row, column] * vector[column];
        product[row] = sum;
    }

    static void DotKernel(ArrayView<double> a, ArrayView<double> b, ArrayView<double> sum)
    {
        var shared = SharedMemory.Allocate1D<double>(32);
        double mine = 0;
        for (int i = Grid.GlobalLinearIndex; i < a.Length; i += Grid.DimX * Group.DimX)
            mine += a[i] * b[i];
        shared[Group.IdxX] = mine;
        Group.Barrier();
        for (int half = Group.DimX >> 1; half > 0; half >>= 1)
        {
            if (Group.IdxX < half)
                shared[Group.IdxX] += shared[Group.IdxX + half];
            Group.Barrier();
        }
        if (Group.IdxX == 0)
            Atomic.Add(ref sum[0], shared[0]);
    }

    internal struct Body
    {
        public float X;
        public float Y;
        public float Z;
        public float Mass;
    }

    static void BodiesKernel(Index1D index, ArrayView<Body> bodies, ArrayView<Body> forces, float softening)
    {
        Body self = bodies[index];
        var force = default(Body);
        for (int i = 0; i < bodies.IntLength; i++)
        {
            Body other = bodies[i];
            float dx = other.X - self.X, dy = other.Y - self.Y, dz = other.Z - self.Z;
            float inverse = 1 / XMath.Sqrt(dx * dx + dy * dy + dz * dz + softening);
            float pull = other.Mass * inverse * inverse * inverse;
            force.X += dx * pull;
            force.Y += dy * pull;
            force.Z += dz * pull;
        }
        forces[index] = force;
    }

    static void SieveKernel(Index1D index, ArrayView<byte> composite)
    {
        int factor = index + 2;
        for (int multiple = factor * factor; multiple < composite.Length; multiple += factor)
            composite[multiple] = 1;
    }

    static void CollatzKernel(Index1D index, ArrayView<int> lengths)
    {
        long value = index + 1;
        int length = 1;
        while (value != 1)
        {
            value = (value & 1) == 0 ? value >> 1 : 3 * value + 1;
            ++length;
        }
        lengths[index] = length;
    }

    static void RadixCountKernel(ArrayView<int> keys, ArrayView<int> counts, int shift)
    {
        var shared = SharedMemory.Allocate<int>(4);
        if (Group.IdxX < 4)
            shared[Group.IdxX] = 0;
        Group.Barrier();
        Atomic.Add(ref shared[(keys[Grid.GlobalIndex.X] >> shift) & 3], 1);
        Group.Barrier();
        if (Group.IdxX < 4)
            counts[Group.IdxX * Grid.DimX + Grid.IdxX] = shared[Group.IdxX];
    }

    static void RadixScanKernel(Index1D index, ArrayView<int> counts, ArrayView<int> starts)
    {
        int sum = 0;
        for (int i = 0; i < index; i++)
            sum += counts[i];
        starts[index] = sum;
    }

    static void RadixScatterKernel(ArrayView<int> keys, ArrayView<int> starts, ArrayView<int> sorted, int shift)
    {
        int place = Grid.GlobalIndex.X, digit = (keys[place] >> shift) & 3, before = 0;
        for (int i = place - Group.IdxX; i < place; i++)
        {
            if (((keys[i] >> shift) & 3) == digit)
                before++;
        }
        sorted[starts[digit * Grid.DimX + Grid.IdxX] + before] = keys[place];
    }

    static void PrefixMaximumKernel(ArrayView<int> data)
    {
        for (int offset = 1; offset < Group.DimX; offset <<= 1)
        {
            int other = Group.IdxX >= offset ? data[Group.IdxX - offset] : int.MinValue;
            Group.Barrier();
            data[Group.IdxX] = IntrinsicMath.Max(data[Group.IdxX], other);
            Group.Barrier();
        }
    }

    internal struct Run
    {
        public byte Value;
        public int Length;
    }

    static void RunLengthKernel(Index1D index, ArrayView<byte> data, ArrayView<Run> runs)
    {
        if (index > 0 && data[index - 1] == data[index])
            return;
        int end = index + 1;
        while (end < data.IntLength && data[end] == data[index])
            end++;
        runs[index] = new Run { Value = data[index], Length = end - index };
    }

    static void SearchKernel(Index1D index, ArrayView<byte> text, ArrayView<byte> pattern, ArrayView<int> matches, ArrayView<int> first)
    {
        for (int i = 0; i < pattern.Length; i++)
        {
            if (text[index + i] != pattern[i])
                return;
        }
        Atomic.Add(ref matches[0], 1);
        Atomic.Min(ref first[0], index);
    }

    static void HashKernel(Index1D index, ArrayView<byte> text, ArrayView<uint> fnv, ArrayView<uint> adler, int length)
    {
        uint hash = 2166136261, a = 1, b = 0;
        for (int i = 0; i < length; i++)
        {
            byte value = text[index * length + i];
            hash = (hash ^ value) * 16777619;
            a = (a + value) % 65521;
            b = (b + a) % 65521;
        }
        fnv[index] = hash;
        adler[index] = b << 16 | a;
    }

    static void ChecksumKernel(Index1D index, ArrayView<byte> text, ArrayView<uint> crc, int length)
    {
        uint remainder = uint.MaxValue;
        for (int i = 0; i < length; i++)
        {
            remainder ^= text[index * length + i];
            for (int bit = 0; bit < 8; bit++)
                remainder = (remainder & 1) != 0 ? remainder >> 1 ^ 0xEDB88320u : remainder >> 1;
        }
        crc[index] = ~remainder;
    }

    internal struct Quaternion(float w, float x, float y, float z)
    {
        public float W = w;
        public float X = x;
        public float Y = y;
        public float Z = z;

        public readonly Quaternion Conjugate() => new(W, -X, -Y, -Z);

        public static Quaternion operator *(Quaternion a, Quaternion b) => new(
            a.W * b.W - a.X * b.X - a.Y * b.Y - a.Z * b.Z,
            a.W * b.X + a.X * b.W + a.Y * b.Z - a.Z * b.Y,
            a.W * b.Y - a.X * b.Z + a.Y * b.W + a.Z * b.X,
            a.W * b.Z + a.X * b.Y - a.Y * b.X + a.Z * b.W);
    }

    static void RotateKernel(Index1D index, ArrayView<Quaternion> points, Quaternion rotation)
    {
        points[index] = rotation * points[index] * rotation.Conjugate();
    }

    static void MonteCarloKernel(Index1D index, ArrayView<uint> states, ArrayView<int> inside, int samples)
    {
        uint state = states[index];
        int hits = 0;
        for (int i = 0; i < samples; i++)
        {
            uint x = Next(ref state) >> 16, y = Next(ref state) >> 16;
            if (x * x / 65536 + y * y / 65536 < 65536)
                hits++;
        }
        states[index] = state;
        inside[index] = hits;
    }

    static uint Next(ref uint state)
    {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        return state;
    }

    static void FloydKernel(Index2D index, ArrayView2D<int, Stride2D.DenseX> distances, int through)
    {
        int detour = distances[index.X, through] + distances[through, index.Y];
        if (detour < distances[index])
            distances[index] = detour;
    }

    static void GrayscaleKernel(Index2D index, ArrayView<uint> pixels, ArrayView2D<byte, Stride2D.DenseX> gray)
    {
        uint pixel = pixels[index.Y * gray.IntExtent.X + index.X];
        uint red = pixel & 0xff, green = pixel >> 8 & 0xff, blue = pixel >> 16 & 0xff;
        gray[index] = (byte)((red * 77 + green * 150 + blue * 29) >> 8);
    }

    public override IEnumerable<KernelCase> Cases => [.. Pictures(), .. Algebra(), .. Integers()];

    static IEnumerable<KernelCase> Pictures()
    {
        yield return Implicit("Classic.Mandelbrot", MandelbrotKernel, new Index2D(12, 8), Out(96, i => Iterations(0, 0, -2 + i % 12 * 3f / 12, -1 + i / 12 * 2f / 8, 50)).DenseX(12, 8), 50);
        yield return Implicit("Classic.Julia", JuliaKernel, new Index1D(80), Out(80, i => (byte)Iterations((i % 10 - 5) / 4f, (i / 10 - 4) / 4f, -.75f, .125f, 60)), 10, 8, new Complex(-.75f, .125f));
        byte[] cells = [.. Scattered(60).Select(value => (byte)(value % 2))];
        yield return Implicit("Classic.Life", LifeKernel, new Index2D(10, 6), In(cells).DenseX(10, 6), Out(60, i =>
        {
            int around = Enumerable.Range(0, 9).Where(k => k != 4).Sum(k => cells[(i / 10 + k / 3 + 5) % 6 * 10 + (i % 10 + k % 3 + 9) % 10]);
            return (byte)(around == 3 || around == 2 && cells[i] == 1 ? 1 : 0);
        }).DenseX(10, 6));
        float[] heat = Fractions(48);
        yield return Implicit("Classic.Heat", HeatKernel, new Index2D(8, 6), In(heat).DenseX(8, 6), Out(48, i => i % 8 is 0 or 7 || i / 8 is 0 or 5 ? heat[i]
            : heat[i] + .125f * (heat[i - 1] + heat[i + 1] + heat[i - 8] + heat[i + 8] - 4 * heat[i])).DenseX(8, 6), .125f);
        float[] line = Fractions(40), taps = [.5f, 1, -2, 1, .25f];
        yield return Explicit("Classic.Convolution1D", Convolution1DKernel, new KernelConfig(3, 16), In(line), In(taps),
            Out(40, i => Enumerable.Range(0, 5).Sum(tap => i + tap - 2 is >= 0 and < 40 ? taps[tap] * line[i + tap - 2] : 0)));
        float[] filter = Fractions(9, 3);
        yield return Implicit("Classic.Convolution2D", Convolution2DKernel, new Index2D(8, 6), In(heat).DenseX(8, 6), In(filter).DenseY(3, 3),
            Out(48, i => Enumerable.Range(0, 9).Sum(k => filter[k % 3 * 3 + k / 3] * heat[Math.Clamp(i / 8 + k / 3 - 1, 0, 5) * 8 + Math.Clamp(i % 8 + k % 3 - 1, 0, 7)])).DenseX(8, 6));
        uint[] pixels = Fill(30, i => unchecked((uint)(i + 1) * 2654435761u));
        yield return Implicit("Classic.Grayscale", GrayscaleKernel, new Index2D(6, 5), In(pixels),
            Out(30, i => (byte)((pixels[i] % 256 * 77 + pixels[i] / 256 % 256 * 150 + pixels[i] / 65536 % 256 * 29) / 256)).DenseX(6, 5));
    }

    static IEnumerable<KernelCase> Algebra()
    {
        float[] matrix = Fractions(7 * 9), vector = Fractions(9, 2);
        yield return Implicit("Classic.MatrixVector", MatrixVectorKernel, new Index1D(7), In(matrix).DenseY(7, 9), In(vector), Out(7, i => Enumerable.Range(0, 9).Sum(k => matrix[9 * i + k] * vector[k])));
        double[] a = Fill(100, i => i / 4.0), b = Fill(100, i => 3 - i / 8.0);
        yield return Explicit("Classic.Dot", DotKernel, new KernelConfig(2, 32), In(a), In(b), Out(a.Zip(b, (x, y) => x * y).Sum()));
        // Two bodies at distance 2 in a box of softening 0 at themselves would divide by 0: 4 + softening 5 is 9, a root of 3.
        Body[] bodies = [new Body { X = 0, Mass = 27 }, new Body { X = 2, Mass = 54 }];
        yield return Implicit("Classic.Bodies", BodiesKernel, new Index1D(2), In(bodies), Out(new Body { X = 4 }, new Body { X = -2 }), 5f);
        Quaternion[] points = [new(0, 1, 0, 0), new(0, 0, 1, 0), new(0, 0, 0, 1), new(0, 1, 2, 3)];
        // Twice a turn by 120 degrees about the diagonal, which moves x to y to z.
        yield return Implicit("Classic.Rotate", RotateKernel, new Index1D(4), InOut(points, [new(0, 0, 4, 0), new(0, 0, 0, 4), new(0, 4, 0, 0), new(0, 12, 4, 8)]), new Quaternion(1, 1, 1, 1));
        uint[] states = Fill(8, i => (uint)(i + 1) * 7919);
        yield return Implicit("Classic.MonteCarlo", MonteCarloKernel, new Index1D(8), InOut(states, Fill(8, i => Draw(states[i], 50).State)), Out(8, i => Draw(states[i], 50).Hits), 50);
        int[] distances = Fill(36, i => i % 7 == 0 ? 0 : Scattered(36)[i] + 1);
        yield return Implicit("Classic.FloydStep", FloydKernel, new Index2D(6, 6), InOut(distances, Fill(36, i => Math.Min(distances[i], distances[2 * 6 + i % 6] + distances[i / 6 * 6 + 2]))).DenseX(6, 6), 2);
    }

    static IEnumerable<KernelCase> Integers()
    {
        yield return Implicit("Classic.Sieve", SieveKernel, new Index1D(9), Out(120, i => (byte)(i > 3 && Enumerable.Range(2, i - 2).Any(factor => i % factor == 0) ? 1 : 0)));
        yield return Implicit("Classic.Collatz", CollatzKernel, new Index1D(30), Out(30, i => Collatz(i + 1)));
        int[] keys = Scattered(48);
        int Digit(int key) => key >> 2 & 3;
        int[] counts = Fill(16, i => keys.Skip(i % 4 * 12).Take(12).Count(key => Digit(key) == i / 4));
        int[] starts = Fill(16, i => counts.Take(i).Sum());
        yield return Explicit("Classic.RadixCount", RadixCountKernel, new KernelConfig(4, 12), In(keys), Out(counts), 2);
        yield return Implicit("Classic.RadixScan", RadixScanKernel, new Index1D(16), In(counts), Out(starts));
        yield return Explicit("Classic.RadixScatter", RadixScatterKernel, new KernelConfig(4, 12), In(keys), In(starts), Out([.. keys.OrderBy(Digit)]), 2);
        yield return Explicit("Classic.PrefixMaximum", PrefixMaximumKernel, new KernelConfig(1, 48), InOut(keys, Fill(48, i => keys[..(i + 1)].Max())));
        byte[] runs = [5, 5, 5, 1, 2, 2, 9, 9, 9, 9];
        yield return Implicit("Classic.RunLength", RunLengthKernel, new Index1D(10), In(runs), Out(10, i => i switch
        {
            0 => new Run { Value = 5, Length = 3 },
            3 => new Run { Value = 1, Length = 1 },
            4 => new Run { Value = 2, Length = 2 },
            6 => new Run { Value = 9, Length = 4 },
            _ => default,
        }));
        byte[] text = [.. "the thread of the warp then waits"u8], pattern = [.. "the"u8];
        yield return Implicit("Classic.Search", SearchKernel, new Index1D(text.Length - 2), In(text), In(pattern), Out(3), InOut([1000], [0]));
        byte[] digits = [.. "123456789a"u8, .. "abcdefghij"u8, .. "~~~~~~~~~~"u8];
        yield return Implicit("Classic.Hashes", HashKernel, new Index1D(3), In(digits), Out(3, i => Fnv(digits[(10 * i)..(10 * i + 10)])), Out(3, i => Adler(digits[(10 * i)..(10 * i + 10)])), 10);
        // The check value that every description of CRC-32 gives, for the digits 1 to 9.
        yield return Implicit("Classic.Checksum", ChecksumKernel, new Index1D(1), In([.. "123456789"u8]), Out(0xCBF43926u), 9);
    }

    static int Iterations(float x, float y, float real, float imaginary, int limit)
    {
        int i = 0;
        for (; i < limit && x * x + y * y < 4; i++)
            (x, y) = (x * x - y * y + real, x * y + y * x + imaginary);
        return i;
    }

    static (uint State, int Hits) Draw(uint state, int samples)
    {
        int hits = 0;
        for (int i = 0; i < samples; i++)
        {
            uint x = Step(), y = Step();
            hits += (ulong)(x * x >> 16) + (y * y >> 16) < 65536 ? 1 : 0;
        }
        return (state, hits);

        uint Step()
        {
            ulong wide = state;
            wide = (wide ^ wide << 13) & uint.MaxValue;
            wide ^= wide >> 17;
            wide = (wide ^ wide << 5) & uint.MaxValue;
            state = (uint)wide;
            return state >> 16;
        }
    }

    static int Collatz(long value) => value == 1 ? 1 : 1 + Collatz(value % 2 == 0 ? value / 2 : 3 * value + 1);

    static uint Fnv(byte[] bytes) => bytes.Aggregate(2166136261u, (hash, value) => unchecked((hash ^ value) * 16777619u));

    static uint Adler(byte[] bytes)
    {
        long a = 1 + bytes.Sum(value => (long)value);
        long b = bytes.Length + bytes.Select((value, i) => (long)value * (bytes.Length - i)).Sum();
        return (uint)(b % 65521 << 16 | a % 65521);
    }
}
