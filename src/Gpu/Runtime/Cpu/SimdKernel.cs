using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using Dalle2.Gpu.Frontend;
using Dalle2.Gpu.Ir;
using Dalle2.Gpu.Lowering;
using Dalle2.Gpu.Passes;
using Dalle2.Gpu.Runtime.Reference;
using Dalle2.Gpu.Runtime.Tracing;
using Dalle2.Gpu.Targets.Simd;

namespace Dalle2.Gpu.Runtime.Cpu;

/// <summary>A kernel, compiled for vectors of one width and, if it is grouped, for groups of one extent.</summary>
sealed class SimdKernel
{
    // Weak: a kernel may be of an assembly that is unloaded.
    static readonly ConditionalWeakTable<CompiledKernel, ConcurrentDictionary<Key, Lazy<SimdKernel>>> Cache = [];

    readonly SpecializedKernel kernel;
    readonly VectorMethods vectors;
    CompileOptions options;
    readonly Lazy<SimdCode> whole;
    readonly Lazy<SimdCode> masked;

    SimdKernel(Key key)
    {
        vectors = VectorMethods.Of(key.Bits);
        kernel = key.Kernel;
        options = new CompileOptions(key.Group, key.Checked ? CheckMode.Require : CheckMode.Drop);
        Function = CompileTrace.Timed(() => CompileTrace.Optimize(kernel, options));
        whole = new(() => CompileTrace.Timed(() => Compile(false), methods: 1));
        masked = new(() => CompileTrace.Timed(() => Compile(true), methods: 1));
    }

    public Function Function { get; private set; }

    /// <summary>The largest of the methods so far.</summary>
    public EmittedSize Size { get; private set; }

    public GroupExtent? Group => options.Group;

    public bool IsChecked => options.IsChecked;

    /// <summary>Threads of a vector.</summary>
    public int Lanes => vectors.Lanes;

    /// <summary>For vectors all of whose lanes are threads of the launch.</summary>
    public SimdCode Whole => whole.Value;

    /// <summary>For vectors some of whose lanes may lie behind the end.</summary>
    public SimdCode Masked => masked.Value;

    /// <summary>Of a grouped kernel, the code for its groups.</summary>
    public SimdCode Grouped => Group!.Value.Size % Lanes == 0 ? Whole : Masked;

    /// <summary>Bytes that a group shares; known once the code is.</summary>
    public int SharedBytes { get; private set; }

    /// <summary>Bytes for the local arrays of one vector's threads.</summary>
    public int LocalBytes { get; private set; }

    /// <summary>Bytes that a vector needs to wait for the others of its group; 0 if none ever has to.</summary>
    public int FrameBytes { get; private set; }

    /// <summary>The code of a kernel, which is kept as long as the kernel is.</summary>
    public static SimdKernel Of(CompiledKernel compiled, SpecializedKernel kernel, int bits, GroupExtent? group, bool isChecked) =>
        Cache.GetOrCreateValue(compiled)
        .GetOrAdd(new Key(kernel, bits, group, isChecked), static key => new Lazy<SimdKernel>(() => new SimdKernel(key))).Value;

    /// <summary>Code that nobody will ask for again.</summary>
    public static SimdKernel Unremembered(SpecializedKernel kernel, int bits, GroupExtent? group, bool isChecked) =>
        new(new Key(kernel, bits, group, isChecked));

    SimdCode Compile(bool isMasked)
    {
        lock (kernel)
        {
            SimdProgram program = Compiler.Simd(Function, options, vectors, isMasked);
            EmittedSize size = program.Size;
            CompileTrace.Emitted(kernel, Group, $"{(IsChecked ? "checked." : "")}{(isMasked ? "masked." : "")}simd{vectors.Bits}",
                () => LinearText.Print(program.Code));
            if (size.IsTooLarge && options.Unrolls)
            {
                // With its loops as they are it is smaller, and what is small is optimized.
                options = options with { Unrolls = false };
                Function = CompileTrace.Optimize(kernel, options);
                return Compile(isMasked);
            }

            if (size.IsTooLarge)
            {
                Console.Error.WriteLine($"{Function.Name} runs slowly: {size.Bytes} bytes of intermediate language and "
                    + $"{size.Locals} locals are more than .NET optimizes; make the kernel smaller");
            }

            Size = size.Bytes > Size.Bytes ? size : Size;
            (SharedBytes, LocalBytes, FrameBytes) = (program.Code.SharedBytes, program.Code.LocalBytes, program.FrameBytes);
            // By .NET too, now and not within the first launch.
            RuntimeHelpers.PrepareDelegate(program.Run);
            return program.Run;
        }
    }

    sealed record Key(SpecializedKernel Kernel, int Bits, GroupExtent? Group, bool Checked);
}
