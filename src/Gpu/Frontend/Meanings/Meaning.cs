using System.Numerics;
using System.Reflection;
using Dalle2.Gpu.Extensions;
using ILGPU.Algorithms;

namespace Dalle2.Gpu.Frontend.Meanings;

/// <summary>
/// What members of ILGPU and of .NET mean whose own bodies serve a processor alone, or differ from one of ILGPU's accelerators to the next: C# in terms of the members that
/// are operations. The front end inlines it, and the device <c>reference</c> runs it.
/// </summary>
static class Meaning
{
    // In which order the functions are looked for that .NET and ILGPU have by the same names. The last one has what is left for small integers, in terms of the first.
    static readonly Type[] Mathematics = [typeof(IntrinsicMathMeaning), typeof(MathMeaning), typeof(StrictMath), typeof(IntrinsicMath)];

    static readonly Type[] OfFloats = [typeof(FloatMeaning), .. Mathematics];

    static readonly Type[] OfIntegers = [typeof(IntegerMeaning), typeof(BitOperationsMeaning), .. Mathematics];

    static readonly MemberMap Map = new MemberMap()
        .Add(typeof(Group), typeof(GroupMeaning))
        .Add(typeof(ILGPU.Algorithms.GroupExtensions), typeof(GroupExtensionsMeaning))
        .Add(typeof(Warp), typeof(WarpMeaning))
        .Add(typeof(IntrinsicMath), typeof(IntrinsicMathMeaning))
        .Add(typeof(Atomic), typeof(AtomicMeaning))
        .Add(typeof(ILGPU.Half), typeof(HalfMeaning))
        .AddFitting(typeof(Math), Mathematics)
        .AddFitting(typeof(MathF), Mathematics)
        .AddFitting(typeof(XMath), Mathematics)
        .AddFitting(typeof(IntrinsicMath.CPUOnly), Mathematics)
        .AddFitting(typeof(IntrinsicMath.BitOperations), typeof(IntrinsicMathMeaning))
        .AddFitting(typeof(BitOperations), typeof(IntrinsicMathMeaning), typeof(BitOperationsMeaning))
        .AddFitting(typeof(float), OfFloats)
        .AddFitting(typeof(double), OfFloats)
        .AddFitting(typeof(sbyte), Mathematics)
        .AddFitting(typeof(byte), Mathematics)
        .AddFitting(typeof(short), Mathematics)
        .AddFitting(typeof(ushort), Mathematics)
        .AddFitting(typeof(int), OfIntegers)
        .AddFitting(typeof(uint), OfIntegers)
        .AddFitting(typeof(long), OfIntegers)
        .AddFitting(typeof(ulong), OfIntegers);

    /// <summary>The method to take instead of a member; null if it is its own meaning.</summary>
    public static MethodInfo? Find(MethodBase member) => Map.Find(member);
}
