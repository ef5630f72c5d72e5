namespace Dalle2.Gpu.Frontend.Meanings;

/// <summary>
/// The members of <see cref="Atomic"/> that no device has an instruction for: loops that compare bits, so that NaN ends them and the two zeros are told apart. The first look at the
/// element is an exchange that changes nothing, since a plain read may race with others' writes.
/// </summary>
static class AtomicMeaning
{
    /// <summary>The element becomes the larger of the two; gives the value from before.</summary>
    public static float Max(ref float target, float value)
    {
        float old = Atomic.CompareExchange(ref target, value, value);
        while (true)
        {
            float found = Atomic.CompareExchange(ref target, old, IntrinsicMath.Max(old, value));
            if (Interop.FloatAsInt(found) == Interop.FloatAsInt(old))
                return found;
            old = found;
        }
    }

    /// <inheritdoc cref="Max(ref float, float)"/>
    public static double Max(ref double target, double value)
    {
        double old = Atomic.CompareExchange(ref target, value, value);
        while (true)
        {
            double found = Atomic.CompareExchange(ref target, old, IntrinsicMath.Max(old, value));
            if (Interop.FloatAsInt(found) == Interop.FloatAsInt(old))
                return found;
            old = found;
        }
    }

    /// <summary>The element becomes the smaller of the two; gives the value from before.</summary>
    public static float Min(ref float target, float value)
    {
        float old = Atomic.CompareExchange(ref target, value, value);
        while (true)
        {
            float found = Atomic.CompareExchange(ref target, old, IntrinsicMath.Min(old, value));
            if (Interop.FloatAsInt(found) == Interop.FloatAsInt(old))
                return found;
            old = found;
        }
    }

    /// <inheritdoc cref="Min(ref float, float)"/>
    public static double Min(ref double target, double value)
    {
        double old = Atomic.CompareExchange(ref target, value, value);
        while (true)
        {
            double found = Atomic.CompareExchange(ref target, old, IntrinsicMath.Min(old, value));
            if (Interop.FloatAsInt(found) == Interop.FloatAsInt(old))
                return found;
            old = found;
        }
    }
}
