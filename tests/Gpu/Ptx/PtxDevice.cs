using System.Runtime.InteropServices;
using Dalle2.Gpu;
using Dalle2.Gpu.Frontend;
using Dalle2.Gpu.Ir;
using Dalle2.Gpu.Passes;
using Dalle2.Gpu.Runtime;
using Dalle2.Tests.Gpu.Compiler;

namespace Dalle2.Tests.Gpu.Ptx;

/// <summary>
/// Runs each launch as PTX, plain and in checked mode, and as the kernel's own .NET method, from the same memory. They must leave the same bits;
/// only which NaN a number is may differ, since the hardware has one of its own.
/// </summary>
sealed unsafe class PtxDevice() : Device("ptx", 1)
{
    const int BlockThreads = 64;

    static readonly Dictionary<(SpecializedKernel Kernel, bool Aligned), Variant[]> Variants = [];

    readonly Device reference = Open("reference");

    public override string Description => "PTX, interpreted";

    // In texts for sm_60 they are what their C# says.
    public override bool HasMatrixUnits => true;

    public int Launches { get; private set; }

    /// <summary>Whether checked mode runs too, where a store of NaN or infinity is an error.</summary>
    public bool WithChecks { get; init; } = true;

    /// <summary>Whether texts are kept for the next launch; not those of programs that run once.</summary>
    public bool Remembers { get; init; } = true;

    internal override void Run(Launch launch)
    {
        Launches++;
        List<(long Start, long End)> ranges = KernelArguments.Ranges(launch.Arguments);
        byte[][] before = Save(ranges);
        Variant[] variants = Compiled(launch.Specialize(), ranges.TrueForAll(r => r.Start % 16 == 0));
        variants = WithChecks ? variants : [.. variants.Where(variant => !variant.IsChecked)];
        foreach (Variant variant in variants)
        {
            Run(variant, launch, ranges);
            variant.Left = Save(ranges);
            Restore(ranges, before);
        }

        reference.Run(launch);
        byte[][] expected = Save(ranges);
        Type[] elements = KernelArguments.Elements(launch.Arguments);
        foreach (Variant variant in variants)
            Require(launch, variant, elements, expected);
    }

    internal override void CopyIn(ReadOnlySpan<byte> source, nint target) => reference.CopyIn(source, target);

    internal override void CopyOut(nint source, Span<byte> target) => reference.CopyOut(source, target);

    internal override void CopyWithin(nint source, nint target, long bytes) => reference.CopyWithin(source, target, bytes);

    internal override void ClearBytes(nint target, long bytes) => reference.ClearBytes(target, bytes);

    private protected override nint Reserve(long bytes) => (nint)NativeMemory.AlignedAlloc((nuint)bytes, 64);

    private protected override void Release(nint address) => NativeMemory.AlignedFree((void*)address);

    protected override void Dispose(bool disposing) => reference.Dispose();

    Variant[] Compiled(SpecializedKernel kernel, bool aligned)
    {
        if (!Variants.TryGetValue((kernel, aligned), out Variant[]? variants))
        {
            variants = [Compile(kernel, aligned, CheckMode.Drop), Compile(kernel, aligned, CheckMode.Require)];
            if (Remembers)
                Variants.Add((kernel, aligned), variants);
        }

        return variants;
    }

    static Variant Compile(SpecializedKernel kernel, bool aligned, CheckMode checking)
    {
        var options = new CompileOptions(Checking: checking);
        Function function = Dalle2.Gpu.Compiler.Optimize(kernel, options);
        return new Variant(function, options.IsChecked, new PtxProgram(Dalle2.Gpu.Compiler.Ptx(function, options, 60, aligned).Text));
    }

    static void Run(Variant variant, Launch launch, List<(long Start, long End)> ranges)
    {
        Index3D extent = launch.Extent;
        ulong[] arguments = KernelArguments.Bits(launch.OpenArguments);
        ulong[] parameters = launch.Config == null ? [(uint)extent.X, (uint)extent.Y, (uint)extent.Z, .. arguments] : arguments;
        Index3D grid = launch.Config?.GridDim ?? new Index3D(IntrinsicMath.DivRoundUp(extent.Size, BlockThreads), 1, 1);
        Index3D group = launch.Config?.GroupDim ?? new Index3D(BlockThreads, 1, 1);
        if (!variant.IsChecked)
        {
            variant.Program.Run(grid, group, parameters, ranges);
            return;
        }

        long* report = stackalloc long[4];
        new Span<long>(report, 4).Clear();
        PtxFault? fault = null;
        try
        {
            variant.Program.Run(grid, group, [.. parameters, (ulong)report], [.. ranges, ((long)report, (long)(report + 4))]);
        }
        catch (PtxFault caught)
        {
            // Where some threads have left, others may wait for them in vain.
            fault = caught;
        }

        if (report[0] == 1)
        {
            Check check = variant.Function.Checks[(int)report[1]];
            var (file, line) = SourceLines.Find(check.Position);
            throw new KernelException($"{launch.Kernel.Name}: {file}({line}): {check.Describe(report[2], report[3])}");
        }

        if (fault != null)
            throw fault;
    }

    static byte[][] Save(List<(long Start, long End)> ranges) =>
        [.. ranges.Select(range => new ReadOnlySpan<byte>((void*)range.Start, (int)(range.End - range.Start)).ToArray())];

    static void Restore(List<(long Start, long End)> ranges, byte[][] contents)
    {
        for (int r = 0; r < ranges.Count; r++)
            contents[r].CopyTo(new Span<byte>((void*)ranges[r].Start, contents[r].Length));
    }

    static void Require(Launch launch, Variant variant, Type[] elements, byte[][] expected)
    {
        for (int r = 0; r < expected.Length; r++)
        {
            byte[] left = variant.Left[r];
            if (elements[r] == typeof(float))
                Array.ForEach([left, expected[r]], OneNaN<float>);
            else if (elements[r] == typeof(double))
                Array.ForEach([left, expected[r]], OneNaN<double>);
            else if (elements[r] == typeof(Half))
                Array.ForEach([left, expected[r]], OneNaN<Half>);
            int at = expected[r].AsSpan().CommonPrefixLength(left);
            if (at != expected[r].Length)
            {
                throw new PtxFault($"{launch.Kernel.Name}{(variant.IsChecked ? " with checks" : "")}: view {r} differs from the .NET "
                    + $"method's at byte {at}");
            }
        }
    }

    static void OneNaN<T>(byte[] bytes)
        where T : unmanaged, System.Numerics.IFloatingPointIeee754<T>
    {
        foreach (ref T value in MemoryMarshal.Cast<byte, T>(bytes.AsSpan()))
        {
            if (T.IsNaN(value))
                value = T.NaN;
        }
    }

    sealed class Variant(Function function, bool isChecked, PtxProgram program)
    {
        public Function Function => function;

        public bool IsChecked => isChecked;

        public PtxProgram Program => program;

        public byte[][] Left { get; set; } = [];
    }
}
