using System.Reflection;
using System.Reflection.Metadata;

namespace Dalle2.Gpu.Frontend;

/// <summary>Whether a method can be a kernel, by what it takes, gives and captures.</summary>
static class KernelShape
{
    /// <exception cref="ArgumentException">It cannot; the message says what stands in the way and what to write.</exception>
    public static void Require(MethodInfo method)
    {
        string name = SourceNames.Of(method);
        if (!Closures.IsFree(method))
            throw new ArgumentException($"{name} is not a kernel: {Capture(method)}");
        if (method.ReturnType != typeof(void))
        {
            throw new ArgumentException($"{name} is not a kernel: it returns a value of type {method.ReturnType.Name}, and a kernel "
                + "returns nothing; write results to a view (of a lambda, put its body in braces)");
        }

        foreach (ParameterInfo parameter in method.GetParameters())
        {
            if (!parameter.ParameterType.IsValueType)
            {
                throw new ArgumentException($"{name} is not a kernel: its parameter '{parameter.Name}' is a "
                    + $"{SourceNames.Of(parameter.ParameterType)}; pass views and unmanaged structs by value");
            }
        }
    }

    static string Capture(MethodInfo method)
    {
        Type type = method.DeclaringType!;
        if (SourceNames.IsCapture(type))
        {
            return $"it captures {string.Join(", ", Used(method, type).Distinct())}; pass what it needs as arguments, and write 'static' "
                + "before it, so that the compiler of C# finds captures";
        }

        return method.Name.StartsWith('<')
            ? $"it captures 'this', an object of {type.Name}; pass what it needs as arguments, and write 'static' before it"
            : $"it is a method of an object of {type.Name}; write 'static' before it, and pass what it needs as arguments";
    }

    // Lambdas of a method share what holds their variables: those are told that this one uses.
    static IEnumerable<string> Used(MethodInfo method, Type type)
    {
        MethodCode code = MethodCode.Of(method)!;
        string[] used = [.. IlReader.Read(method.GetMethodBody()!.GetILAsByteArray()!)
            .Where(instruction => instruction.Code is ILOpCode.Ldfld or ILOpCode.Ldflda or ILOpCode.Stfld)
            .Select(instruction => (FieldInfo)code.Resolve((int)instruction.Number))
            .Where(field => SourceNames.IsCapture(field.DeclaringType!) && !SourceNames.IsCapture(field.FieldType))
            .SelectMany(SourceNames.Captured)];
        return (used.Length > 0 ? used : SourceNames.Captured(type)).Select(name => $"'{name}'");
    }
}
