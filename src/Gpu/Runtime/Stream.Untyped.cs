using System.Reflection;
using Dalle2.Gpu.Runtime.Reference;

namespace Dalle2.Gpu.Runtime;

/// <content>Launches of kernels whose types are known at run time only.</content>
public sealed partial class Stream
{
    /// <summary>Launches a kernel over an extent of threads; its first parameter is the thread's index.</summary>
    /// <param name="kernel">A static method, or the method of a lambda that captures nothing; closed, if it is generic.</param>
    /// <param name="extent">The threads along each axis: an <see cref="Index1D"/>, <see cref="Index2D"/> or <see cref="Index3D"/>, as the kernel's first parameter is.</param>
    /// <param name="arguments">All others, in the order of the kernel's parameters.</param>
    /// <exception cref="ArgumentException">The arguments do not fit the kernel's parameters.</exception>
    public void Launch(MethodInfo kernel, IIntIndex extent, params object[] arguments)
    {
        RequireFit(kernel, extent.GetType(), arguments);
        RequireExtent(Extent(extent));
        Run(new Launch(CompiledKernel.Of(kernel), arguments, Extent(extent), null));
    }

    /// <summary>Launches a kernel in groups, which it asks <see cref="Grid"/> and <see cref="Group"/> for.</summary>
    /// <param name="kernel">A static method, or the method of a lambda that captures nothing; closed, if it is generic.</param>
    /// <param name="config">How many groups of how many threads, and their dynamic shared memory.</param>
    /// <param name="arguments">In the order of the kernel's parameters.</param>
    /// <exception cref="ArgumentException">The arguments do not fit the kernel's parameters.</exception>
    public void Launch(MethodInfo kernel, KernelConfig config, params object[] arguments)
    {
        RequireFit(kernel, null, arguments);
        RequireGroup(config);
        Run(new Launch(CompiledKernel.Of(kernel), arguments, default, config));
    }

    static Index3D Extent(IIntIndex extent) => extent switch
    {
        Index1D one => new Index3D(one.X, 1, 1),
        Index2D two => new Index3D(two.X, two.Y, 1),
        Index3D three => three,
        _ => throw new ArgumentException($"an extent is an Index1D, Index2D or Index3D, not a {extent.GetType().Name}"),
    };

    static void RequireFit(MethodInfo kernel, Type? index, object[] arguments)
    {
        Type[] declared = [.. kernel.GetParameters().Select(parameter => parameter.ParameterType)];
        Type[] given = [.. index == null ? (Type[])[] : [index], .. arguments.Select(argument => argument.GetType())];
        if (!declared.AsSpan().SequenceEqual(given))
        {
            throw new ArgumentException(
                $"{kernel.DeclaringType?.Name}.{kernel.Name} takes ({string.Join(", ", declared.Select(type => type.Name))}), not ("
                + $"{string.Join(", ", given.Select(type => type.Name))})");
        }
    }
}
