using System.Reflection;

namespace Dalle2.Gpu.Frontend.Meanings;

/// <summary>
/// What ILGPU's members mean whose own bodies serve its CPU accelerator alone, or differ from one of its accelerators to the next: C# in terms of the members that
/// are operations. The front end inlines it, and the device <c>reference</c> runs it.
/// </summary>
static class Meaning
{
    static readonly MemberMap Map = new MemberMap()
        .Add(typeof(Group), typeof(GroupMeaning))
        .Add(typeof(Warp), typeof(WarpMeaning))
        .Add(typeof(IntrinsicMath), typeof(IntrinsicMathMeaning))
        .Add(typeof(Atomic), typeof(AtomicMeaning));

    /// <summary>The method to take instead of a member; null if it is its own meaning.</summary>
    public static MethodInfo? Find(MethodBase member) => Map.Find(member);
}
