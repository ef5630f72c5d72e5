using System.Reflection;
using Dalle2.Data;
using Dalle2.Kernels;

namespace Dalle2.Cli;

/// <summary>Every kernel of the ops, found by its name's ending; a generic one is closed over each struct that it can take.</summary>
static class KernelCatalog
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
           let name = method.Name[..^KernelEnding.Length]
           + (closed.IsGenericMethod ? $"<{string.Join(',', closed.GetGenericArguments().Select(a => a.Name))}>" : "")
           orderby op, name
           select (op, name, closed),
    ];

    /// <summary>The kernels of an op, one kernel, or, by its name without type arguments, each form of a generic one.</summary>
    /// <exception cref="UserInputException">There is none of the name.</exception>
    public static (string Op, string Name, MethodInfo Method)[] Find(string wanted)
    {
        (string, string, MethodInfo)[] found = [.. All.Where(kernel => Names(kernel).Contains(wanted))];
        return found.Length > 0
            ? found
            : throw new UserInputException(
            $"there is no kernel '{wanted}'.{Known.Suggest(wanted, All.SelectMany(Names).Distinct())} 'dalle2 kernels list' shows all of "
            + "them.");
    }

    static string[] Names((string Op, string Name, MethodInfo Method) kernel) =>
        [kernel.Op, $"{kernel.Op}.{kernel.Name}", $"{kernel.Op}.{kernel.Name.Split('<')[0]}"];

    static IEnumerable<MethodInfo> Close(MethodInfo method)
    {
        if (!method.IsGenericMethodDefinition)
            return [method];
        IEnumerable<Type[]> closings = [[]];
        foreach (Type parameter in method.GetGenericArguments())
            closings = [.. closings.SelectMany(_ => Fitting(parameter), (before, type) => (Type[])[.. before, type])];
        return closings.Select(types => method.MakeGenericMethod(types));
    }

    // What a kernel is generic over are structs of its own file that have an interface.
    static IEnumerable<Type> Fitting(Type parameter)
    {
        Type[] interfaces = [.. parameter.GetGenericParameterConstraints().Where(constraint => constraint.IsInterface)];
        if (interfaces.Length == 0)
        {
            throw new InvalidOperationException($"the kernel {parameter.DeclaringMethod?.Name} takes any type for "
                + $"{parameter.Name}: give it an interface as constraint, so that it can be listed");
        }

        return parameter.Module.GetTypes()
            .Where(type => type.IsValueType && !type.IsGenericTypeDefinition && interfaces.All(one => one.IsAssignableFrom(type)))
            .OrderBy(type => type.Name, StringComparer.Ordinal);
    }
}
