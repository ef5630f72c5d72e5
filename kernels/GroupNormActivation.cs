// Group normalization, then each sample's gain and shift, then SiLU, in one pass (AdaGN: Dhariwal and Nichol, 2021, arXiv 2105.05233):
//   n = (x - mean) * rstd,  u = (n * gamma + beta) * (1 + gain) + shift,  y = f(u),  f(u) = u * sigmoid(u) or u
//   x, y, dx, dy [samples, pixels, channels] as [rows, cols]   gamma, beta [channels]   mean, rstd [samples, groups]
//   modulation, dmodulation [samples, 2 channels]: gains, then shifts; without it gain = shift = 0.  Kept: x, mean, rstd; n and u are computed again.
// Backward, du = f'(u) dy, b = sum over the sample's pixels of du, a = that of du * n, both per channel:
//   dshift = b,  dgain = gamma a + beta b,  g = du * gamma * (1 + gain):  dx = (g - avg(g) - n * avg(g * n)) * rstd     (written, =)
//   dgamma += sum over samples of (1 + gain) a,  dbeta += sum over samples of (1 + gain) b                             (accumulated, +=)
// Sums over a sample's rows: chunks of 64, each in rising order, then over those in rising order; over samples: see ColumnSum.cs. Statistics: see GroupNorm.cs.
using ILGPU;

namespace Dalle2.Kernels;

/// <summary>Group normalization with each sample's own scale and shift and an activation behind it.</summary>
public static class GroupNormActivationOp
{
    // On a card, the most groups that share a chunk of rows, and how many groups are enough.
    const int MostParts = 8, EnoughGroups = 4096;

    /// <summary>Extents of the two tensors of partial sums that both passes take: <c>[this, channels]</c>.</summary>
    public static int PartialRows(int rows, int rowsPerSample) => GroupNormOp.PartialRows(rows, rowsPerSample);

    /// <summary>The result, and what Backward needs.</summary>
    /// <param name="stream">Where it runs.</param>
    /// <param name="x">Samples of rowsPerSample rows each; the last axis are the channels.</param>
    /// <param name="gamma">The scale.</param>
    /// <param name="beta">The shift.</param>
    /// <param name="modulation">Each sample's gains, then its shifts; null for none.</param>
    /// <param name="partialMeans">Scratch, <c>[PartialRows, channels]</c>.</param>
    /// <param name="partialSquares">Scratch, <c>[PartialRows, channels]</c>.</param>
    /// <param name="y">Written.</param>
    /// <param name="mean">Written, <c>[samples, groups]</c>.</param>
    /// <param name="rstd">Written, <c>[samples, groups]</c>.</param>
    /// <param name="rowsPerSample">Pixels of a sample.</param>
    /// <param name="groups">Groups of channels.</param>
    /// <param name="eps">Added to the variance.</param>
    /// <param name="activates">SiLU of the result.</param>
    /// <exception cref="ArgumentException">The rows do not divide into samples or the channels into groups, or the modulation does not fit.</exception>
    public static void Forward(
        Stream stream, Tensor x, Tensor gamma, Tensor beta, Tensor? modulation, Tensor partialMeans, Tensor partialSquares, Tensor y,
        Tensor mean, Tensor rstd, int rowsPerSample, int groups, float eps, bool activates)
    {
        GroupStatistics layout = Require(x, modulation, mean, rowsPerSample, groups);
        var samples = new SampleRows(rowsPerSample);
        GroupNormOp.Statistics(stream, x, partialMeans, partialSquares, mean, rstd, samples, layout, eps);
        if (activates)
            Normalize(stream, x, gamma, beta, modulation, y, mean, rstd, samples, layout, default(SiLU));
        else
            Normalize(stream, x, gamma, beta, modulation, y, mean, rstd, samples, layout, default(Nothing));
    }

    /// <summary>The backward pass: writes dx and dmodulation, adds to dgamma and dbeta.</summary>
    /// <param name="stream">Where it runs.</param>
    /// <param name="x">The input.</param>
    /// <param name="dy">The output's gradient.</param>
    /// <param name="gamma">The scale.</param>
    /// <param name="beta">The shift.</param>
    /// <param name="modulation">As in Forward.</param>
    /// <param name="mean">From Forward.</param>
    /// <param name="rstd">From Forward.</param>
    /// <param name="partialGamma">Scratch, <c>[PartialRows, channels]</c>.</param>
    /// <param name="partialBeta">Scratch, <c>[PartialRows, channels]</c>.</param>
    /// <param name="sampleGamma">Scratch, <c>[samples, channels]</c>.</param>
    /// <param name="sampleBeta">Scratch, <c>[samples, channels]</c>.</param>
    /// <param name="avgG">Scratch, <c>[samples, groups]</c>.</param>
    /// <param name="avgGn">Scratch, <c>[samples, groups]</c>.</param>
    /// <param name="dx">Written.</param>
    /// <param name="dmodulation">Written; null where there is no modulation.</param>
    /// <param name="dgamma">Added to.</param>
    /// <param name="dbeta">Added to.</param>
    /// <param name="rowsPerSample">Pixels of a sample.</param>
    /// <param name="groups">Groups of channels.</param>
    /// <param name="activates">As in Forward.</param>
    /// <exception cref="ArgumentException">The rows do not divide into samples or the channels into groups, or the modulation does not fit.</exception>
    public static void Backward(
        Stream stream, Tensor x, Tensor dy, Tensor gamma, Tensor beta, Tensor? modulation, Tensor mean, Tensor rstd, Tensor partialGamma,
        Tensor partialBeta, Tensor sampleGamma, Tensor sampleBeta, Tensor avgG, Tensor avgGn, Tensor dx, Tensor? dmodulation,
        Tensor dgamma, Tensor dbeta, int rowsPerSample, int groups, bool activates)
    {
        GroupStatistics layout = Require(x, modulation, mean, rowsPerSample, groups);
        if (dmodulation?.Shape != modulation?.Shape || dy.Length != x.Length)
            throw new ArgumentException($"gradients of {dy.Shape} and {dmodulation?.Shape} do not fit {x.Shape} and {modulation?.Shape}");
        var samples = new SampleRows(rowsPerSample);
        if (activates)
            Sum(stream, x, dy, gamma, beta, modulation, mean, rstd, partialGamma, partialBeta, samples, layout, default(SiLU));
        else
            Sum(stream, x, dy, gamma, beta, modulation, mean, rstd, partialGamma, partialBeta, samples, layout, default(Nothing));
        stream.Launch(
            SampleKernel, new Index2D(x.Cols, x.Rows / rowsPerSample), partialGamma.View, partialBeta.View, gamma.View, beta.View,
            View(modulation), sampleGamma.View, sampleBeta.View, View(dmodulation), samples.Chunks, x.Cols);
        ColumnSumOp.AddChunks(stream, sampleGamma, dgamma, sampleGamma.Rows);
        ColumnSumOp.AddChunks(stream, sampleBeta, dbeta, sampleBeta.Rows);
        stream.Launch(
            AverageKernel, mean.Length, sampleGamma.View, sampleBeta.View, gamma.View, avgG.View, avgGn.View, rowsPerSample, layout);
        if (activates)
        {
            InputGradient(
                stream, x, dy, gamma, beta, modulation, mean, rstd, avgG, avgGn, dx, samples, layout, default(SiLU));
        }
        else
        {
            InputGradient(
                stream, x, dy, gamma, beta, modulation, mean, rstd, avgG, avgGn, dx, samples, layout, default(Nothing));
        }
    }

    static GroupStatistics Require(Tensor x, Tensor? modulation, Tensor mean, int rowsPerSample, int groups)
    {
        GroupStatistics layout = GroupNormOp.Layout(x, mean, rowsPerSample, groups);
        if (modulation != null && modulation.Shape != new Shape(x.Rows / rowsPerSample, 2 * x.Cols))
        {
            throw new ArgumentException(
                $"a modulation of {x.Shape} takes a gain and a shift for each sample and channel, not {modulation.Shape}");
        }

        return layout;
    }

    static ArrayView<float> View(Tensor? tensor) => tensor == null ? ArrayView<float>.Empty : tensor.View;

    static void Normalize<T>(
        Stream stream, Tensor x, Tensor gamma, Tensor beta, Tensor? modulation, Tensor y, Tensor mean, Tensor rstd, SampleRows samples,
        GroupStatistics layout, T function)
        where T : unmanaged, IAfterNorm
    {
        int chunks = samples.All(x.Rows), parts = Parts(stream, chunks);
        stream.Launch(
            ForwardKernel, Columns.Groups(stream, x.Cols, chunks * parts), x.View, gamma.View, beta.View, View(modulation),
            mean.View, rstd.View, y.View, Extents.Of(x, samples, layout, parts), function);
    }

    static void Sum<T>(
        Stream stream, Tensor x, Tensor dy, Tensor gamma, Tensor beta, Tensor? modulation, Tensor mean, Tensor rstd, Tensor partialGamma,
        Tensor partialBeta, SampleRows samples, GroupStatistics layout, T function)
        where T : unmanaged, IAfterNorm =>
        stream.Launch(
            PartialKernel, Columns.Groups(stream, x.Cols, samples.All(x.Rows)), x.View, dy.View, gamma.View, beta.View, View(modulation),
            mean.View, rstd.View, partialGamma.View, partialBeta.View, Extents.Of(x, samples, layout), function);

    static void InputGradient<T>(
        Stream stream, Tensor x, Tensor dy, Tensor gamma, Tensor beta, Tensor? modulation, Tensor mean, Tensor rstd, Tensor avgG,
        Tensor avgGn, Tensor dx, SampleRows samples, GroupStatistics layout, T function)
        where T : unmanaged, IAfterNorm
    {
        int chunks = samples.All(x.Rows), parts = Parts(stream, chunks);
        stream.Launch(
            InputGradientKernel, Columns.Groups(stream, x.Cols, chunks * parts), x.View, dy.View, gamma.View, beta.View,
            View(modulation), mean.View, rstd.View, avgG.View, avgGn.View, dx.View, Extents.Of(x, samples, layout, parts), function);
    }

    // On cards chunks are shared where there would be too few groups; as nothing is summed, no bit depends on it.
    static int Parts(Stream stream, int chunks)
    {
        int parts = stream.Device.Properties.HoldsManyThreads ? MostParts : 1;
        while (parts > 1 && chunks * parts > EnoughGroups)
            parts /= 2;
        return parts;
    }

    // One group per chunk of rows, or part of one, and block of columns, as in the other two over all elements.
    static void ForwardKernel<T>(
        ArrayView<float> x, ArrayView<float> gamma, ArrayView<float> beta, ArrayView<float> modulation, ArrayView<float> mean,
        ArrayView<float> rstd, ArrayView<float> y, Extents extents, T function)
        where T : unmanaged, IAfterNorm
    {
        SampleRows samples = extents.Samples;
        int chunk = Grid.IdxY / extents.Parts, sample = samples.Sample(chunk), cols = extents.Cols;
        int part = Grid.IdxY % extents.Parts, first = extents.First(chunk, part), end = extents.End(chunk, part);
        ArrayView<float> centers = LocalMemory.Allocate<float>(Columns.Block), scales = LocalMemory.Allocate<float>(Columns.Block);
        ArrayView<float> shifts = LocalMemory.Allocate<float>(Columns.Block);
        Columns.Walk(
            new Activated<T>(
                x, y, centers, scales, shifts, new Place(gamma, beta, modulation, mean, rstd, sample, cols, extents.Layout), cols,
                function),
            first, end, cols);
    }

    static void PartialKernel<T>(
        ArrayView<float> x, ArrayView<float> dy, ArrayView<float> gamma, ArrayView<float> beta, ArrayView<float> modulation,
        ArrayView<float> mean, ArrayView<float> rstd, ArrayView<float> partialGamma, ArrayView<float> partialBeta, Extents extents,
        T function)
        where T : unmanaged, IAfterNorm
    {
        SampleRows samples = extents.Samples;
        int chunk = Grid.IdxY, first = samples.First(chunk), sample = samples.Sample(chunk), cols = extents.Cols;
        ArrayView<float> centers = LocalMemory.Allocate<float>(Columns.Block), scales = LocalMemory.Allocate<float>(Columns.Block);
        ArrayView<float> shifts = LocalMemory.Allocate<float>(Columns.Block), sums = LocalMemory.Allocate<float>(Columns.Block);
        ArrayView<float> products = LocalMemory.Allocate<float>(Columns.Block);
        Columns.Walk(
            new Products<T>(
                x, dy, partialGamma, partialBeta, centers, scales, shifts, sums, products,
                new Place(gamma, beta, modulation, mean, rstd, sample, cols, extents.Layout), chunk * cols, cols, function),
            first, first + samples.Count(chunk), cols);
    }

    static void InputGradientKernel<T>(
        ArrayView<float> x, ArrayView<float> dy, ArrayView<float> gamma, ArrayView<float> beta, ArrayView<float> modulation,
        ArrayView<float> mean, ArrayView<float> rstd, ArrayView<float> avgG, ArrayView<float> avgGn, ArrayView<float> dx, Extents extents,
        T function)
        where T : unmanaged, IAfterNorm
    {
        SampleRows samples = extents.Samples;
        int chunk = Grid.IdxY / extents.Parts, sample = samples.Sample(chunk), cols = extents.Cols;
        int part = Grid.IdxY % extents.Parts, first = extents.First(chunk, part), end = extents.End(chunk, part);
        ArrayView<float> centers = LocalMemory.Allocate<float>(Columns.Block), gains = LocalMemory.Allocate<float>(Columns.Block);
        ArrayView<float> shifts = LocalMemory.Allocate<float>(Columns.Block), averages = LocalMemory.Allocate<float>(Columns.Block);
        ArrayView<float> slopes = LocalMemory.Allocate<float>(Columns.Block), scales = LocalMemory.Allocate<float>(Columns.Block);
        Columns.Walk(
            new Differentiated<T>(
                x, dy, avgG, avgGn, dx, centers, gains, shifts, averages, slopes, scales,
                new Place(gamma, beta, modulation, mean, rstd, sample, cols, extents.Layout), cols, function),
            first, end, cols);
    }

    // One thread per sample and channel: the sums over the sample's chunks.
    static void SampleKernel(
        Index2D index, ArrayView<float> partialGamma, ArrayView<float> partialBeta, ArrayView<float> gamma, ArrayView<float> beta,
        ArrayView<float> modulation, ArrayView<float> sampleGamma, ArrayView<float> sampleBeta, ArrayView<float> dmodulation, int chunks,
        int cols)
    {
        float products = 0f, sum = 0f, factor = 1f;
        for (int chunk = 0; chunk < chunks; chunk++)
        {
            int at = (index.Y * chunks + chunk) * cols + index.X;
            products += partialGamma[at];
            sum += partialBeta[at];
        }

        if (modulation.Length > 0)
        {
            int gain = index.Y * 2 * cols + index.X;
            factor += modulation[gain];
            dmodulation[gain] = Fused.MultiplyAdd(gamma[index.X], products, beta[index.X] * sum);
            dmodulation[gain + cols] = sum;
        }

        sampleGamma[index.Y * cols + index.X] = factor * products;
        sampleBeta[index.Y * cols + index.X] = factor * sum;
    }

    // One thread per sample and group: the averages of g and of g * n.
    static void AverageKernel(
        Index1D index, ArrayView<float> sampleGamma, ArrayView<float> sampleBeta, ArrayView<float> gamma, ArrayView<float> avgG,
        ArrayView<float> avgGn, int rows, GroupStatistics s)
    {
        int first = index * s.GroupCols, channel = index % s.Groups * s.GroupCols;
        float all = rows * s.GroupCols, total = 0f, products = 0f;
        for (int col = 0; col < s.GroupCols; col++)
        {
            total = Fused.MultiplyAdd(gamma[channel + col], sampleBeta[first + col], total);
            products = Fused.MultiplyAdd(gamma[channel + col], sampleGamma[first + col], products);
        }

        avgG[index] = total / all;
        avgGn[index] = products / all;
    }

    /// <summary>A kernel takes so many arguments and no more.</summary>
    internal readonly record struct Extents(int Rows, int Cols, int Groups, int GroupCols, int Parts)
    {
        public static Extents Of(Tensor x, SampleRows samples, GroupStatistics layout, int parts = 1) =>
            new(samples.Rows, x.Cols, layout.Groups, layout.GroupCols, parts);

        // The first row of a part of a chunk, and that behind the last.
        public int First(int chunk, int part) =>
            Samples.First(chunk) + IntrinsicMath.Min(Samples.Count(chunk), part * (Columns.ChunkRows / Parts));

        public int End(int chunk, int part) => First(chunk, part + 1);

        public SampleRows Samples => new(Rows);

        public GroupStatistics Layout => new(Groups, GroupCols);
    }

    /// <summary>What comes behind the normalization, and its derivative.</summary>
    internal interface IAfterNorm
    {
        float Value(float u);

        float Derivative(float u);
    }

    internal readonly record struct Nothing : IAfterNorm
    {
        public float Value(float u) => u;

        public float Derivative(float u) => 1f;
    }

    internal readonly record struct SiLU : IAfterNorm
    {
        public float Value(float u) => default(ActivationOp.SiLU).Value(u);

        public float Derivative(float u) => default(ActivationOp.SiLU).Derivative(u);
    }

    // What belongs to a channel of the sample:  u = (x - mean) * Scale + Shift = n * Gain + Shift.
    readonly record struct Place(
        ArrayView<float> Gamma, ArrayView<float> Beta, ArrayView<float> Modulation, ArrayView<float> Mean, ArrayView<float> Rstd,
        int Sample, int Cols, GroupStatistics Layout)
    {
        public int Statistic(int col) => Layout.Index(Sample, col);

        public float Center(int col) => Mean[Statistic(col)];

        public float Factor(int col) => Modulation.Length > 0 ? 1f + Modulation[Sample * 2 * Cols + col] : 1f;

        public float Gain(int col) => Gamma[col] * Factor(col);

        public float Scale(int col) => Rstd[Statistic(col)] * Gain(col);

        public float Shift(int col) => Modulation.Length > 0
            ? Fused.MultiplyAdd(Beta[col], Factor(col), Modulation[Sample * 2 * Cols + Cols + col])
            : Beta[col];
    }

    readonly record struct Activated<T>(
        ArrayView<float> X, ArrayView<float> Y, ArrayView<float> Centers, ArrayView<float> Scales, ArrayView<float> Shifts, Place Place,
        int Cols, T Function) : IColumn
        where T : unmanaged, IAfterNorm
    {
        public int Strip => Columns.Half;

        public void Begin(int own, int col)
        {
            Centers[own] = Place.Center(col);
            Scales[own] = Place.Scale(col);
            Shifts[own] = Place.Shift(col);
        }

        public void Row(int own, int row, int col) => Y[row * Cols + col] =
            Function.Value(Fused.MultiplyAdd(X[row * Cols + col] - Centers[own], Scales[own], Shifts[own]));

        public void End(int own, int col)
        {
        }
    }

    // The sums of du and du * n.
    readonly record struct Products<T>(
        ArrayView<float> X, ArrayView<float> Dy, ArrayView<float> PartialGamma, ArrayView<float> PartialBeta, ArrayView<float> Centers,
        ArrayView<float> Scales, ArrayView<float> Shifts, ArrayView<float> Sums, ArrayView<float> ProductSums, Place Place, int Partial,
        int Cols, T Function) : IColumn
        where T : unmanaged, IAfterNorm
    {
        public int Strip => Columns.Narrow;

        public void Begin(int own, int col)
        {
            Centers[own] = Place.Center(col);
            Scales[own] = Place.Scale(col);
            Shifts[own] = Place.Shift(col);
            Sums[own] = 0f;
            ProductSums[own] = 0f;
        }

        public void Row(int own, int row, int col)
        {
            float distance = X[row * Cols + col] - Centers[own];
            float du = Function.Derivative(Fused.MultiplyAdd(distance, Scales[own], Shifts[own])) * Dy[row * Cols + col];
            Sums[own] += du;
            ProductSums[own] = Fused.MultiplyAdd(du, distance, ProductSums[own]);
        }

        public void End(int own, int col)
        {
            PartialBeta[Partial + col] = Sums[own];
            PartialGamma[Partial + col] = ProductSums[own] * Place.Rstd[Place.Statistic(col)];
        }
    }

    // Rounded so that what is the same in all elements of a group cancels.
    readonly record struct Differentiated<T>(
        ArrayView<float> X, ArrayView<float> Dy, ArrayView<float> AvgG, ArrayView<float> AvgGn, ArrayView<float> Dx,
        ArrayView<float> Centers, ArrayView<float> Gains, ArrayView<float> Shifts, ArrayView<float> Averages, ArrayView<float> Slopes,
        ArrayView<float> Scales, Place Place, int Cols, T Function) : IColumn
        where T : unmanaged, IAfterNorm
    {
        public int Strip => Columns.Narrow;

        public void Begin(int own, int col)
        {
            int at = Place.Statistic(col);
            Centers[own] = Place.Center(col);
            Gains[own] = Place.Gain(col);
            Shifts[own] = Place.Shift(col);
            Averages[own] = AvgG[at];
            Slopes[own] = AvgGn[at];
            Scales[own] = Place.Rstd[at];
        }

        public void Row(int own, int row, int col)
        {
            float n = (X[row * Cols + col] - Centers[own]) * Scales[own];
            float du = Function.Derivative(Fused.MultiplyAdd(n, Gains[own], Shifts[own])) * Dy[row * Cols + col];
            Dx[row * Cols + col] = (du * Gains[own] - Fused.MultiplyAdd(n, Slopes[own], Averages[own])) * Scales[own];
        }

        public void End(int own, int col)
        {
        }
    }
}
