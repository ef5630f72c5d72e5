namespace Dalle2.IlgpuKernels;

/// <summary>Products of vectors and matrices, bodies, rotations, random walks and shortest paths.</summary>
public sealed class AlgebraKernels : KernelFamily
{
    static void MatrixVectorKernel(Index1D row, ArrayView2D<float, Stride2D.DenseY> matrix, ArrayView<float> vector,
        ArrayView<float> product)
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

    public override IEnumerable<KernelCase> Cases
    {
        get
        {
            float[] matrix = Fractions(7 * 9), vector = Fractions(9, 2);
            yield return Implicit("Algebra.MatrixVector", MatrixVectorKernel, new Index1D(7), In(matrix).DenseY(7, 9), In(vector),
                Out(7, i => Enumerable.Range(0, 9).Sum(k => matrix[9 * i + k] * vector[k])));
            double[] a = Fill(100, i => i / 4.0), b = Fill(100, i => 3 - i / 8.0);
            yield return Explicit("Algebra.Dot", DotKernel, new KernelConfig(2, 32), In(a), In(b), Out(a.Zip(b, (x, y) => x * y).Sum()));
            // Two bodies at distance 2 in a box of softening 0 at themselves would divide by 0: 4 + softening 5 is 9, a root of 3.
            Body[] bodies = [new Body { X = 0, Mass = 27 }, new Body { X = 2, Mass = 54 }];
            yield return Implicit("Algebra.Bodies", BodiesKernel, new Index1D(2), In(bodies), Out(new Body { X = 4 }, new Body { X = -2 }),
                5f);
            Quaternion[] points = [new(0, 1, 0, 0), new(0, 0, 1, 0), new(0, 0, 0, 1), new(0, 1, 2, 3)];
            // Twice a turn by 120 degrees about the diagonal, which moves x to y to z.
            yield return Implicit("Algebra.Rotate", RotateKernel, new Index1D(4),
                InOut(points, [new(0, 0, 4, 0), new(0, 0, 0, 4), new(0, 4, 0, 0), new(0, 12, 4, 8)]), new Quaternion(1, 1, 1, 1));
            uint[] states = Fill(8, i => (uint)(i + 1) * 7919);
            yield return Implicit("Algebra.MonteCarlo", MonteCarloKernel, new Index1D(8),
                InOut(states, Fill(8, i => Draw(states[i], 50).State)), Out(8, i => Draw(states[i], 50).Hits), 50);
            int[] distances = Fill(36, i => i % 7 == 0 ? 0 : Scattered(36)[i] + 1);
            yield return Implicit("Algebra.FloydStep", FloydKernel, new Index2D(6, 6),
                InOut(distances, Fill(36, i => Math.Min(distances[i], distances[2 * 6 + i % 6] + distances[i / 6 * 6 + 2]))).DenseX(6, 6),
                2);
        }
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
}
