using System.Reflection;
using Dalle2.Gpu.Frontend;
using Dalle2.Gpu.Ir;
using Dalle2.Gpu.Runtime.Reference;

namespace Dalle2.Gpu.Runtime;

/// <summary>
/// One launch: the kernel, its arguments without the index, and how many threads run it. A stream has one that it fills again for each launch, so
/// that a launch allocates nothing; a device that needs anything of it after <see cref="Device.Run"/> copies that.
/// </summary>
sealed unsafe class Launch
{
    readonly ArgumentBlock parameters = new();
    readonly ArgumentBlock constants = new();
    CompiledKernel? kernel;
    object[]? boxed;
    int count;

    /// <summary>A launch to be filled.</summary>
    public Launch()
    {
    }

    /// <summary>A launch of arguments whose types are known at run time only.</summary>
    /// <param name="kernel">The kernel.</param>
    /// <param name="arguments">Views and scalars, in the order of the kernel's parameters.</param>
    /// <param name="extent">Of an implicitly grouped kernel, the threads along each axis.</param>
    /// <param name="config">Of an explicitly grouped kernel, its groups; else null.</param>
    public Launch(CompiledKernel kernel, object[] arguments, Index3D extent, KernelConfig? config)
    {
        Begin(kernel, extent, config);
        foreach (object argument in arguments)
            ArgumentWriter.Write(argument, SpecializedKernel.IsSpecialized(argument.GetType()) ? constants : parameters);
        (boxed, count) = (arguments, arguments.Length);
    }

    /// <summary>The kernel.</summary>
    public CompiledKernel Kernel => kernel!;

    /// <summary>Of an implicitly grouped kernel, the threads along each axis.</summary>
    public Index3D Extent { get; private set; }

    /// <summary>Of an explicitly grouped kernel, its groups; else null.</summary>
    public KernelConfig? Config { get; private set; }

    /// <summary>Of an explicitly grouped kernel, the threads of a group; else null.</summary>
    public GroupExtent? Group => Config is { } c ? new GroupExtent(c.GroupDim.X, c.GroupDim.Y, c.GroupDim.Z) : null;

    /// <summary>The shared memory that it gives a group beside what the kernel allocates itself.</summary>
    public int DynamicSharedBytes => Config?.SharedMemoryConfig is { UsesDynamicSharedMemory: true } shared ? shared.ArraySize : 0;

    /// <summary>Whether there is nothing to run.</summary>
    public bool IsEmpty => (Config?.GridDim ?? Extent).Size == 0;

    /// <summary>The parameters of the compiled function, 8 bytes each: views are two, structs as many as they have primitives. The memory does not move.</summary>
    public ReadOnlySpan<ulong> Parameters => parameters.Words;

    /// <summary>Where <see cref="Parameters"/> lie.</summary>
    public ulong* ParameterAddress => parameters.First;

    /// <summary>The primitives of the <see cref="ILGPU.Runtime.SpecializedValue{T}"/> arguments, which the function has no parameters for.</summary>
    public ReadOnlySpan<ulong> Constants => constants.Words;

    /// <summary>The arguments as objects, in the order of the kernel's parameters; made when first asked for.</summary>
    public object[] Arguments => boxed ??= Box(null);

    /// <summary>The same, with views of other memory.</summary>
    public object[] ArgumentsOver(IViewSource views) => Box(views);

    /// <summary>Those of <see cref="Arguments"/> that the compiled function has parameters for.</summary>
    public object[] OpenArguments =>
        Constants.IsEmpty ? Arguments : [.. Arguments.Where(argument => !SpecializedKernel.IsSpecialized(argument.GetType()))];

    /// <summary>How many threads, in words.</summary>
    public string Shape => Config is { } c
        ? $"{c.GridDim.X}x{c.GridDim.Y}x{c.GridDim.Z} groups of {c.GroupDim.X}x{c.GroupDim.Y}x{c.GroupDim.Z} threads"
        : $"{Extent.X}x{Extent.Y}x{Extent.Z} threads";

    /// <summary>The kernel with the values that are constants inside. Those without such, which are most, are made once.</summary>
    public SpecializedKernel Specialize()
    {
        if (Constants.IsEmpty)
            return Kernel.Unspecialized;
        ParameterInfo[] declared = Kernel.Method.GetParameters();
        int first = declared.Length - count;
        var values = new Dictionary<int, object>();
        for (int a = 0; a < count; a++)
        {
            if (SpecializedKernel.IsSpecialized(declared[first + a].ParameterType))
                values.Add(first + a, Arguments[a]);
        }

        return new SpecializedKernel(Kernel.Method, values, Constants.ToArray(), DynamicSharedBytes);
    }

    /// <summary>The same launch, which stays when this one is filled again.</summary>
    public Launch Copy()
    {
        Launch copy = new Launch().Begin(Kernel, Extent, Config);
        parameters.CopyTo(copy.parameters);
        copy.constants.Clear();
        constants.CopyTo(copy.constants);
        copy.count = count;
        return copy;
    }

    /// <summary>Makes it the launch of a kernel, without arguments as yet.</summary>
    public Launch Begin(CompiledKernel kernel, Index3D extent, KernelConfig? config)
    {
        this.kernel = kernel;
        (Extent, Config) = (extent, config);
        (boxed, count) = (null, 0);
        parameters.Clear();
        constants.Clear();
        // A kernel is compiled for the shared memory that the launch gives it.
        if (DynamicSharedBytes > 0)
            *constants.Take(1) = (ulong)DynamicSharedBytes;
        return this;
    }

    /// <summary>Adds the next argument.</summary>
    public Launch Add<T>(T value)
        where T : struct
    {
        count++;
        if (ArgumentWriter<T>.Parameters < 0)
            throw Unfit(typeof(T));
        ArgumentWriter<T>.Write(ref value, (ArgumentWriter<T>.IsConstant ? constants : parameters).Take(ArgumentWriter<T>.Parameters));
        return this;
    }

    // The compiler says it better, with file and line.
    KernelException Unfit(Type type)
    {
        Compiler.Translate(Kernel.Method);
        return ArgumentWriter.Unfit(type);
    }

    object[] Box(IViewSource? views)
    {
        ParameterInfo[] declared = Kernel.Method.GetParameters();
        var objects = new object[count];
        ulong* nextParameter = parameters.First, nextConstant = constants.First + (DynamicSharedBytes > 0 ? 1 : 0);
        for (int a = 0; a < count; a++)
        {
            Type type = declared[declared.Length - count + a].ParameterType;
            if (SpecializedKernel.IsSpecialized(type))
                objects[a] = ArgumentReader.Read(type, ref nextConstant, views);
            else
                objects[a] = ArgumentReader.Read(type, ref nextParameter, views);
        }

        return objects;
    }
}
