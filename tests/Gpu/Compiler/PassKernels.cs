using Dalle2.Gpu.Extensions;

namespace Dalle2.Tests.Gpu.Compiler;

/// <summary>Small kernels, each with something that a pass works on or must leave alone.</summary>
static class PassKernels
{
    public static void Divide(Index1D i, ArrayView<int> x, ArrayView<uint> y, int n)
    {
        x[i] /= n;
        y[i] %= (uint)n;
        x[i] = x[i] / 3 + x[i] % -1;
    }

    public static void Reciprocal(Index1D i, ArrayView<float> x, int at) => x[i + at] = 1f / x[i + at];

    public static void Part(Index1D i, ArrayView<float> x, int first, int count) => x.SubView(first, count)[2] = i;

    public static void Twice(Index1D i, ArrayView<float> x) => x[i] = x[i] + x[i];

    // Minimum, maximum, clamping, absolute values and signs of zeros and NaNs: all selections.
    public static void Selections(Index1D i, ArrayView<float> x, ArrayView<float> y)
    {
        float value = x[i], other = y[i];
        float low = value < other ? value : other;
        float high = value > other ? value : other;
        float clamped = high;
        if (clamped > 2f)
            clamped = 2f;
        else if (clamped < -2f)
            clamped = -2f;
        y[i] = low / high;
        x[i] = value == 0f ? other : value < 0f ? -clamped : clamped;
    }

    // Without loads, conditions in a row become one.
    public static void Conditions(Index2D index, ArrayView<int> x, int width, int height)
    {
        int at = index.Y * width + index.X;
        bool inside = index.X > 0 && index.X < width - 1 && index.Y > 0 && index.Y < height - 1;
        bool corner = (index.X == 0 || index.X == width - 1) && (index.Y == 0 || index.Y == height - 1);
        int kind = inside ? 1 : corner ? 2 : 3;
        if (!inside || (x[at] & 1) != 0)
            kind += 10;
        if ((index.X & 1) == 0 && index.Y % 3 != 1)
            kind = -kind;
        x[at] = kind;
    }

    // A load stays behind its condition, since it might lie outside of the view; divisions are defined for all integers.
    public static void Guarded(Index1D i, ArrayView<int> x, int n)
    {
        int value = x[i];
        int quotient = value != 0 ? n / value : -1;
        int third = value > 3 ? value / 3 : value;
        int before = i > 0 ? x[i - 1] : 0;
        x[i] = quotient + third + (before & 1);
    }

    public static void Halves(Index1D i, ArrayView<int> x, ArrayView<int> y)
    {
        ulong product = (ulong)(uint)x[i] * 0xCD9E8D57u;
        y[i] = (int)(product >> 32) ^ (int)product;
    }

    public static void Transcendental(Index1D i, ArrayView<float> x, ArrayView<float> y)
    {
        float value = x[i];
        y[i] = Quiet(StrictMath.Tanh(value) + StrictMath.Exp(value));
        x[i] = Quiet(StrictMath.Log(value) + StrictMath.Sin(value) + SpecialFunctions.Sigmoid(value));
    }

    // Which NaN a sum of several is, is the machine's own business.
    static float Quiet(float x) => StrictMath.IsNaN(x) ? 1234f : x;

    // Threads leave each loop after as many turns as they like; inside, the value is the same for all that are still there.
    public static void Leaving(Index1D i, ArrayView<int> x, ArrayView<int> y)
    {
        int value = 0, turns = (int)i & 3;
        for (int k = 0; k < turns; k++)
            value = (value & 12345) ^ 77;
        for (int k = 0; k < (x[i] & 3); k++)
            value = (value & 12345) ^ 78;
        y[i] = value;
    }

    // Some threads return from the loop; the others take along a value that grows evenly from thread to thread.
    public static void Returning(Index1D i, ArrayView<int> x, ArrayView<int> y)
    {
        int self = i, value = 64 * self, k = 0;
        do
        {
            if (self == 5)
                return;
            value--;
            k++;
        }
        while (k < 2);

        y[self] = x[self] + value;
    }

    // Breaks and conditions of loops, some of them with values that differ on the ways out.
    public static void Search(Index1D i, ArrayView<int> x, ArrayView<int> y, int n)
    {
        int self = i, at = 0, found = -1;
        while (at < n && found < 0)
        {
            int value = x[at];
            if (value == self || value == -self)
            {
                found = at;
                continue;
            }

            at += value > 2 && at < 8 ? 2 : 1;
        }

        y[i] = found * 100 + at;
    }

    // An index that only the run knows: the array stays in memory.
    public static void Histogram(Index1D i, ArrayView<int> x, ArrayView<int> y, int n)
    {
        ArrayView<byte> counts = LocalMemory.Allocate<byte>(4);
        for (int c = 0; c < 4; c++)
            counts[c] = 254;
        for (int at = 0; at < n; at++)
            counts[x[(at + i) % n] & 3]++;
        y[i] = counts[0] + 1000 * counts[1] + 1000000 * counts[2] - counts.SubView(3)[0];
    }

    // The microkernel of a matrix product: Rows x 2 sums for each thread.
    public static void MicroGemm(Index1D i, ArrayView<float> a, ArrayView<float> b, ArrayView<float> c, int depth)
    {
        ArrayView<float> sums = LocalMemory.Allocate<float>(Rows * 2);
        for (int s = 0; s < Rows * 2; s++)
            sums[s] = 0f;
        for (int k = 0; k < depth; k++)
        {
            for (int row = 0; row < Rows; row++)
            {
                for (int column = 0; column < 2; column++)
                    sums[row * 2 + column] += a[row * depth + k] * b[k * 2 + column + i];
            }
        }

        for (int row = 0; row < Rows; row++)
        {
            c[(i * Rows + row) * 2] = sums[row * 2];
            c[(i * Rows + row) * 2 + 1] = sums[row * 2 + 1];
        }
    }

    const int Rows = 12;

    // Structs, written in one branch and read after the join; another element is never written.
    public static void Pairs(Index1D i, ArrayView<float> x, ArrayView<float> y)
    {
        ArrayView<Pair> pairs = LocalMemory.Allocate<Pair>(3);
        pairs[0] = new Pair { Number = x[i], Small = (sbyte)(i * 50), Flag = i > 2 };
        pairs[1] = pairs[0];
        if (x[i] > y[i])
        {
            pairs[1].Number = y[i];
            pairs[1].Small = (sbyte)(pairs[0].Small + 100);
            y[i] = 3f;
        }

        for (int p = 0; p < 2; p++)
            x[i] += pairs[p].Flag ? pairs[p].Number : pairs[p].Small;
    }

    public struct Pair
    {
        public float Number;
        public sbyte Small;
        public bool Flag;
    }

    // Loops with a constant number of turns: counted down, by twos, at the bottom, with a way out in the middle and a value for after it,
    // and one within another that depends on the outer counter.
    public static void Turns(Index1D i, ArrayView<int> x, ArrayView<int> y)
    {
        int self = i, sum = 0, last = -1;
        for (int at = 12; at >= 0; at -= 2)
            sum = sum * 3 + x[at];
        int step = 0;
        do
        {
            sum += x[step] * step;
            step += 3;
        }
        while (step < 10);
        for (int at = 0; at < 10; at++)
        {
            last = at;
            if (x[at] == self)
                break;
            sum++;
        }

        for (int row = 0; row < 4; row++)
        {
            for (int column = 0; column < row; column++)
            {
                if (((row + column + self) & 1) == 0)
                    continue;
                sum += x[row] - x[column] * 5;
            }
        }

        y[i] = sum * 100 + last;
    }

    // Turns that depend on an argument, too many turns, and turns without end but for a way out that depends on memory.
    public static void ManyTurns(Index1D i, ArrayView<int> x, ArrayView<int> y, int n)
    {
        int sum = 0, at = 0;
        for (int k = 0; k < n; k++)
            sum += x[k];
        for (int k = 0; k < 1000; k++)
            sum ^= sum << 1;
        while (x[at] != 6)
            at++;
        y[i] = sum + at;
    }

    // Every thread adds what its neighbors hold, three times, with barriers within the loop.
    public static void Smooth(ArrayView<float> x)
    {
        ArrayView<float> tile = SharedMemory.Allocate<float>(8);
        int self = Group.IdxX, at = Grid.IdxX * Group.DimX + self;
        tile[self] = x[at];
        for (int turn = 0; turn < 3; turn++)
        {
            Group.Barrier();
            float next = tile[self] + 0.5f * tile[(self + 1) % 8];
            Group.Barrier();
            tile[self] = next;
        }

        x[at] = tile[self];
    }

    // Neighbors of one index, in both directions; sub-views at constant places; indices of 64 bits.
    public static void Neighbors(Index1D i, ArrayView<int> x, ArrayView<int> y)
    {
        int at = i + 2;
        ArrayView<int> from = x.SubView(3);
        y[at] = x[at - 1] * 3 + x[at + 1] * 5 + x[at] + from[at - 2] * 7 + from.SubView(2)[0] + x[(long)i.X + 4] + x[4 - 1 + i];
    }

    // A large constant stays in the index: there, wrapping around is what brings it into the view.
    public static void Wrapped(Index1D i, ArrayView<int> x) => x[(i ^ int.MinValue) + int.MinValue] = i;

    // Two views may be of the same memory; a view and what a group shares may not.
    public static void Aliases(ArrayView<int> x, ArrayView<int> y)
    {
        ArrayView<int> tile = SharedMemory.Allocate<int>(2), other = SharedMemory.Allocate<int>(2);
        int first = x[0];
        y[0] = first + 1;
        int second = x[0];
        x[1] = second * 10;
        y[2] = x[1] + x[0];
        tile[0] = x[1];
        other[0] = 5;
        tile[1] = tile[0] + other[0];
        x[3] = tile[1] + tile[0];
        ArrayView<byte> bytes = x.Cast<byte>();
        bytes[16] = 200;
        bytes[17] = bytes[16];
        x[5] = bytes[16] + x[4];
    }

    // What another thread writes before a barrier is read after it, though this thread's own store is to the element beside.
    public static void Exchange(ArrayView<float> x)
    {
        ArrayView<float> tile = SharedMemory.Allocate<float>(9);
        int self = Group.IdxX;
        tile[self] = x[self];
        Group.Barrier();
        float before = tile[self];
        Group.Barrier();
        tile[self + 1] = x[self] * 2f;
        Group.Barrier();
        x[self] = before - tile[self];
    }

    // Products of counters: with a value of the loop around, of the next turn, of a counter that begins anywhere and counts down.
    public static void Products(Index1D i, ArrayView<int> x, ArrayView<int> y, int n, int width)
    {
        int self = i, sum = 0;
        for (int row = self; row < n; row += 3)
        {
            int at = row * width;
            for (int column = n; column > 0; column--)
                sum += x[(at + column * row) & 7] + column * column + row * width + self * column * row;
        }

        y[i] = sum;
    }

    // A way out with a known condition, but not in every turn; and a counter that grows by one or by two.
    public static void Steps(Index1D i, ArrayView<int> x, ArrayView<int> y, int width)
    {
        int self = i, sum = 0;
        for (int k = 0; k < width; k++)
        {
            if (x[k] > self)
            {
                y[self] = k;
                if (k == 3)
                    break;
            }

            sum += k;
        }

        for (int k = 0; k < 12;)
        {
            sum += k * width;
            if (x[k] == self)
            {
                y[self] += k;
                k += 2;
                continue;
            }

            k++;
        }

        y[self] += sum;
    }

    // Local memory that is read as another type than it was written, and a view that is one of two arrays.
    public static void Punned(Index1D i, ArrayView<int> x, ArrayView<int> y)
    {
        ArrayView<float> numbers = LocalMemory.Allocate<float>(2);
        numbers[0] = x[i];
        numbers[1] = -1f;
        ArrayView<int> bits = numbers.Cast<int>();
        ArrayView<int> first = LocalMemory.Allocate<int>(1), second = LocalMemory.Allocate<int>(1);
        first[0] = 1;
        second[0] = 2;
        ArrayView<int> chosen = first;
        if (x[i] > 0)
        {
            chosen = second;
            y[i] = 7;
        }

        chosen[0] = 5;
        y[i] += bits[0] ^ bits[1] ^ (first[0] * 1000 + second[0]);
    }

    // Elements larger than what is read of them.
    public static void Strided(Index1D i, ArrayView<Pair> x, ArrayView<float> y)
    {
        y[i] = x[i + 1].Number + x[i + 2].Small;
        x[i + 1].Small = (sbyte)(i * 40);
    }

    // Shared memory that is asked for in a loop.
    public static void Turning(ArrayView<int> x)
    {
        int self = Group.IdxX;
        for (int turn = 0; turn < 3; turn++)
        {
            ArrayView<int> tile = SharedMemory.Allocate<int>(8);
            tile[self] = x[self] * 3 + turn;
            Group.Barrier();
            x[self] += tile[(self + 1) % 8];
            Group.Barrier();
        }
    }

    // A division that would fault in turns that do not come to it, and one that is not known to be done at all.
    public static void Quotients(Index1D i, ArrayView<int> x, ArrayView<int> y, int n, int zero)
    {
        int sum = 0;
        for (int k = 0; k < n; k++)
        {
            if (x[k] > 100)
                sum += 1000 / zero;
            sum += x[k];
            y[i] = sum;
        }
    }

    // NaN is neither less nor not less.
    public static void Unordered(Index1D i, ArrayView<float> x, ArrayView<float> y)
    {
        float value = x[i], other = y[i];
        if (value < other || value > 2f)
            x[i] = 7f;
        if (value <= other && !(other < 1f))
            y[i] = 9f;
    }

    // More local memory in all than a chunk of the reference device's, while the first array lives on.
    public static void Nested(Index1D i, ArrayView<int> x, ArrayView<int> y, int n)
    {
        ArrayView<int> sums = LocalMemory.Allocate<int>(2);
        sums[0] = x[i];
        sums[1] = 0;
        if (i < 15)
            n = 3;
        for (int k = 0; k < n; k++)
        {
            ArrayView<int> turn = LocalMemory.Allocate<int>(8);
            turn[k & 7] = k;
            sums[1] ^= sums[0] + turn[k & 7];
        }

        y[i] = sums[1];
    }
}
