using System.Reflection;

namespace Dalle2.Gpu.Frontend;

/// <summary>
/// Members that stand for others: static methods and properties with the names and parameters of the originals. For a member of an instance, the first parameter is the
/// reference to the instance.
/// </summary>
sealed class MemberMap
{
    const BindingFlags Static = BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly;

    readonly Dictionary<(Module Module, int Token), MethodInfo> map = [];

    /// <summary>Has every method of one type stand for the member of the same name and parameters of another.</summary>
    /// <exception cref="InvalidOperationException">There is no such member.</exception>
    public MemberMap Add(Type original, Type replacement)
    {
        foreach (MethodInfo method in replacement.GetMethods(Static).Where(method => method.IsPublic || method.IsAssembly))
        {
            MethodInfo found = Array.Find(original.GetMethods(Static | BindingFlags.Instance), candidate => candidate.Name == method.Name
                && Fits(candidate, method))
                ?? throw new InvalidOperationException($"{original.Name} has no {method}");
            map.Add((found.Module, found.MetadataToken), method);
        }

        return this;
    }

    /// <summary>
    /// Has each static method of a type stand for itself where it is an operation, and otherwise the first of the same name, parameters and result that is found in the
    /// replacements: families of functions that share their names are written once.
    /// </summary>
    public MemberMap AddFitting(Type original, params ReadOnlySpan<Type> replacements)
    {
        foreach (MethodInfo method in original.GetMethods(BindingFlags.Static | BindingFlags.Public)
            .Where(method => Intrinsics.Find(method) == null))
        {
            foreach (Type replacement in replacements)
            {
                if (Array.Find(replacement.GetMethods(Static), candidate => candidate.IsPublic && candidate.Name == method.Name
                    && Fits(method, candidate)) is { } found)
                {
                    map.TryAdd((method.Module, method.MetadataToken), found);
                    break;
                }
            }
        }

        return this;
    }

    /// <summary>What stands for a member, with its type arguments; null if nothing does.</summary>
    public MethodInfo? Find(MethodBase member)
    {
        if (!map.TryGetValue((member.Module, member.MetadataToken), out MethodInfo? method) || !method.IsGenericMethodDefinition)
            return method;
        Type[] ofType = member.DeclaringType!.GetGenericArguments(), ofMethod = member.IsGenericMethod ? member.GetGenericArguments() : [];
        return method.MakeGenericMethod([.. ofType, .. ofMethod]);
    }

    static bool Fits(MethodInfo original, MethodInfo replacement)
    {
        // Type parameters are compared by their names.
        string[] wanted = [.. original.GetParameters().Select(p => p.ParameterType.ToString())];
        string[] given = [.. replacement.GetParameters().Skip(original.IsStatic ? 0 : 1).Select(p => p.ParameterType.ToString())];
        return wanted.AsSpan().SequenceEqual(given) && original.ReturnType.ToString() == replacement.ReturnType.ToString();
    }
}
