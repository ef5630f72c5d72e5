// Bias over the last axis, and an activation function of the sum:  y = f(x + b)        x, y, dx, dy [rows, cols]   b [cols]
//   y is written (=). It may be x itself, unless the backward pass needs the sum: then x becomes x + b, and y is another tensor. Without f, y is x
// Backward:  dx = f'(x + b) dy   (written, =; without f it is dy, which the caller passes on),  db += sum over rows of dx   (accumulated, +=; the order: see ColumnSum.cs)
//   In bfloat16, with cols a multiple of 8: sums are of floats, rounded as they are written; backward, dx is written first and then summed.
using ILGPU;

namespace Dalle2.Kernels;

/// <summary>Adding one value per column, with or without an activation function behind it, and the gradients.</summary>
public static class BiasOp
{
    /// <summary>Extents of the tensor of partial sums that Backward takes: <c>[this, cols]</c>.</summary>
    public static int PartialRows(int rows) => Columns.Chunks(rows);

    // From so many columns on a row is long enough to go along it.
    const int WideCols = 256;

    // Groups of two warps that a multiprocessor wants, and the fewest rows that are worth one.
    const int CardGroups = 8, LeastChunk = 4;

    // Rows that make a wider one if a row is shorter than a vector.
    const int NarrowCols = 16;

    /// <summary><c>y += b</c>, in place.</summary>
    public static void AddInPlace(Stream stream, Tensor y, Tensor bias) => Forward(stream, y, bias, y, default(ActivationOp.Identity));

    /// <summary><c>y = f(x + b)</c>.</summary>
    /// <param name="stream">Where it runs.</param>
    /// <param name="kind">The function.</param>
    /// <param name="x">The input; becomes <c>x + b</c>, and is what Backward takes, where <see cref="ActivationOp.KeepsOutput"/> is false.</param>
    /// <param name="bias">A value per column.</param>
    /// <param name="y">Written; x itself where <see cref="ActivationOp.KeepsOutput"/> is true, else another tensor.</param>
    /// <param name="slope">Of <see cref="ActivationKind.LeakyReLU"/> only.</param>
    /// <exception cref="ArgumentException">The extents do not fit, or y may not be x and is.</exception>
    public static void Activate(Stream stream, ActivationKind kind, Tensor x, Tensor bias, Tensor y, float slope)
    {
        if (x.Length != y.Length || x.Cols != bias.Length)
            throw new ArgumentException($"{bias.Length} biases and results of {y.Shape} do not fit {x.Shape}");
        if (ActivationOp.KeepsOutput(kind) != y.SharesMemoryWith(x))
        {
            throw new ArgumentException(
                $"{kind} of {x.Shape} is written "
                + $"{(ActivationOp.KeepsOutput(kind) ? "in place" : "to a tensor of its own: the backward pass needs the input")}");
        }

        ActivationOp.Use(kind, slope, new ForwardUse(stream, x, bias, y));
    }

    /// <summary><c>db += sum over rows of dy</c>.</summary>
    /// <param name="stream">Where it runs.</param>
    /// <param name="dy">The output's gradient.</param>
    /// <param name="partial">Scratch, <c>[PartialRows, cols]</c>.</param>
    /// <param name="dbias">Added to.</param>
    public static void Backward(Stream stream, Tensor dy, Tensor partial, Tensor dbias) => ColumnSumOp.Add(stream, dy, partial, dbias);

    /// <summary><c>dx = f'(x + b) dy</c>, and <c>db += sum over rows of dx</c>.</summary>
    /// <param name="stream">Where it runs.</param>
    /// <param name="kind">The function.</param>
    /// <param name="kept">y if <see cref="ActivationOp.KeepsOutput"/>, else x as Activate left it.</param>
    /// <param name="dy">The output's gradient.</param>
    /// <param name="dx">Written.</param>
    /// <param name="partial">Scratch, <c>[PartialRows, cols]</c>.</param>
    /// <param name="dbias">Added to.</param>
    /// <param name="slope">Of <see cref="ActivationKind.LeakyReLU"/> only.</param>
    /// <exception cref="ArgumentException">The extents do not fit.</exception>
    public static void Backward(Stream stream, ActivationKind kind, Tensor kept, Tensor dy, Tensor dx, Tensor partial, Tensor dbias,
        float slope)
    {
        if (kept.Length != dy.Length || dx.Length != dy.Length || dy.Cols != dbias.Length)
            throw new ArgumentException($"{kept.Shape}, gradients of {dy.Shape} and {dx.Shape} and of {dbias.Length} biases do not fit");
        if (ActivationOp.HaveBrainFloats(kept, dy, dx))
        {
            ActivationOp.Backward(stream, kind, kept, dy, dx, slope);
            ColumnSumOp.Add(stream, dx, partial, dbias);
            return;
        }

        ActivationOp.Use(kind, slope, new BackwardUse(stream, kept, dy, dx, partial));
        ColumnSumOp.AddChunks(stream, partial, dbias, PartialRows(dy.Rows));
    }

    static void Forward<T>(Stream stream, Tensor x, Tensor bias, Tensor y, T function)
        where T : unmanaged, ActivationOp.IActivation
    {
        if (ActivationOp.HaveBrainFloats(x, y))
        {
            stream.Launch(
                PairsKernel, new Index2D(x.Cols / 2, x.Rows), x.WordView, bias.View, y.WordView, x.Cols / 2, (int)x.Type, (int)y.Type,
                function);
            return;
        }

        if (x.Cols >= WideCols)
        {
            stream.Launch(
                RowKernel, Lanes.Groups(stream, x.Rows, x.Cols, out int part), x.View, bias.View, y.View, x.Cols, part, function);
            return;
        }

        int joined = x.Cols < NarrowCols && x.Rows % NarrowCols == 0 ? NarrowCols : 1;
        int rows = x.Rows / joined, cols = x.Cols * joined;
        int chunk = ChunkRows(stream.Device.Properties, rows, cols);
        stream.Launch(
            ChunkKernel, Columns.Groups(stream, cols, IntrinsicMath.DivRoundUp(rows, chunk)), x.View, bias.View, y.View, rows, cols, x.Cols,
            chunk, function);
    }

    // Rows of a group: on cards fewer where there would be too few groups.
    static int ChunkRows(HardwareProperties device, int rows, int cols)
    {
        int chunk = Columns.ChunkRows;
        long blocks = IntrinsicMath.DivRoundUp(cols, Columns.Narrow);
        if (!device.HoldsManyThreads)
            return chunk;
        while (chunk > LeastChunk && blocks * IntrinsicMath.DivRoundUp(rows, chunk) < CardGroups * device.Processors)
            chunk /= 2;
        return chunk;
    }

    // One group per row, or part of one.
    static void RowKernel<T>(ArrayView<float> x, ArrayView<float> bias, ArrayView<float> y, int cols, int part, T function)
        where T : unmanaged, ActivationOp.IActivation => Lanes.ForEach(
            new RowElement<T>(x, bias, y, Grid.IdxX * cols, function), Grid.IdxY * part,
            IntrinsicMath.Min(cols, Grid.IdxY * part + part));

    // One thread per two neighbors.
    static void PairsKernel<T>(Index2D i, ArrayView<float> x, ArrayView<float> bias, ArrayView<float> y, int words, int xType, int yType,
        T function)
        where T : unmanaged, ActivationOp.IActivation
    {
        int at = i.Y * words + i.X;
        var own = BrainFloatPair.Load(x, at, xType);
        var sum = new BrainFloatPair(own.First + bias[2 * i.X], own.Second + bias[2 * i.X + 1]);
        if (!function.KeepsOutput)
            sum.Store(x, at, xType);
        new BrainFloatPair(function.Value(sum.First), function.Value(sum.Second)).Store(y, at, yType);
    }

    // One group per chunk of rows and block of columns; the biases come again after each period.
    static void ChunkKernel<T>(ArrayView<float> x, ArrayView<float> bias, ArrayView<float> y, int rows, int cols, int period, int chunk,
        T function)
        where T : unmanaged, ActivationOp.IActivation
    {
        int first = Grid.IdxY * chunk;
        Columns.Walk(
            new ChunkColumn<T>(x, bias, y, LocalMemory.Allocate<float>(Columns.Block), cols, period, function), first,
            IntrinsicMath.Min(first + chunk, rows), cols);
    }

    // One group per chunk of rows and block of columns.
    static void GradientKernel<T>(ArrayView<float> kept, ArrayView<float> dy, ArrayView<float> dx, ArrayView<float> partial, int rows,
        int cols, T function)
        where T : unmanaged, ActivationOp.IActivation
    {
        int chunk = Grid.IdxY, first = chunk * Columns.ChunkRows;
        Columns.Walk(
            new GradientColumn<T>(kept, dy, dx, partial, LocalMemory.Allocate<float>(Columns.Block), chunk, cols, function),
            first, IntrinsicMath.Min(first + Columns.ChunkRows, rows), cols);
    }

    // The same on cards.
    static void GradientCardKernel<T>(ArrayView<float> kept, ArrayView<float> dy, ArrayView<float> dx, ArrayView<float> partial, int rows,
        int cols, T function)
        where T : unmanaged, ActivationOp.IActivation =>
        ColumnSumOp.SumChunk(new GradientTerm<T>(kept, dy, dx, function), partial, rows, cols);

    readonly record struct ForwardUse(Stream Stream, Tensor X, Tensor Bias, Tensor Y) : ActivationOp.IUse
    {
        public void Of<T>(T function)
            where T : unmanaged, ActivationOp.IActivation => Forward(Stream, X, Bias, Y, function);
    }

    readonly record struct BackwardUse(Stream Stream, Tensor Kept, Tensor Dy, Tensor Dx, Tensor Partial) : ActivationOp.IUse
    {
        public void Of<T>(T function)
            where T : unmanaged, ActivationOp.IActivation
        {
            if (ColumnSumOp.SharesChunks(Stream.Device))
            {
                Stream.Launch(
                    GradientCardKernel, ColumnSumOp.ChunkGroups(Dy.Rows, Dy.Cols), Kept.View, Dy.View, Dx.View, Partial.View, Dy.Rows,
                    Dy.Cols, function);
                return;
            }

            Stream.Launch(
                GradientKernel, Columns.Groups(Stream, Dy.Cols, Columns.Chunks(Dy.Rows)), Kept.View, Dy.View, Dx.View, Partial.View,
                Dy.Rows, Dy.Cols, function);
        }
    }

    readonly record struct RowElement<T>(ArrayView<float> X, ArrayView<float> Bias, ArrayView<float> Y, int First, T Function) : IElement
        where T : unmanaged, ActivationOp.IActivation
    {
        public void Do(int at)
        {
            float sum = X[First + at] + Bias[at];
            if (!Function.KeepsOutput)
                X[First + at] = sum;
            Y[First + at] = Function.Value(sum);
        }
    }

    readonly record struct ChunkColumn<T>(ArrayView<float> X, ArrayView<float> Bias, ArrayView<float> Y, ArrayView<float> Own, int Cols,
        int Period, T Function) : IColumn
        where T : unmanaged, ActivationOp.IActivation
    {
        public int Strip => Columns.Block;

        public void Begin(int own, int col) => Own[own] = Cols == Period ? Bias[col] : Bias[col % Period];

        public void Row(int own, int row, int col)
        {
            float sum = X[row * Cols + col] + Own[own];
            if (!Function.KeepsOutput)
                X[row * Cols + col] = sum;
            Y[row * Cols + col] = Function.Value(sum);
        }

        public void End(int own, int col)
        {
        }
    }

    readonly record struct GradientTerm<T>(ArrayView<float> Kept, ArrayView<float> Dy, ArrayView<float> Dx, T Function) : IColumnTerm
        where T : unmanaged, ActivationOp.IActivation
    {
        public float Take(int at)
        {
            float dx = Function.Derivative(Kept[at]) * Dy[at];
            Dx[at] = dx;
            return dx;
        }
    }

    readonly record struct GradientColumn<T>(
        ArrayView<float> Kept, ArrayView<float> Dy, ArrayView<float> Dx, ArrayView<float> Partial, ArrayView<float> Sums, int Chunk,
        int Cols, T Function) : IColumn
        where T : unmanaged, ActivationOp.IActivation
    {
        public int Strip => Columns.Half;

        public void Begin(int own, int col) => Sums[own] = 0f;

        public void Row(int own, int row, int col)
        {
            float dx = Function.Derivative(Kept[row * Cols + col]) * Dy[row * Cols + col];
            Dx[row * Cols + col] = dx;
            Sums[own] += dx;
        }

        public void End(int own, int col) => Partial[Chunk * Cols + col] = Sums[own];
    }
}
