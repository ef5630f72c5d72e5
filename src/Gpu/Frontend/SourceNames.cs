using System.Reflection;
using System.Runtime.CompilerServices;

namespace Dalle2.Gpu.Frontend;

/// <summary>Names as the source has them, where the compiler of C# made others: of lambdas, local functions, captured variables, iterators.</summary>
static class SourceNames
{
    /// <summary>A method by its type and name: <c>Program.Main.Scale</c> of a local function, <c>a lambda in Program.Main</c>.</summary>
    public static string Of(MethodBase method)
    {
        string type = UserType(method.DeclaringType)?.Name ?? "", name = method.Name;
        if (Within(name) is not { } outer)
            return $"{type}.{name}";
        // <Main>g__Scale|25_0 is a local function, <Main>b__0_0 a lambda.
        string rest = name[(name.IndexOf('>') + 1)..];
        return rest.StartsWith("g__", StringComparison.Ordinal) && rest.IndexOf('|') is > 3 and var end
            ? $"{type}.{outer}.{rest[3..end]}"
            : rest.StartsWith("b__", StringComparison.Ordinal) ? $"a lambda in {type}.{outer}" : $"{type}.{name}";
    }

    /// <summary>A type by its name; what the compiler made is told by what it is for.</summary>
    public static string Of(Type type)
    {
        if (!IsMade(type))
            return type.Name;
        if (IsCapture(type))
            return $"the captured variables {string.Join(", ", Captured(type))}";
        if (type.Name.Contains("AnonymousType", StringComparison.Ordinal))
            return "an anonymous object";
        string method = $"{UserType(type)?.Name}.{Within(type.Name)}";
        return typeof(IAsyncStateMachine).IsAssignableFrom(type) ? $"the async method {method}"
            : typeof(System.Collections.IEnumerator).IsAssignableFrom(type) ? $"the iterator {method}" : type.Name;
    }

    /// <summary>Whether a type holds the variables that lambdas or local functions capture.</summary>
    public static bool IsCapture(Type type) => IsMade(type) && type.Name.StartsWith("<>c__DisplayClass", StringComparison.Ordinal);

    /// <summary>The variables of such a type, as the source names them.</summary>
    public static IEnumerable<string> Captured(Type type) => TypeLayout.FieldsOf(type).SelectMany(Captured);

    /// <summary>The variables that one of its fields is or holds.</summary>
    public static IEnumerable<string> Captured(FieldInfo field) =>
        IsCapture(field.FieldType) ? Captured(field.FieldType)
        : field.Name.EndsWith("__this", StringComparison.Ordinal) ? ["this"]
        : [Within(field.Name) is { Length: > 0 } name ? name : field.Name];

    static bool IsMade(Type type) => type.Name.StartsWith('<') && type.IsDefined(typeof(CompilerGeneratedAttribute), false);

    // The type that the source has around what was made.
    static Type? UserType(Type? type)
    {
        while (type is { Name: ['<', ..], DeclaringType: { } around })
            type = around;
        return type;
    }

    // What stands between the brackets of a made name.
    static string? Within(string name) => name.StartsWith('<') && name.IndexOf('>') is > 1 and var end ? name[1..end] : null;
}
