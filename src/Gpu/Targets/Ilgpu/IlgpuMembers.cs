using System.Reflection;
using Dalle2.Gpu.Extensions;
using Dalle2.Gpu.Frontend.Meanings;
using ILGPU.Algorithms;
using ILGPU.Frontend;
using ILGPU.Frontend.Intrinsic;
using ILGPU.IR;
using ILGPU.IR.Intrinsics;
using ILGPU.IR.Values;

namespace Dalle2.Gpu.Targets.Ilgpu;

/// <summary>
/// What ILGPU's compilers are told of members that they do not know, or that mean another thing on each of their devices. Through ILGPU's own extension points; on its
/// CPU accelerator nothing is compiled, and the bodies themselves run.
/// </summary>
static class IlgpuMembers
{
    static readonly Lock Gate = new();
    static bool registered;

    /// <summary>Tells it all to a context that is being made.</summary>
    public static void Register(IntrinsicImplementationManager manager)
    {
        // The process has one table of these, and ILGPU does not guard it.
        lock (Gate)
        {
            if (!registered)
                RemapMembers();
            registered = true;
        }

        foreach (var (kind, name) in new[] { (ShuffleKind.Generic, "Shuffle"), (ShuffleKind.Down, "Down"), (ShuffleKind.Up, "Up"),
            (ShuffleKind.Xor, "Xor") })
        {
            manager.RegisterWarpShuffle(kind, new OpenClRedirect(typeof(WarpExchange).GetMethod(name)!));
        }
    }

    /// <summary>Has ILGPU's compilers see one method in place of another.</summary>
    public static void Replace(MethodInfo original, MethodInfo replacement)
    {
        lock (Gate)
            RemappedIntrinsics.AddRemapping(original, (ref InvocationContext c) => c.Method = replacement);
    }

    static void RemapMembers()
    {
        // One instruction, where ILGPU's own would be two roundings.
        RemappedIntrinsics.AddRemapping(((Func<float, float, float, float>)Fused.MultiplyAdd).Method, MultiplyAdd);
        foreach (string name in new[] { "Exp", "Log", "Tanh", "Sin", "Cos", "Rsqrt" })
            RemappedIntrinsics.AddRemapping(typeof(XMath), typeof(StrictMath), name, typeof(float));
        // A warp has 32 threads, whatever OpenCL's sub-groups have.
        foreach (string name in new[] { "get_WarpSize", "get_LaneIdx", "get_WarpIdx" })
            Redirect(typeof(Warp), typeof(WarpMeaning), name);
        foreach (MethodInfo method in typeof(CudaMatrix).GetMethods(BindingFlags.Static | BindingFlags.Public | BindingFlags.DeclaredOnly)
            .Where(method => method.Name is not (nameof(CudaMatrix.SharedAddress) or nameof(CudaMatrix.GlobalAddress))))
        {
            Type original = typeof(Matrix).GetMethod(method.Name) != null ? typeof(Matrix) : typeof(SharedCopy);
            Redirect(original, typeof(CudaMatrix), method.Name, [.. method.GetParameters().Select(p => p.ParameterType)]);
        }

        RemappedIntrinsics.AddRemapping(typeof(CudaMatrix).GetMethod(nameof(CudaMatrix.SharedAddress))!,
            (ref InvocationContext c) => TakeAddress(ref c, MemoryAddressSpace.Shared));
        RemappedIntrinsics.AddRemapping(typeof(CudaMatrix).GetMethod(nameof(CudaMatrix.GlobalAddress))!,
            (ref InvocationContext c) => TakeAddress(ref c, MemoryAddressSpace.Global));
    }

    // The replacement itself may call what it replaces.
    static void Redirect(Type original, Type replacement, string name, params Type[] parameters)
    {
        MethodInfo target = replacement.GetMethod(name, parameters)!;
        RemappedIntrinsics.AddRemapping(original.GetMethod(name, parameters)!, (ref InvocationContext c) =>
        {
            if (c.CallerMethod.DeclaringType != replacement)
                c.Method = target;
        });
    }

    static void MultiplyAdd(ref InvocationContext c) =>
        Replace(ref c, c.Builder.CreateArithmetic(c.Location, c[0], c[1], c[2], TernaryArithmeticKind.MultiplyAdd), nameof(Same),
        typeof(float));

    static void TakeAddress(ref InvocationContext c, MemoryAddressSpace space)
    {
        ValueReference pointer = c.Builder.CreateAddressSpaceCast(c.Location, c[0], space);
        Replace(ref c, c.Builder.CreatePointerAsIntCast(c.Location, pointer, BasicValueType.Int64), nameof(Same), typeof(long));
    }

    // A call becomes one of a method that gives its argument, which is the value.
    static void Replace(ref InvocationContext c, ValueReference value, string identity, Type type)
    {
        c.Arguments.Clear();
        c.Arguments.Add(value);
        c.Method = typeof(IlgpuMembers).GetMethod(identity, [type])!;
    }

    /// <summary>The argument.</summary>
    public static float Same(float value) => value;

    /// <summary>The argument.</summary>
    public static long Same(long value) => value;
}
