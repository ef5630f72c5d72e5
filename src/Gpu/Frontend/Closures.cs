using System.Reflection;
using System.Runtime.CompilerServices;

namespace Dalle2.Gpu.Frontend;

/// <summary>Lambdas without captures: methods of an object that has no fields, which C# makes for them.</summary>
static class Closures
{
    /// <summary>Whether a type is such an object's.</summary>
    public static bool IsClosure(Type type) =>
        type.IsClass && type.IsDefined(typeof(CompilerGeneratedAttribute), false)
        && type.GetFields(BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic).Length == 0;

    /// <summary>Whether a method can be a kernel: a static one, or a lambda that captures nothing.</summary>
    public static bool IsFree(MethodBase method) => method.IsStatic || (method.DeclaringType is { } type && IsClosure(type));
}
