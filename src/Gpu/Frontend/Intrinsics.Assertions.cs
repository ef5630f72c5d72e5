using System.Diagnostics;
using System.Reflection;
using Dalle2.Gpu.Ir;

namespace Dalle2.Gpu.Frontend;

/// <content>What tells the host something: assertions, which checked mode has, and printing, which compiled code leaves out.</content>
static partial class Intrinsics
{
    /// <summary>Whether a text may be an argument of a call.</summary>
    public static bool TakesText(MethodBase target) =>
        target.DeclaringType == typeof(Trace) || target.DeclaringType == typeof(Debug)
        || (target.DeclaringType == typeof(Interop) && target.Name is nameof(Interop.Write) or nameof(Interop.WriteLine)
        or nameof(Interop.OffsetOf));

    static void AddAssertions()
    {
        foreach (Type type in new[] { typeof(Trace), typeof(Debug) })
        {
            Add(type, nameof(Trace.Assert), [typeof(bool)], Assert);
            Add(type, nameof(Trace.Assert), [typeof(bool), typeof(string)], Assert);
        }

        foreach (MethodInfo method in typeof(Interop).GetMethods()
            .Where(method => method.Name is nameof(Interop.Write) or nameof(Interop.WriteLine)))
        {
            Add(method, (t, m, _) =>
            {
                t.Builder.Function.LeftOut.Add($"Interop.{m.Name}");
                return null;
            });
        }
    }

    static Data? Assert(MethodTranslator translator, MethodBase method, Item[] arguments)
    {
        SsaBuilder builder = translator.Builder;
        if (!translator.IsWithinLibrary)
            builder.Function.LeftOut.Add($"{method.DeclaringType!.Name}.{method.Name}");
        string message = arguments.Length > 1 && arguments[1] is Text text ? $": {text.Words.Replace("{", "{{").Replace("}", "}}")}" : "";
        builder.Function.Checks.Add(new Check(CheckKind.Assertion, $"an assertion does not hold{message}", builder.Position));
        Value zero = builder.Function.Constant(0L);
        builder.Emit(Op.Require, IrType.None, new CheckReference(builder.Function.Checks.Count - 1), Value(arguments[0]), zero, zero);
        return null;
    }
}
