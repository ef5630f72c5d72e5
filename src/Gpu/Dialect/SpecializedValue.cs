namespace Dalle2.Gpu.Dialect;

/// <summary>
/// A kernel's parameter whose value is a constant inside: the kernel is compiled anew for each value that a launch gives. Pass tile sizes and
/// switches so, not what changes with every step.
/// </summary>
/// <typeparam name="T">The type of the value.</typeparam>
/// <param name="Value">The value.</param>
public readonly record struct SpecializedValue<T>(T Value)
    where T : unmanaged
{
    /// <summary>The value.</summary>
    public static implicit operator T(SpecializedValue<T> specialized) => specialized.Value;
}

/// <summary>Makes specialized values.</summary>
public static class SpecializedValue
{
    /// <summary>A value that is a constant inside of the kernel.</summary>
    public static SpecializedValue<T> New<T>(T value)
        where T : unmanaged => new(value);
}
