using System.Runtime.InteropServices;
using Dalle2.Gpu.Runtime;
using Dalle2.Tests.Gpu.Compiler;

namespace Dalle2.Tests.Gpu;

/// <summary>
/// Runs each launch twice from the same memory, on a device that shares the host's memory and on another that does, if none is given on <c>reference</c>, which must leave the same bits.
/// </summary>
sealed unsafe class ComparingDevice : Device
{
    readonly Device candidate;
    readonly Device reference;

    public ComparingDevice(Device candidate, Device? other = null, HardwareProperties? properties = null)
        : base(candidate.Name, 1)
    {
        this.candidate = candidate;
        reference = other ?? Open("reference");
        if (properties != null)
            Properties = properties;
    }

    public override string Description => $"{candidate.Description}, compared with {reference.Name}";

    // Their C# is what runs.
    public override bool HasMatrixUnits => true;

    public int Launches { get; private set; }

    internal override void Run(Launch launch)
    {
        Launches++;
        List<(long Start, long End)> ranges = KernelArguments.Ranges(launch.Arguments);
        byte[][] before = Save(ranges);
        candidate.Run(launch);
        byte[][] actual = Save(ranges);
        for (int r = 0; r < ranges.Count; r++)
            before[r].CopyTo(new Span<byte>((void*)ranges[r].Start, before[r].Length));
        reference.Run(launch);
        byte[][] expected = Save(ranges);
        for (int r = 0; r < expected.Length; r++)
        {
            int at = expected[r].AsSpan().CommonPrefixLength(actual[r]);
            Assert.That(at, Is.EqualTo(expected[r].Length), $"{launch.Kernel.Name} on {candidate.Name}: view {r} differs from "
                + $"{(reference.Name == "reference" ? "the .NET method" : reference.Name)}'s at byte {at}: "
                + $"{Convert.ToHexString(actual[r].AsSpan(at & ~7, Math.Min(16, actual[r].Length - (at & ~7))))} instead of "
                + $"{Convert.ToHexString(expected[r].AsSpan(at & ~7, Math.Min(16, expected[r].Length - (at & ~7))))}");
        }
    }

    internal override void CopyIn(ReadOnlySpan<byte> source, nint target) => reference.CopyIn(source, target);

    internal override void CopyOut(nint source, Span<byte> target) => reference.CopyOut(source, target);

    internal override void CopyWithin(nint source, nint target, long bytes) => reference.CopyWithin(source, target, bytes);

    internal override void ClearBytes(nint target, long bytes) => reference.ClearBytes(target, bytes);

    private protected override nint Reserve(long bytes) => (nint)NativeMemory.AlignedAlloc((nuint)bytes, 64);

    private protected override void Release(nint address) => NativeMemory.AlignedFree((void*)address);

    protected override void Dispose(bool disposing)
    {
        reference.Dispose();
        candidate.Dispose();
    }

    static byte[][] Save(List<(long Start, long End)> ranges) =>
        [.. ranges.Select(range => new ReadOnlySpan<byte>((void*)range.Start, (int)(range.End - range.Start)).ToArray())];
}
