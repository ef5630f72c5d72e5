using MathNet.Numerics.Statistics;

namespace Dalle2.Ops;

/// <summary>How long one pass of an op takes.</summary>
/// <param name="Samples">Milliseconds of each run after the warm-up, in their order.</param>
/// <param name="Flops">Floating-point operations of one run; 0 if the case does not say.</param>
/// <param name="Bytes">Bytes that one run has to move; 0 if the case does not say.</param>
/// <param name="Footprint">Bytes of memory that it moves them in: fewer, where results lie in the place of operands.</param>
public sealed record PassTiming(IReadOnlyList<double> Samples, double Flops, double Bytes, double Footprint)
{
    /// <summary>The median of the runs.</summary>
    public double Milliseconds { get; } = Samples.Median();

    /// <summary>10^9 floating-point operations a second.</summary>
    public double Gflops => Flops / Milliseconds / 1e6;

    /// <summary>10^9 bytes a second.</summary>
    public double GigabytesPerSecond => Bytes / Milliseconds / 1e6;

    /// <summary>Whether the case says what the pass costs.</summary>
    public bool HasCost => Flops > 0 || Bytes > 0;

    /// <summary>The least time that the device allows, as a share of the time taken.</summary>
    public double ShareOf(Roofline roofline) => roofline.LeastMilliseconds(Flops, Bytes, Footprint) / Milliseconds;

    /// <summary>The rate at which it moves bytes, as a share of that of a copy in as much memory.</summary>
    public double ShareOfCopy(Roofline roofline) => GigabytesPerSecond / roofline.CopyFor(Footprint);
}
