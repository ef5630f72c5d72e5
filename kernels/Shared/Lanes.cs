// How a group of threads goes along a run of elements and adds them up, in the same order on every device:
//   element i of the run belongs to lane i % 64, and a lane takes its elements in rising order;
//   then lane l takes in lane l + 32, lane l + 16, ..., lane l + 1.
//   Where a term takes many operations (exponentials, logarithms) there are 16 lanes instead: more sums in flight would gain nothing. On cards all threads
//   of the group take terms, and 16 of them add those up.
// A group has as many threads as the device prefers, at most 32: thread t of T holds the lanes t, t + T, ... in registers. No bit depends on T.
using ILGPU;

namespace Dalle2.Kernels.Shared;

/// <summary>What a lane does with an element of a run.</summary>
interface IElement
{
    void Do(int at);
}

/// <summary>Copying a run to another place.</summary>
readonly record struct Copy(ArrayView<float> Source, int From, ArrayView<float> Target, int To) : IElement
{
    public void Do(int at) => Target[To + at] = Source[From + at];
}

/// <summary>A lane's sum with one more element in it.</summary>
interface ITerm
{
    float Add(float sum, int at);
}

/// <summary>A term that takes many operations by itself, exponentials or logarithms.</summary>
interface IFunctionTerm
{
    float Value(int at);
}

/// <summary>Two sums at a time.</summary>
interface ITermPair
{
    float AddFirst(float sum, int at);

    float AddSecond(float sum, int at);
}

/// <summary>What <see cref="Lanes.Sums"/> gives.</summary>
readonly record struct SumPair(float First, float Second);

/// <summary>Runs of elements over the lanes of a group.</summary>
static class Lanes
{
    /// <summary>Lanes of a run.</summary>
    public const int Count = 64;

    // What the lanes are folded to before threads exchange theirs, unless there are more threads.
    const int Shared = 16;

    // Of a row, far fewer than a card takes groups along y.
    const int MostParts = 1024;

    // The most threads of a group: a warp.
    const int MaxThreads = 32;

    // Threads of a group that takes terms of many operations, and how many it takes before they are added, a multiple of the lanes.
    const int FunctionThreads = 256, Piece = 1024;

    /// <summary>A launch of groups, each with a run to itself.</summary>
    public static KernelConfig Groups(Stream stream, int groups) =>
        new(groups, IntrinsicMath.Min(stream.Device.Properties.Width, MaxThreads));

    /// <summary>A launch of groups that do nothing but <see cref="SumOfFunctions"/>, each over a run: on cards of many threads.</summary>
    public static KernelConfig FunctionGroups(Stream stream, int groups)
    {
        HardwareProperties device = stream.Device.Properties;
        return device.HoldsManyThreads && device.MaxGroupThreads >= FunctionThreads
            ? new KernelConfig(groups, FunctionThreads) : Groups(stream, groups);
    }

    /// <summary>A launch of groups along x that have rows to themselves, or, on cards, with those along y, parts of rows.</summary>
    /// <param name="stream">Where it runs.</param>
    /// <param name="rows">Rows, or blocks of them.</param>
    /// <param name="cols">Columns.</param>
    /// <param name="part">Columns of a group.</param>
    public static KernelConfig Groups(Stream stream, int rows, int cols, out int part)
    {
        part = stream.Device.Properties.HoldsManyThreads ? Count * IntrinsicMath.DivRoundUp(cols, Count * MostParts) : cols;
        return new KernelConfig(new Index3D(rows, cols == 0 ? 0 : IntrinsicMath.DivRoundUp(cols, part), 1), Groups(stream, 1).GroupDim);
    }

    /// <summary>Each element from <paramref name="first"/> up to <paramref name="end"/> once.</summary>
    public static void ForEach<T>(T element, int first, int end)
        where T : struct, IElement
    {
        int start = first;
        for (; start + Count <= end; start += Count)
        {
            for (int k = 0; k < Count / Group.DimX; k++)
                element.Do(start + k * Group.DimX + Group.IdxX);
        }

        for (; start < end; start += Group.DimX)
        {
            if (start + Group.IdxX < end)
                element.Do(start + Group.IdxX);
        }
    }

    /// <summary>The sum of the elements from <paramref name="first"/> up to <paramref name="end"/>, known to all threads.</summary>
    public static float Sum<T>(T term, int first, int end)
        where T : struct, ITerm
    {
        ArrayView<float> sums = LocalMemory.Allocate<float>(Count);
        for (int k = 0; k < Count / Group.DimX; k++)
            sums[k] = 0f;
        int start = first;
        for (; start + Count <= end; start += Count)
        {
            for (int k = 0; k < Count / Group.DimX; k++)
                sums[k] = term.Add(sums[k], start + k * Group.DimX + Group.IdxX);
        }

        for (int k = 0; k < Count / Group.DimX; k++)
        {
            if (start + k * Group.DimX + Group.IdxX < end)
                sums[k] = term.Add(sums[k], start + k * Group.DimX + Group.IdxX);
        }

        return Fold(sums, default(Plus));
    }

    /// <summary>As <see cref="Sum"/>, over 16 lanes, for terms that take many operations. A group may have more threads than a warp.</summary>
    public static float SumOfFunctions<T>(T term, int first, int end)
        where T : struct, IFunctionTerm
    {
        ArrayView<float> sums = LocalMemory.Allocate<float>(Shared);
        if (Group.DimX > Shared)
        {
            ArrayView<float> values = SharedMemory.Allocate<float>(Piece);
            sums[0] = 0f;
            for (int piece = first; piece < end; piece += Piece)
            {
                int count = IntrinsicMath.Min(Piece, end - piece);
                for (int e = Group.IdxX; e < count; e += Group.DimX)
                    values[e] = term.Value(piece + e);
                Group.Barrier();
                for (int e = Group.IdxX; Group.IdxX < Shared && e < count; e += Shared)
                    sums[0] += values[e];
                Group.Barrier();
            }

            return Exchange(sums, default(Plus), Shared);
        }

        for (int k = 0; k < Shared / Group.DimX; k++)
            sums[k] = 0f;
        int start = first;
        for (; start + Shared <= end; start += Shared)
        {
            for (int k = 0; k < Shared / Group.DimX; k++)
                sums[k] += term.Value(start + k * Group.DimX + Group.IdxX);
        }

        for (int k = 0; k < Shared / Group.DimX; k++)
        {
            if (start + k * Group.DimX + Group.IdxX < end)
                sums[k] += term.Value(start + k * Group.DimX + Group.IdxX);
        }

        return Exchange(sums, default(Plus), Shared);
    }

    /// <summary>Both sums of the elements from <paramref name="first"/> up to <paramref name="end"/>, known to all threads.</summary>
    public static SumPair Sums<T>(T term, int first, int end)
        where T : struct, ITermPair
    {
        ArrayView<float> sums = LocalMemory.Allocate<float>(Count), others = LocalMemory.Allocate<float>(Count);
        for (int k = 0; k < Count / Group.DimX; k++)
            sums[k] = others[k] = 0f;
        int start = first;
        for (; start + Count <= end; start += Count)
        {
            for (int k = 0; k < Count / Group.DimX; k++)
            {
                sums[k] = term.AddFirst(sums[k], start + k * Group.DimX + Group.IdxX);
                others[k] = term.AddSecond(others[k], start + k * Group.DimX + Group.IdxX);
            }
        }

        for (int k = 0; k < Count / Group.DimX; k++)
        {
            if (start + k * Group.DimX + Group.IdxX < end)
            {
                sums[k] = term.AddFirst(sums[k], start + k * Group.DimX + Group.IdxX);
                others[k] = term.AddSecond(others[k], start + k * Group.DimX + Group.IdxX);
            }
        }

        return new SumPair(Fold(sums, default(Plus)), Fold(others, default(Plus)));
    }

    /// <summary>The largest of the elements from <paramref name="first"/> up to <paramref name="end"/>, known to all threads; those that are not numbers are passed over.</summary>
    public static float Max(ArrayView<float> x, int first, int end)
    {
        ArrayView<float> largest = LocalMemory.Allocate<float>(Count);
        for (int k = 0; k < Count / Group.DimX; k++)
            largest[k] = float.NegativeInfinity;
        int start = first;
        for (; start + Count <= end; start += Count)
        {
            for (int k = 0; k < Count / Group.DimX; k++)
                largest[k] = StrictMath.Max(x[start + k * Group.DimX + Group.IdxX], largest[k]);
        }

        for (int k = 0; k < Count / Group.DimX; k++)
        {
            if (start + k * Group.DimX + Group.IdxX < end)
                largest[k] = StrictMath.Max(x[start + k * Group.DimX + Group.IdxX], largest[k]);
        }

        return Fold(largest, default(Larger));
    }

    interface IFold
    {
        float Both(float first, float second);
    }

    readonly struct Plus : IFold
    {
        public float Both(float first, float second) => first + second;
    }

    readonly struct Larger : IFold
    {
        public float Both(float first, float second) => StrictMath.Max(second, first);
    }

    // First threads fold what they hold themselves.
    static float Fold<T>(ArrayView<float> values, T fold)
        where T : struct, IFold
    {
        for (int k = 0; k < Count / 2 / Group.DimX; k++)
            values[k] = fold.Both(values[k], values[k + Count / 2 / Group.DimX]);
        for (int k = 0; k < Count / 4 / Group.DimX; k++)
            values[k] = fold.Both(values[k], values[k + Count / 4 / Group.DimX]);
        return Exchange(values, fold, IntrinsicMath.Max(Group.DimX, Shared));
    }

    // All threads fold the same 16 or 32 values, a constant: as many as there are threads, but 16 at least.
    static float Exchange<T>(ArrayView<float> values, T fold, int count)
        where T : struct, IFold
    {
        ArrayView<float> exchange = SharedMemory.Allocate<float>(MaxThreads);
        if (Group.DimX > Shared)
        {
            if (Group.IdxX < MaxThreads)
                exchange[Group.IdxX] = values[0];
        }
        else
        {
            for (int k = 0; k < Shared / Group.DimX; k++)
                exchange[k * Group.DimX + Group.IdxX] = values[k];
        }

        Group.Barrier();
        ArrayView<float> all = LocalMemory.Allocate<float>(MaxThreads);
        for (int k = 0; k < count; k++)
            all[k] = exchange[k];
        // Before anybody writes the next fold's.
        Group.Barrier();
        for (int k = 0; k < count - Shared; k++)
            all[k] = fold.Both(all[k], all[k + Shared]);
        for (int k = 0; k < 8; k++)
            all[k] = fold.Both(all[k], all[k + 8]);
        for (int k = 0; k < 4; k++)
            all[k] = fold.Both(all[k], all[k + 4]);
        return fold.Both(fold.Both(all[0], all[2]), fold.Both(all[1], all[3]));
    }
}
