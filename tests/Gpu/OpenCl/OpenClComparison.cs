using System.Runtime.InteropServices;
using Dalle2.Gpu.Frontend;
using Dalle2.Gpu.Ir;
using Dalle2.Gpu.Runtime;
using Dalle2.Gpu.Runtime.OpenCl;
using Dalle2.Tests.Gpu.Compiler;

namespace Dalle2.Tests.Gpu.OpenCl;

/// <summary>
/// Runs each launch twice from the same memory: on an OpenCL device, and as the .NET method on the device <c>reference</c>. They must leave
/// the same bits. Each allocation has a mirror on the OpenCL device; of it only the launch's views are copied.
/// </summary>
sealed unsafe class OpenClComparison(OpenClDevice device) : Device("opencl-comparison", 1)
{
    readonly Device reference = Open("reference");
    readonly List<(nint Start, long Bytes, Buffer<byte> Mirror)> allocations = [];

    public override string Description => "OpenCL beside the reference";

    public int Launches { get; private set; }

    internal override void Run(Launch launch)
    {
        Launches++;
        List<(long Start, long End)> ranges = KernelArguments.Ranges(launch.Arguments);
        foreach (var (start, end) in ranges)
            device.CopyIn(new ReadOnlySpan<byte>((void*)start, (int)(end - start)), Mirror((nint)start));
        device.Run(new Launch(launch.Kernel, [.. launch.Arguments.Select(Moved)], launch.Extent, launch.Config));
        reference.Run(launch);
        for (int r = 0; r < ranges.Count; r++)
        {
            var expected = new ReadOnlySpan<byte>((void*)ranges[r].Start, (int)(ranges[r].End - ranges[r].Start));
            var actual = new byte[expected.Length];
            device.CopyOut(Mirror((nint)ranges[r].Start), actual);
            int at = expected.CommonPrefixLength(actual);
            Assert.That(at, Is.EqualTo(expected.Length), $"{launch.Kernel.Name} with {device.Lanes} threads a work-item: view "
                + $"{r} differs from the .NET method's at byte {at}: "
                + $"{Convert.ToHexString(actual.AsSpan(at & ~7)[..Math.Min(16, actual.Length - (at & ~7))])} instead of "
                + $"{Convert.ToHexString(expected[(at & ~7)..Math.Min(actual.Length, (at & ~7) + 16)])}");
        }
    }

    internal override void CopyIn(ReadOnlySpan<byte> source, nint target) => reference.CopyIn(source, target);

    internal override void CopyOut(nint source, Span<byte> target) => reference.CopyOut(source, target);

    internal override void CopyWithin(nint source, nint target, long bytes) => reference.CopyWithin(source, target, bytes);

    internal override void ClearBytes(nint target, long bytes) => reference.ClearBytes(target, bytes);

    private protected override nint Reserve(long bytes)
    {
        var start = (nint)NativeMemory.AlignedAlloc((nuint)bytes, 64);
        allocations.Add((start, bytes, device.Allocate<byte>(bytes)));
        return start;
    }

    private protected override void Release(nint address)
    {
        int at = allocations.FindIndex(a => a.Start == address);
        if (at < 0)
            return;
        allocations[at].Mirror.Dispose();
        allocations.RemoveAt(at);
        NativeMemory.AlignedFree((void*)address);
    }

    protected override void Dispose(bool disposing) => reference.Dispose();

    nint Mirror(nint address)
    {
        if (address == 0)
            return 0;
        var (start, _, mirror) = allocations.Single(a => address >= a.Start && address <= a.Start + a.Bytes);
        return ViewAddress.Of(mirror.View) + (address - start);
    }

    // The same argument with its addresses, wherever in it they are, moved to the mirrors.
    unsafe object Moved(object argument)
    {
        var words = new ArgumentBlock();
        ArgumentWriter.Write(argument, words);
        Leaf[] leaves = TypeLayout.Of(argument.GetType())!.Leaves;
        for (int l = 0; l < leaves.Length; l++)
        {
            if (leaves[l].Type == IrType.Global)
                words.First[l] = (ulong)Mirror((nint)words.First[l]);
        }

        ulong* first = words.First;
        return ArgumentReader.Read(argument.GetType(), ref first);
    }
}
