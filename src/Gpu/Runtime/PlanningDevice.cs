namespace Dalle2.Gpu.Runtime;

/// <summary>A device on which nothing runs and that has no memory: it gives out addresses and counts them. What is read from it is zero.</summary>
sealed class PlanningDevice : Device
{
    readonly Device planned;

    const int Alignment = 256;

    // No address that a host or a device would give.
    nint next = 1 << 20;

    public PlanningDevice(Device planned)
        : base($"plan of {planned.Name}", planned.Threads)
    {
        this.planned = planned;
        Properties = planned.Properties;
    }

    public override bool HasMatrixUnits => planned.HasMatrixUnits;

    public override string Description => $"counts what {planned.Name} would need";

    public override long AvailableBytes => long.MaxValue;

    internal override void Run(Launch launch)
    {
    }

    internal override void CopyIn(ReadOnlySpan<byte> source, nint target)
    {
    }

    internal override void CopyOut(nint source, Span<byte> target) => target.Clear();

    internal override void CopyWithin(nint source, nint target, long bytes)
    {
    }

    internal override void ClearBytes(nint target, long bytes)
    {
    }

    private protected override nint Reserve(long bytes)
    {
        nint address = next;
        next += (nint)((bytes + Alignment - 1) / Alignment * Alignment);
        return address;
    }

    private protected override void Release(nint address)
    {
    }

    protected override void Dispose(bool disposing)
    {
    }
}
