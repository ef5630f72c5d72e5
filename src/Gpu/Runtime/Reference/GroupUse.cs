using System.Reflection;
using System.Reflection.Metadata;
using Dalle2.Gpu.Dialect;
using Dalle2.Gpu.Frontend;

namespace Dalle2.Gpu.Runtime.Reference;

/// <summary>Finds whether a kernel can reach a barrier, a shuffle or shared memory, by walking the calls in its intermediate language.</summary>
static class GroupUse
{
    public static bool Of(MethodInfo kernel) => Reaches(kernel, [], IsGroupMember);

    /// <summary>Whether it can reach local memory, which each thread begins anew.</summary>
    public static bool OfLocalMemory(MethodInfo kernel) => Reaches(kernel, [], method => method.DeclaringType == typeof(LocalMemory));

    static bool IsGroupMember(MethodBase method) =>
        method.DeclaringType == typeof(KernelThread)
        && method.Name is nameof(KernelThread.Barrier) or nameof(KernelThread.WarpBarrier) or nameof(KernelThread.Shuffle) or nameof(KernelThread.AllocateShared);

    static bool Reaches(MethodBase method, HashSet<MethodBase> seen, Predicate<MethodBase> found)
    {
        if (found(method))
            return true;
        if (!seen.Add(method) || method.DeclaringType?.Namespace is { } space && (space == "System" || space.StartsWith("System.")))
            return false;
        return method.GetMethodBody()?.GetILAsByteArray() is { } il && Calls(method, il).Any(callee => Reaches(callee, seen, found));
    }

    static IEnumerable<MethodBase> Calls(MethodBase method, byte[] il)
    {
        Type[]? typeArguments = method.DeclaringType is { IsGenericType: true } type ? type.GetGenericArguments() : null;
        Type[]? methodArguments = method.IsGenericMethod ? method.GetGenericArguments() : null;
        foreach (IlInstruction instruction in IlReader.Read(il))
        {
            if (instruction.Code is ILOpCode.Call or ILOpCode.Callvirt or ILOpCode.Newobj
                && method.Module.ResolveMethod((int)instruction.Number, typeArguments, methodArguments) is { } callee)
                yield return callee;
        }
    }
}
