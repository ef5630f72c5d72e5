using System.Collections.Concurrent;
using System.Reflection;
using System.Reflection.Emit;
using System.Runtime.CompilerServices;
using Dalle2.Gpu.Frontend;
using Dalle2.Gpu.Ir;
using Dalle2.Gpu.Passes;
using Label = System.Reflection.Emit.Label;

namespace Dalle2.Gpu.Runtime.Reference;

/// <summary>Runs a contiguous range of a launch's threads: linear thread indices of an implicit kernel, or of one group of an explicit one.</summary>
delegate void ThreadLoop(object[] arguments, Index3D extent, int start, int end);

/// <summary>
/// A kernel, and for the device <c>reference</c> its instructions (<see cref="RetargetedKernel"/>), for ILGPU's CPU accelerator the method itself, wrapped once into a loop over threads. The loop is emitted so that the
/// arguments are unboxed once a range and the call is direct.
/// </summary>
sealed class CompiledKernel
{
    static readonly ConcurrentDictionary<MethodInfo, CompiledKernel> Lasting = new();

    // By a type that goes with the method: .NET may make another object for the method at any time, but not for the type.
    static readonly ConditionalWeakTable<object, ConcurrentDictionary<MethodInfo, CompiledKernel>> Unloadable = [];

    readonly Lazy<RetargetedKernel> retargeted;
    readonly Lazy<ThreadLoop> loop;
    readonly Lazy<ThreadLoop> checkedLoop;
    readonly Lazy<ThreadLoop> direct;

    CompiledKernel(MethodInfo method)
    {
        Name = SourceNames.Of(method);
        KernelShape.Require(method);
        ParameterInfo[] parameters = method.GetParameters();
        Method = method;
        Unspecialized = new SpecializedKernel(method);
        retargeted = new(() => new RetargetedKernel(method, isChecked: false));
        loop = new(() => Emit(method, parameters, retargeted.Value));
        checkedLoop = new(() => Emit(method, parameters, new RetargetedKernel(method, isChecked: true)));
        direct = new(() => Emit(method, parameters, null));
    }

    public string Name { get; }

    public MethodInfo Method { get; }

    /// <summary>The kernel of a launch that makes nothing a constant.</summary>
    public SpecializedKernel Unspecialized { get; }

    public ThreadLoop Loop => loop.Value;

    /// <summary>The same in checked mode.</summary>
    public ThreadLoop CheckedLoop => checkedLoop.Value;

    /// <summary>The same around the kernel's method itself, which asks ILGPU for its place.</summary>
    public ThreadLoop Direct => direct.Value;

    /// <summary>True if the kernel can reach a barrier, a shuffle or shared memory, so that the threads of a group must wait for each other.</summary>
    public bool UsesGroupMemory => retargeted.Value.UsesGroupMemory;

    public static CompiledKernel Of(Delegate kernel) => Of(kernel.Method);

    /// <summary>The kernel of a method, kept as long as the method is.</summary>
    public static CompiledKernel Of(MethodInfo kernel) =>
        (kernel.IsCollectible ? Unloadable.GetOrCreateValue(Owner(kernel)) : Lasting).GetOrAdd(kernel,
        static method => new CompiledKernel(method));

    /// <summary>A kernel that nobody will ask for again.</summary>
    public static CompiledKernel Unremembered(MethodInfo kernel) => new(kernel);

    static object Owner(MethodInfo kernel)
    {
        Type[] types = [.. kernel.DeclaringType is { } type ? (Type[])[type] : [],
            .. kernel.IsGenericMethod ? kernel.GetGenericArguments() : []];
        return Array.Find(types, one => one.IsCollectible) ?? (object)kernel;
    }

    static ThreadLoop Emit(MethodInfo method, ParameterInfo[] parameters, RetargetedKernel? retargeted)
    {
        var loop = new DynamicMethod(
            method.Name + "Loop", typeof(void), [typeof(object[]), typeof(Index3D), typeof(int), typeof(int)],
            typeof(CompiledKernel).Module, skipVisibility: true);
        ILGenerator il = loop.GetILGenerator();
        Type? index = parameters.Length > 0 && IsIndex(parameters[0].ParameterType) ? parameters[0].ParameterType : null;
        int first = index == null ? 0 : 1;
        if (index != null && retargeted is { AsksForGroup: true })
            RequireGroup(method);

        var locals = new LocalBuilder[parameters.Length];
        for (int p = first; p < parameters.Length; p++)
        {
            locals[p] = il.DeclareLocal(parameters[p].ParameterType);
            il.Emit(OpCodes.Ldarg_0);
            il.Emit(OpCodes.Ldc_I4, p - first);
            il.Emit(OpCodes.Ldelem_Ref);
            il.Emit(OpCodes.Unbox_Any, parameters[p].ParameterType);
            il.Emit(OpCodes.Stloc, locals[p]);
        }

        LocalBuilder thread = il.DeclareLocal(typeof(int));
        Label test = il.DefineLabel(), body = il.DefineLabel();
        il.Emit(OpCodes.Ldarg_2);
        il.Emit(OpCodes.Stloc, thread);
        il.Emit(OpCodes.Br, test);
        il.MarkLabel(body);
        if (retargeted is { UsesLocalMemory: true })
            il.Emit(OpCodes.Call, ((Action)LocalScratch.Begin).Method);
        if (index == null && retargeted != null)
        {
            il.Emit(OpCodes.Ldloc, thread);
            il.Emit(OpCodes.Call, ((Action<int>)KernelThread.EnterThread).Method);
        }

        // A lambda's object, which it does not use.
        if (!method.IsStatic)
            il.Emit(OpCodes.Ldnull);
        if (index != null)
            il.Emit(OpCodes.Ldloc, thread);
        if (index == typeof(Index1D))
        {
            il.Emit(OpCodes.Newobj, typeof(Index1D).GetConstructor([typeof(int)])!);
        }
        else if (index != null)
        {
            il.Emit(OpCodes.Ldarg_1);
            il.Emit(OpCodes.Call, index == typeof(Index2D)
                ? ((Func<int, Index3D, Index2D>)Unflatten2D).Method : ((Func<int, Index3D, Index3D>)Unflatten3D).Method);
        }

        for (int p = first; p < parameters.Length; p++)
            il.Emit(OpCodes.Ldloc, locals[p]);
        if (retargeted == null)
        {
            // So that it stays a call, which a failure's place tells of.
            il.Emit(OpCodes.Ldftn, method);
            il.EmitCalli(OpCodes.Calli, method.IsStatic ? CallingConventions.Standard : CallingConventions.HasThis, typeof(void),
                [.. parameters.Select(parameter => parameter.ParameterType)], null);
        }
        else
        {
            il.Emit(OpCodes.Call, retargeted.Method);
        }

        il.Emit(OpCodes.Ldloc, thread);
        il.Emit(OpCodes.Ldc_I4_1);
        il.Emit(OpCodes.Add);
        il.Emit(OpCodes.Stloc, thread);
        il.MarkLabel(test);
        il.Emit(OpCodes.Ldloc, thread);
        il.Emit(OpCodes.Ldarg_3);
        il.Emit(OpCodes.Blt, body);
        il.Emit(OpCodes.Ret);
        return loop.CreateDelegate<ThreadLoop>();
    }

    // As compiled devices see it: what constants decide against is no question.
    static void RequireGroup(MethodInfo method)
    {
        Function function = KernelFrontend.Translate(method);
        Pipeline.Run(function);
        KernelFrontend.RequireGroup(function);
    }

    static bool IsIndex(Type type) => type == typeof(Index1D) || type == typeof(Index2D) || type == typeof(Index3D);

    static Index2D Unflatten2D(int linear, Index3D extent) => new(linear % extent.X, linear / extent.X);

    static Index3D Unflatten3D(int linear, Index3D extent)
    {
        int row = linear / extent.X;
        return new Index3D(linear % extent.X, row % extent.Y, row / extent.Y);
    }
}
