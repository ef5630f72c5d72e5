
namespace Dalle2.Gpu.Runtime;

/// <content>
/// The typed launches: the kernel is a method group, its parameters are inferred from the arguments, no kernel is named by a string.
/// With an extent, the kernel's first parameter is the thread's index; with a <see cref="KernelConfig"/>, it asks Grid and Group.
/// </content>
#pragma warning disable CS1591 // Each overload is the summary above for one more argument.
public sealed partial class Stream
{
    public void Launch<T1>(Action<Index1D, T1> kernel, Index1D extent, T1 a1)
        where T1 : struct => Run(Begin(kernel, extent).Add(a1));

    public void Launch<T1>(Action<Index2D, T1> kernel, Index2D extent, T1 a1)
        where T1 : struct => Run(Begin(kernel, extent).Add(a1));

    public void Launch<T1>(Action<Index3D, T1> kernel, Index3D extent, T1 a1)
        where T1 : struct => Run(Begin(kernel, extent).Add(a1));

    public void Launch<T1>(Action<T1> kernel, KernelConfig config, T1 a1)
        where T1 : struct => Run(Begin(kernel, config).Add(a1));

    public void Launch<T1, T2>(Action<Index1D, T1, T2> kernel, Index1D extent, T1 a1, T2 a2)
        where T1 : struct where T2 : struct => Run(Begin(kernel, extent).Add(a1).Add(a2));

    public void Launch<T1, T2>(Action<Index2D, T1, T2> kernel, Index2D extent, T1 a1, T2 a2)
        where T1 : struct where T2 : struct => Run(Begin(kernel, extent).Add(a1).Add(a2));

    public void Launch<T1, T2>(Action<Index3D, T1, T2> kernel, Index3D extent, T1 a1, T2 a2)
        where T1 : struct where T2 : struct => Run(Begin(kernel, extent).Add(a1).Add(a2));

    public void Launch<T1, T2>(Action<T1, T2> kernel, KernelConfig config, T1 a1, T2 a2)
        where T1 : struct where T2 : struct => Run(Begin(kernel, config).Add(a1).Add(a2));

    public void Launch<T1, T2, T3>(Action<Index1D, T1, T2, T3> kernel, Index1D extent, T1 a1, T2 a2, T3 a3)
        where T1 : struct where T2 : struct where T3 : struct => Run(Begin(kernel, extent).Add(a1).Add(a2).Add(a3));

    public void Launch<T1, T2, T3>(Action<Index2D, T1, T2, T3> kernel, Index2D extent, T1 a1, T2 a2, T3 a3)
        where T1 : struct where T2 : struct where T3 : struct => Run(Begin(kernel, extent).Add(a1).Add(a2).Add(a3));

    public void Launch<T1, T2, T3>(Action<Index3D, T1, T2, T3> kernel, Index3D extent, T1 a1, T2 a2, T3 a3)
        where T1 : struct where T2 : struct where T3 : struct => Run(Begin(kernel, extent).Add(a1).Add(a2).Add(a3));

    public void Launch<T1, T2, T3>(Action<T1, T2, T3> kernel, KernelConfig config, T1 a1, T2 a2, T3 a3)
        where T1 : struct where T2 : struct where T3 : struct => Run(Begin(kernel, config).Add(a1).Add(a2).Add(a3));

    public void Launch<T1, T2, T3, T4>(Action<Index1D, T1, T2, T3, T4> kernel, Index1D extent, T1 a1, T2 a2, T3 a3, T4 a4)
        where T1 : struct
        where T2 : struct where T3 : struct where T4 : struct => Run(Begin(kernel, extent).Add(a1).Add(a2).Add(a3).Add(a4));

    public void Launch<T1, T2, T3, T4>(Action<Index2D, T1, T2, T3, T4> kernel, Index2D extent, T1 a1, T2 a2, T3 a3, T4 a4)
        where T1 : struct
        where T2 : struct where T3 : struct where T4 : struct => Run(Begin(kernel, extent).Add(a1).Add(a2).Add(a3).Add(a4));

    public void Launch<T1, T2, T3, T4>(Action<Index3D, T1, T2, T3, T4> kernel, Index3D extent, T1 a1, T2 a2, T3 a3, T4 a4)
        where T1 : struct
        where T2 : struct where T3 : struct where T4 : struct => Run(Begin(kernel, extent).Add(a1).Add(a2).Add(a3).Add(a4));

    public void Launch<T1, T2, T3, T4>(Action<T1, T2, T3, T4> kernel, KernelConfig config, T1 a1, T2 a2, T3 a3, T4 a4)
        where T1 : struct
        where T2 : struct where T3 : struct where T4 : struct => Run(Begin(kernel, config).Add(a1).Add(a2).Add(a3).Add(a4));

    public void Launch<T1, T2, T3, T4, T5>(Action<Index1D, T1, T2, T3, T4, T5> kernel, Index1D extent, T1 a1, T2 a2, T3 a3, T4 a4, T5 a5)
        where T1 : struct where T2 : struct
        where T3 : struct where T4 : struct where T5 : struct => Run(Begin(kernel, extent).Add(a1).Add(a2).Add(a3).Add(a4).Add(a5));

    public void Launch<T1, T2, T3, T4, T5>(Action<Index2D, T1, T2, T3, T4, T5> kernel, Index2D extent, T1 a1, T2 a2, T3 a3, T4 a4, T5 a5)
        where T1 : struct where T2 : struct
        where T3 : struct where T4 : struct where T5 : struct => Run(Begin(kernel, extent).Add(a1).Add(a2).Add(a3).Add(a4).Add(a5));

    public void Launch<T1, T2, T3, T4, T5>(Action<Index3D, T1, T2, T3, T4, T5> kernel, Index3D extent, T1 a1, T2 a2, T3 a3, T4 a4, T5 a5)
        where T1 : struct where T2 : struct
        where T3 : struct where T4 : struct where T5 : struct => Run(Begin(kernel, extent).Add(a1).Add(a2).Add(a3).Add(a4).Add(a5));

    public void Launch<T1, T2, T3, T4, T5>(Action<T1, T2, T3, T4, T5> kernel, KernelConfig config, T1 a1, T2 a2, T3 a3, T4 a4, T5 a5)
        where T1 : struct where T2 : struct
        where T3 : struct where T4 : struct where T5 : struct => Run(Begin(kernel, config).Add(a1).Add(a2).Add(a3).Add(a4).Add(a5));

    public void Launch<T1, T2, T3, T4, T5, T6>(Action<Index1D, T1, T2, T3, T4, T5, T6> kernel, Index1D extent, T1 a1, T2 a2, T3 a3, T4 a4,
        T5 a5, T6 a6)
        where T1 : struct where T2 : struct where T3 : struct
        where T4 : struct where T5 : struct where T6 : struct => Run(Begin(kernel, extent).Add(a1).Add(a2).Add(a3).Add(a4).Add(a5).Add(a6));

    public void Launch<T1, T2, T3, T4, T5, T6>(Action<Index2D, T1, T2, T3, T4, T5, T6> kernel, Index2D extent, T1 a1, T2 a2, T3 a3, T4 a4,
        T5 a5, T6 a6)
        where T1 : struct where T2 : struct where T3 : struct
        where T4 : struct where T5 : struct where T6 : struct => Run(Begin(kernel, extent).Add(a1).Add(a2).Add(a3).Add(a4).Add(a5).Add(a6));

    public void Launch<T1, T2, T3, T4, T5, T6>(Action<Index3D, T1, T2, T3, T4, T5, T6> kernel, Index3D extent, T1 a1, T2 a2, T3 a3, T4 a4,
        T5 a5, T6 a6)
        where T1 : struct where T2 : struct where T3 : struct
        where T4 : struct where T5 : struct where T6 : struct => Run(Begin(kernel, extent).Add(a1).Add(a2).Add(a3).Add(a4).Add(a5).Add(a6));

    public void Launch<T1, T2, T3, T4, T5, T6>(Action<T1, T2, T3, T4, T5, T6> kernel, KernelConfig config, T1 a1, T2 a2, T3 a3, T4 a4,
        T5 a5, T6 a6)
        where T1 : struct where T2 : struct where T3 : struct
        where T4 : struct where T5 : struct where T6 : struct => Run(Begin(kernel, config).Add(a1).Add(a2).Add(a3).Add(a4).Add(a5).Add(a6));

    public void Launch<T1, T2, T3, T4, T5, T6,
        T7>(Action<Index1D, T1, T2, T3, T4, T5, T6, T7> kernel, Index1D extent, T1 a1, T2 a2, T3 a3, T4 a4, T5 a5, T6 a6, T7 a7)
        where T1 : struct where T2 : struct where T3 : struct where T4 : struct where T5 : struct
        where T6 : struct where T7 : struct => Run(Begin(kernel, extent).Add(a1).Add(a2).Add(a3).Add(a4).Add(a5).Add(a6).Add(a7));

    public void Launch<T1, T2, T3, T4, T5, T6,
        T7>(Action<Index2D, T1, T2, T3, T4, T5, T6, T7> kernel, Index2D extent, T1 a1, T2 a2, T3 a3, T4 a4, T5 a5, T6 a6, T7 a7)
        where T1 : struct where T2 : struct where T3 : struct where T4 : struct where T5 : struct
        where T6 : struct where T7 : struct => Run(Begin(kernel, extent).Add(a1).Add(a2).Add(a3).Add(a4).Add(a5).Add(a6).Add(a7));

    public void Launch<T1, T2, T3, T4, T5, T6,
        T7>(Action<Index3D, T1, T2, T3, T4, T5, T6, T7> kernel, Index3D extent, T1 a1, T2 a2, T3 a3, T4 a4, T5 a5, T6 a6, T7 a7)
        where T1 : struct where T2 : struct where T3 : struct where T4 : struct where T5 : struct
        where T6 : struct where T7 : struct => Run(Begin(kernel, extent).Add(a1).Add(a2).Add(a3).Add(a4).Add(a5).Add(a6).Add(a7));

    public void Launch<T1, T2, T3, T4, T5, T6,
        T7>(Action<T1, T2, T3, T4, T5, T6, T7> kernel, KernelConfig config, T1 a1, T2 a2, T3 a3, T4 a4, T5 a5, T6 a6, T7 a7)
        where T1 : struct where T2 : struct where T3 : struct where T4 : struct where T5 : struct
        where T6 : struct where T7 : struct => Run(Begin(kernel, config).Add(a1).Add(a2).Add(a3).Add(a4).Add(a5).Add(a6).Add(a7));

    public void Launch<T1, T2, T3, T4, T5, T6, T7,
        T8>(Action<Index1D, T1, T2, T3, T4, T5, T6, T7, T8> kernel, Index1D extent, T1 a1, T2 a2, T3 a3, T4 a4, T5 a5, T6 a6, T7 a7, T8 a8)
        where T1 : struct where T2 : struct where T3 : struct where T4 : struct where T5 : struct where T6 : struct
        where T7 : struct where T8 : struct => Run(Begin(kernel, extent).Add(a1).Add(a2).Add(a3).Add(a4).Add(a5).Add(a6).Add(a7).Add(a8));

    public void Launch<T1, T2, T3, T4, T5, T6, T7,
        T8>(Action<Index2D, T1, T2, T3, T4, T5, T6, T7, T8> kernel, Index2D extent, T1 a1, T2 a2, T3 a3, T4 a4, T5 a5, T6 a6, T7 a7, T8 a8)
        where T1 : struct where T2 : struct where T3 : struct where T4 : struct where T5 : struct where T6 : struct
        where T7 : struct where T8 : struct => Run(Begin(kernel, extent).Add(a1).Add(a2).Add(a3).Add(a4).Add(a5).Add(a6).Add(a7).Add(a8));

    public void Launch<T1, T2, T3, T4, T5, T6, T7,
        T8>(Action<Index3D, T1, T2, T3, T4, T5, T6, T7, T8> kernel, Index3D extent, T1 a1, T2 a2, T3 a3, T4 a4, T5 a5, T6 a6, T7 a7, T8 a8)
        where T1 : struct where T2 : struct where T3 : struct where T4 : struct where T5 : struct where T6 : struct
        where T7 : struct where T8 : struct => Run(Begin(kernel, extent).Add(a1).Add(a2).Add(a3).Add(a4).Add(a5).Add(a6).Add(a7).Add(a8));

    public void Launch<T1, T2, T3, T4, T5, T6, T7,
        T8>(Action<T1, T2, T3, T4, T5, T6, T7, T8> kernel, KernelConfig config, T1 a1, T2 a2, T3 a3, T4 a4, T5 a5, T6 a6, T7 a7, T8 a8)
        where T1 : struct where T2 : struct where T3 : struct where T4 : struct where T5 : struct where T6 : struct
        where T7 : struct where T8 : struct => Run(Begin(kernel, config).Add(a1).Add(a2).Add(a3).Add(a4).Add(a5).Add(a6).Add(a7).Add(a8));

    public void Launch<T1, T2, T3, T4, T5, T6, T7, T8,
        T9>(Action<Index1D, T1, T2, T3, T4, T5, T6, T7, T8, T9> kernel, Index1D extent, T1 a1, T2 a2, T3 a3, T4 a4, T5 a5, T6 a6, T7 a7,
        T8 a8, T9 a9)
        where T1 : struct
        where T2 : struct where T3 : struct where T4 : struct where T5 : struct where T6 : struct where T7 : struct where T8 : struct
        where T9 : struct => Run(Begin(kernel, extent).Add(a1).Add(a2).Add(a3).Add(a4).Add(a5).Add(a6).Add(a7).Add(a8).Add(a9));

    public void Launch<T1, T2, T3, T4, T5, T6, T7, T8,
        T9>(Action<Index2D, T1, T2, T3, T4, T5, T6, T7, T8, T9> kernel, Index2D extent, T1 a1, T2 a2, T3 a3, T4 a4, T5 a5, T6 a6, T7 a7,
        T8 a8, T9 a9)
        where T1 : struct
        where T2 : struct where T3 : struct where T4 : struct where T5 : struct where T6 : struct where T7 : struct where T8 : struct
        where T9 : struct => Run(Begin(kernel, extent).Add(a1).Add(a2).Add(a3).Add(a4).Add(a5).Add(a6).Add(a7).Add(a8).Add(a9));

    public void Launch<T1, T2, T3, T4, T5, T6, T7, T8,
        T9>(Action<Index3D, T1, T2, T3, T4, T5, T6, T7, T8, T9> kernel, Index3D extent, T1 a1, T2 a2, T3 a3, T4 a4, T5 a5, T6 a6, T7 a7,
        T8 a8, T9 a9)
        where T1 : struct
        where T2 : struct where T3 : struct where T4 : struct where T5 : struct where T6 : struct where T7 : struct where T8 : struct
        where T9 : struct => Run(Begin(kernel, extent).Add(a1).Add(a2).Add(a3).Add(a4).Add(a5).Add(a6).Add(a7).Add(a8).Add(a9));

    public void Launch<T1, T2, T3, T4, T5, T6, T7, T8,
        T9>(Action<T1, T2, T3, T4, T5, T6, T7, T8, T9> kernel, KernelConfig config, T1 a1, T2 a2, T3 a3, T4 a4, T5 a5, T6 a6, T7 a7, T8 a8,
        T9 a9)
        where T1 : struct
        where T2 : struct where T3 : struct where T4 : struct where T5 : struct where T6 : struct where T7 : struct where T8 : struct
        where T9 : struct => Run(Begin(kernel, config).Add(a1).Add(a2).Add(a3).Add(a4).Add(a5).Add(a6).Add(a7).Add(a8).Add(a9));

    public void Launch<T1, T2, T3, T4, T5, T6, T7, T8, T9,
        T10>(Action<Index1D, T1, T2, T3, T4, T5, T6, T7, T8, T9, T10> kernel, Index1D extent, T1 a1, T2 a2, T3 a3, T4 a4, T5 a5, T6 a6,
        T7 a7, T8 a8, T9 a9, T10 a10)
        where T1 : struct
        where T2 : struct
        where T3 : struct where T4 : struct where T5 : struct where T6 : struct where T7 : struct where T8 : struct where T9 : struct
        where T10 : struct => Run(Begin(kernel, extent).Add(a1).Add(a2).Add(a3).Add(a4).Add(a5).Add(a6).Add(a7).Add(a8).Add(a9).Add(a10));

    public void Launch<T1, T2, T3, T4, T5, T6, T7, T8, T9,
        T10>(Action<Index2D, T1, T2, T3, T4, T5, T6, T7, T8, T9, T10> kernel, Index2D extent, T1 a1, T2 a2, T3 a3, T4 a4, T5 a5, T6 a6,
        T7 a7, T8 a8, T9 a9, T10 a10)
        where T1 : struct
        where T2 : struct
        where T3 : struct where T4 : struct where T5 : struct where T6 : struct where T7 : struct where T8 : struct where T9 : struct
        where T10 : struct => Run(Begin(kernel, extent).Add(a1).Add(a2).Add(a3).Add(a4).Add(a5).Add(a6).Add(a7).Add(a8).Add(a9).Add(a10));

    public void Launch<T1, T2, T3, T4, T5, T6, T7, T8, T9,
        T10>(Action<Index3D, T1, T2, T3, T4, T5, T6, T7, T8, T9, T10> kernel, Index3D extent, T1 a1, T2 a2, T3 a3, T4 a4, T5 a5, T6 a6,
        T7 a7, T8 a8, T9 a9, T10 a10)
        where T1 : struct
        where T2 : struct
        where T3 : struct where T4 : struct where T5 : struct where T6 : struct where T7 : struct where T8 : struct where T9 : struct
        where T10 : struct => Run(Begin(kernel, extent).Add(a1).Add(a2).Add(a3).Add(a4).Add(a5).Add(a6).Add(a7).Add(a8).Add(a9).Add(a10));

    public void Launch<T1, T2, T3, T4, T5, T6, T7, T8, T9,
        T10>(Action<T1, T2, T3, T4, T5, T6, T7, T8, T9, T10> kernel, KernelConfig config, T1 a1, T2 a2, T3 a3, T4 a4, T5 a5, T6 a6, T7 a7,
        T8 a8, T9 a9, T10 a10)
        where T1 : struct
        where T2 : struct
        where T3 : struct where T4 : struct where T5 : struct where T6 : struct where T7 : struct where T8 : struct where T9 : struct
        where T10 : struct => Run(Begin(kernel, config).Add(a1).Add(a2).Add(a3).Add(a4).Add(a5).Add(a6).Add(a7).Add(a8).Add(a9).Add(a10));

    public void Launch<T1, T2, T3, T4, T5, T6, T7, T8, T9, T10,
        T11>(Action<Index1D, T1, T2, T3, T4, T5, T6, T7, T8, T9, T10, T11> kernel, Index1D extent, T1 a1, T2 a2, T3 a3, T4 a4, T5 a5, T6 a6,
        T7 a7, T8 a8, T9 a9, T10 a10, T11 a11)
        where T1 : struct
        where T2 : struct
        where T3 : struct
        where T4 : struct
        where T5 : struct where T6 : struct where T7 : struct where T8 : struct where T9 : struct where T10 : struct where T11 : struct =>
        Run(Begin(kernel, extent).Add(a1).Add(a2).Add(a3).Add(a4).Add(a5).Add(a6).Add(a7).Add(a8).Add(a9).Add(a10).Add(a11));

    public void Launch<T1, T2, T3, T4, T5, T6, T7, T8, T9, T10,
        T11>(Action<T1, T2, T3, T4, T5, T6, T7, T8, T9, T10, T11> kernel, KernelConfig config, T1 a1, T2 a2, T3 a3, T4 a4, T5 a5, T6 a6,
        T7 a7, T8 a8, T9 a9, T10 a10, T11 a11)
        where T1 : struct
        where T2 : struct
        where T3 : struct
        where T4 : struct
        where T5 : struct where T6 : struct where T7 : struct where T8 : struct where T9 : struct where T10 : struct where T11 : struct =>
        Run(Begin(kernel, config).Add(a1).Add(a2).Add(a3).Add(a4).Add(a5).Add(a6).Add(a7).Add(a8).Add(a9).Add(a10).Add(a11));

    public void Launch<T1, T2, T3, T4, T5, T6, T7, T8, T9, T10, T11,
        T12>(Action<Index1D, T1, T2, T3, T4, T5, T6, T7, T8, T9, T10, T11, T12> kernel, Index1D extent, T1 a1, T2 a2, T3 a3, T4 a4, T5 a5,
        T6 a6, T7 a7, T8 a8, T9 a9, T10 a10, T11 a11, T12 a12)
        where T1 : struct
        where T2 : struct
        where T3 : struct
        where T4 : struct
        where T5 : struct
        where T6 : struct where T7 : struct where T8 : struct where T9 : struct where T10 : struct where T11 : struct where T12 : struct =>
        Run(Begin(kernel, extent).Add(a1).Add(a2).Add(a3).Add(a4).Add(a5).Add(a6).Add(a7).Add(a8).Add(a9).Add(a10).Add(a11).Add(a12));

    public void Launch<T1, T2, T3, T4, T5, T6, T7, T8, T9, T10, T11,
        T12>(Action<T1, T2, T3, T4, T5, T6, T7, T8, T9, T10, T11, T12> kernel, KernelConfig config, T1 a1, T2 a2, T3 a3, T4 a4, T5 a5,
        T6 a6, T7 a7, T8 a8, T9 a9, T10 a10, T11 a11, T12 a12)
        where T1 : struct
        where T2 : struct
        where T3 : struct
        where T4 : struct
        where T5 : struct
        where T6 : struct where T7 : struct where T8 : struct where T9 : struct where T10 : struct where T11 : struct where T12 : struct =>
        Run(Begin(kernel, config).Add(a1).Add(a2).Add(a3).Add(a4).Add(a5).Add(a6).Add(a7).Add(a8).Add(a9).Add(a10).Add(a11).Add(a12));
}
