using System.Numerics;
using System.Reflection;
using Dalle2.Gpu.Frontend;
using Dalle2.Gpu.Frontend.Meanings;
using ILGPU.Algorithms;

namespace Dalle2.Tests.Gpu.Mathematics;

/// <summary>Which members kernels may call: all of the classes of mathematics but for those that are listed here.</summary>
public class CoverageTests
{
    static readonly object[] Types =
    [
        Of(typeof(Math), "Decimal", "IntPtr", "Int128"),
        Of(typeof(MathF)),
        Of(typeof(XMath)),
        Of(typeof(IntrinsicMath)),
        Of(typeof(IntrinsicMath.CPUOnly)),
        Of(typeof(IntrinsicMath.BitOperations)),
        Of(typeof(BitOperations), "Crc32C", "IntPtr"),
        Of(typeof(ILGPU.Half)),
    ];

    static TestCaseData Of(Type type, params string[] refused) => new TestCaseData(type, refused).SetArgDisplayNames(type.Name);

    [TestCaseSource(nameof(Types))]
    public void Every_member_is_taken(Type type, string[] refused)
    {
        Assert.That(type.GetMethods(BindingFlags.Public | BindingFlags.Static | BindingFlags.DeclaredOnly).Where(method => !IsTaken(method))
            .Select(method => method.ToString()).Where(name => !refused.Any(name!.Contains)), Is.Empty);
    }

    static bool IsTaken(MethodInfo method)
    {
        // What a kernel cannot have as a parameter is called from one elsewhere.
        if (Intrinsics.Find(method) != null || method.GetParameters().Any(parameter => parameter.ParameterType.IsByRef))
            return true;
        try
        {
            Dalle2.Gpu.Compiler.Translate(Meaning.Find(method) ?? method);
            return true;
        }
        catch (KernelDiagnosticException)
        {
            return false;
        }
    }
}
