using System.Diagnostics;
using System.Reflection;
using System.Runtime.CompilerServices;
using Dalle2.Gpu.Frontend;

namespace Dalle2.Gpu.Runtime.Reference;

/// <summary>ILGPU's members that ask for the running thread, its group or a view's element, as the device <c>reference</c> answers them: every index is checked.</summary>
static class ThreadMembers
{
    static readonly MemberMap Map = new MemberMap()
        .Add(typeof(Grid), typeof(OfGrid))
        .Add(typeof(Group), typeof(OfGroup))
        .Add(typeof(Warp), typeof(OfWarp))
        .Add(typeof(SharedMemory), typeof(OfSharedMemory))
        .Add(typeof(LocalMemory), typeof(OfLocalMemory))
        .Add(typeof(ArrayView<>), typeof(OfView))
        .Add(typeof(Trace), typeof(OfTrace))
        .Add(typeof(Debug), typeof(OfTrace));

    /// <summary>What stands for a member; null if it is called as it is.</summary>
    public static MethodInfo? Find(MethodBase member) => Map.Find(member);

    /// <summary>Whether what <see cref="Find"/> gave needs the threads of a group side by side.</summary>
    public static bool IsOfGroup(MethodInfo member) =>
        member.DeclaringType == typeof(OfSharedMemory) || member.DeclaringType == typeof(OfWarp)
        || (member.DeclaringType == typeof(OfGroup) && member.Name == nameof(OfGroup.Barrier));

    /// <summary>Whether what <see cref="Find"/> gave has no meaning outside of a group.</summary>
    public static bool NeedsGroup(MethodInfo member) =>
        IsOfGroup(member) || member.DeclaringType == typeof(OfGrid) || member.DeclaringType == typeof(OfGroup);

    /// <summary>Whether what <see cref="Find"/> gave takes local memory.</summary>
    public static bool IsLocalMemory(MethodInfo member) => member.DeclaringType == typeof(OfLocalMemory);

    static class OfGrid
    {
        public static int IdxX => KernelThread.GridIndex.X;

        public static int IdxY => KernelThread.GridIndex.Y;

        public static int IdxZ => KernelThread.GridIndex.Z;

        public static int DimX => KernelThread.Config.GridDim.X;

        public static int DimY => KernelThread.Config.GridDim.Y;

        public static int DimZ => KernelThread.Config.GridDim.Z;
    }

    static class OfGroup
    {
        public static int IdxX => KernelThread.GroupIndex.X;

        public static int IdxY => KernelThread.GroupIndex.Y;

        public static int IdxZ => KernelThread.GroupIndex.Z;

        public static int DimX => KernelThread.Config.GroupDim.X;

        public static int DimY => KernelThread.Config.GroupDim.Y;

        public static int DimZ => KernelThread.Config.GroupDim.Z;

        public static void Barrier() => KernelThread.Barrier();
    }

    static class OfWarp
    {
        public static void Barrier() => KernelThread.WarpBarrier();

        public static T Shuffle<T>(T variable, int sourceLane)
            where T : unmanaged => KernelThread.Shuffle(variable, sourceLane);
    }

    static class OfSharedMemory
    {
        public static ArrayView<T> Allocate<T>(int extent)
            where T : unmanaged => KernelThread.AllocateShared<T>(extent);

        public static ArrayView<T> GetDynamic<T>()
            where T : unmanaged => KernelThread.DynamicShared<T>();
    }

    static class OfLocalMemory
    {
        public static ArrayView<T> Allocate<T>(int extent)
            where T : unmanaged => LocalScratch.Allocate<T>(extent);
    }

    static unsafe class OfView
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static ref T get_Item<T>(ref ArrayView<T> view, int index)
            where T : unmanaged => ref get_Item(ref view, (long)index);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static ref T get_Item<T>(ref ArrayView<T> view, Index1D index)
            where T : unmanaged => ref get_Item(ref view, (long)index.X);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static ref T get_Item<T>(ref ArrayView<T> view, LongIndex1D index)
            where T : unmanaged => ref get_Item(ref view, index.X);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static ref T get_Item<T>(ref ArrayView<T> view, long index)
            where T : unmanaged
        {
            if ((ulong)index >= (ulong)view.Length)
                throw new ViewAccessException($"index {index} lies outside a view of {view.Length} elements of {typeof(T).Name}");
            return ref ((T*)ViewAddress.Of(view))[index];
        }

        public static int get_IntLength<T>(ref ArrayView<T> view)
            where T : unmanaged => checked((int)view.Length);

        public static ArrayView<T> SubView<T>(ref ArrayView<T> view, long index)
            where T : unmanaged => SubView(ref view, index, view.Length - index);

        public static ArrayView<T> SubView<T>(ref ArrayView<T> view, long index, long subViewLength)
            where T : unmanaged
        {
            if (index < 0 || subViewLength < 0 || index > view.Length - subViewLength)
            {
                throw new ViewAccessException(
                    $"the sub-view [{index}, {index + subViewLength}) lies outside a view of {view.Length} elements");
            }

            return ViewAddress.View<T>(ViewAddress.Of(view) + (nint)index * sizeof(T), subViewLength);
        }
    }

    static class OfTrace
    {
        public static void Assert(bool condition)
        {
            if (!condition)
                throw new KernelAssertException("an assertion does not hold");
        }

        public static void Assert(bool condition, string? message)
        {
            if (!condition)
                throw new KernelAssertException($"an assertion does not hold: {message}");
        }
    }
}
