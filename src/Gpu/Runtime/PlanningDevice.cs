using Dalle2.Gpu.Runtime.Planning;

namespace Dalle2.Gpu.Runtime;

/// <summary>A device on which nothing runs and that has no memory: it gives out addresses and counts them, and tells of what it is asked for. What is read from it is zero.</summary>
sealed class PlanningDevice : Device
{
    const int Alignment = 256;

    // No address that a host or a device would give.
    nint next = 1 << 20;

    /// <summary>One for what another device would need.</summary>
    public PlanningDevice(Device planned)
        : base($"plan of {planned.Name}", planned.Threads)
    {
        Properties = planned.Properties;
        HasMatrixUnits = planned.HasMatrixUnits;
        Description = $"counts what {planned.Name} would need";
    }

    /// <summary>One for a card that is not here.</summary>
    public PlanningDevice(CardLimits card)
        : base($"plan of {card.Name}", 1)
    {
        Properties = card.Properties;
        HasMatrixUnits = card.HasMatrixUnits;
        Description = $"takes what a {card.Product} would run";
    }

    public override bool HasMatrixUnits { get; }

    public override string Description { get; }

    /// <summary>Is told of each launch.</summary>
    public Action<Launch>? Launched { get; set; }

    /// <summary>Is told of each copy within the device and each clearing: bytes read and written.</summary>
    public Action<long>? Moved { get; set; }

    /// <summary>Called when it is disposed.</summary>
    public Action? Disposed { get; init; }

    public override long AvailableBytes => long.MaxValue;

    internal override void Run(Launch launch) => Launched?.Invoke(launch);

    internal override void CopyIn(ReadOnlySpan<byte> source, nint target)
    {
    }

    internal override void CopyOut(nint source, Span<byte> target) => target.Clear();

    internal override void CopyWithin(nint source, nint target, long bytes) => Moved?.Invoke(2 * bytes);

    internal override void ClearBytes(nint target, long bytes) => Moved?.Invoke(bytes);

    private protected override nint Reserve(long bytes)
    {
        nint address = next;
        next += (nint)((bytes + Alignment - 1) / Alignment * Alignment);
        return address;
    }

    private protected override void Release(nint address)
    {
    }

    protected override void Dispose(bool disposing) => Disposed?.Invoke();
}
