using System.Reflection;

namespace Dalle2.Gpu.Frontend;

/// <summary>Which method of a struct a call through an interface means.</summary>
static class StructMembers
{
    /// <summary>The method of <paramref name="type"/> that a constrained call means; the method itself if it is no interface's, null if there is none.</summary>
    public static MethodInfo? Implementation(MethodInfo target, Type type)
    {
        Type? contract = target.DeclaringType;
        if (contract is not { IsInterface: true })
            return target;
        MethodInfo definition = target.IsGenericMethod ? target.GetGenericMethodDefinition() : target;
        InterfaceMapping map = type.GetInterfaceMap(contract);
        int found = Array.FindIndex(map.InterfaceMethods, m => m.MetadataToken == definition.MetadataToken
            && m.Module == definition.Module);
        MethodInfo? implementation = found < 0 ? null : map.TargetMethods[found];
        return implementation != null && target.IsGenericMethod
            ? implementation.MakeGenericMethod(target.GetGenericArguments()) : implementation;
    }
}
