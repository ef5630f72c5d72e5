using System.Reflection;
using Dalle2.Kernels;

namespace Dalle2.Cli;

/// <summary>Every kernel of the ops, found by its name's ending; a generic one is closed over each struct that it can take.</summary>
static class KernelCatalogue
{
    const string OpEnding = "Op";
    const string KernelEnding = "Kernel";

    public static IReadOnlyList<(string Op, string Name, MethodInfo Method)> All { get; } =
    [
        .. from type in typeof(GemmOp).Assembly.GetTypes()
           from method in type.GetMethods(BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly)
           where method.Name.EndsWith(KernelEnding, StringComparison.Ordinal)
           from closed in Close(method)
           let op = type.Name.EndsWith(OpEnding, StringComparison.Ordinal) ? type.Name[..^OpEnding.Length] : type.Name
           let name = method.Name[..^KernelEnding.Length] + string.Concat(closed.GetGenericArguments().Select(a => $"<{a.Name}>"))
           orderby op, name
           select (op, name, closed),
    ];

    static IEnumerable<MethodInfo> Close(MethodInfo method)
    {
        if (!method.IsGenericMethodDefinition)
            return [method];
        Type parameter = method.GetGenericArguments().Single();
        return method.Module.GetTypes()
            .Where(type => type.IsValueType && !type.IsGenericTypeDefinition && parameter.GetGenericParameterConstraints().All(c => c == typeof(ValueType) || c.IsAssignableFrom(type)))
            .Select(type => method.MakeGenericMethod(type));
    }
}
