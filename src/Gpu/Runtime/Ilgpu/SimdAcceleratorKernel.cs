using System.Reflection;
using System.Reflection.Emit;
using System.Runtime.CompilerServices;
using ILGPU.Backends.EntryPoints;
using ILGPU.Runtime;
using MethodKernel = Dalle2.Gpu.Runtime.Reference.CompiledKernel;

namespace Dalle2.Gpu.Runtime.Ilgpu;

/// <summary>
/// A loaded kernel. ILGPU makes delegates of its launcher, a static method that takes the kernel, the stream, the extent or configuration and the kernel's arguments;
/// it is emitted for the kernel's types, so that a launch boxes and allocates nothing.
/// </summary>
sealed class SimdAcceleratorKernel(SimdAccelerator accelerator, SimdCompiledKernel compiled)
    : Kernel(accelerator, compiled, Emit(compiled.Entry))
{
    [ThreadStatic]
    static Launch? next;

    readonly MethodKernel kernel = MethodKernel.Of(compiled.Entry.MethodInfo);

    protected override void DisposeAcceleratorObject(bool disposing)
    {
    }

    static DynamicMethod Emit(EntryPoint entry)
    {
        Type[] parameters = [.. Enumerable.Range(0, entry.Parameters.Count).Select(p => entry.Parameters[p])];
        var launcher = new DynamicMethod(
            entry.Name + "Launcher", typeof(void), [typeof(Kernel), typeof(AcceleratorStream), entry.KernelIndexType, .. parameters],
            typeof(SimdAcceleratorKernel).Module, skipVisibility: true);
        ILGenerator il = launcher.GetILGenerator();
        il.Emit(OpCodes.Ldarg_0);
        il.Emit(OpCodes.Ldarg_1);
        il.Emit(OpCodes.Ldarg_2);
        il.Emit(OpCodes.Call, typeof(SimdAcceleratorKernel).GetMethod(nameof(Begin), BindingFlags.Static | BindingFlags.NonPublic,
            [typeof(Kernel), typeof(AcceleratorStream), entry.KernelIndexType])!);
        MethodInfo add = typeof(Runtime.Launch).GetMethod(nameof(Runtime.Launch.Add))!;
        for (int p = 0; p < parameters.Length; p++)
        {
            il.Emit(OpCodes.Ldarg, p + 3);
            il.Emit(OpCodes.Callvirt, add.MakeGenericMethod(parameters[p]));
        }

        il.Emit(OpCodes.Ldarg_0);
        il.Emit(OpCodes.Call, ((Action<Launch, Kernel>)End).Method);
        // The launch has addresses alone: what they are of must not be collected while it runs.
        MethodInfo keep = ((KeepAction<int>)Keep).Method.GetGenericMethodDefinition();
        for (int p = 0; p < parameters.Length; p++)
        {
            il.Emit(OpCodes.Ldarga, p + 3);
            il.Emit(OpCodes.Call, keep.MakeGenericMethod(parameters[p]));
        }

        il.Emit(OpCodes.Ret);
        return launcher;
    }

    static Launch Begin(Kernel kernel, AcceleratorStream stream, Index1D extent) => Begin(kernel, stream, new Index3D(extent.X, 1, 1));

    static Launch Begin(Kernel kernel, AcceleratorStream stream, Index2D extent) =>
        Begin(kernel, stream, new Index3D(extent.X, extent.Y, 1));

    static Launch Begin(Kernel kernel, AcceleratorStream stream, Index3D extent)
    {
        Stream.RequireExtent(extent);
        return Begin(kernel, stream, extent, null);
    }

    static Launch Begin(Kernel kernel, AcceleratorStream stream, KernelConfig config)
    {
        Stream.RequireGroup(config);
        return Begin(kernel, stream, default, config);
    }

    static Launch Begin(Kernel kernel, AcceleratorStream stream, Index3D extent, KernelConfig? config)
    {
        ArgumentNullException.ThrowIfNull(stream);
        if (stream.Accelerator != kernel.Accelerator)
        {
            throw new ArgumentException(
                $"{kernel.CompiledKernel.Name} was loaded on another accelerator than the stream's; launch it on a stream of its own",
                nameof(stream));
        }

        return (next ??= new Launch()).Begin(((SimdAcceleratorKernel)kernel).kernel, extent, config);
    }

    static void End(Launch launch, Kernel kernel) => ((SimdAccelerator)kernel.Accelerator).Run(launch);

    [MethodImpl(MethodImplOptions.NoInlining)]
    static void Keep<T>(ref T argument)
    {
    }

    delegate void KeepAction<T>(ref T argument);
}
