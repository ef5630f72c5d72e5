namespace Dalle2.Gpu.Frontend.Meanings;

/// <summary>
/// The members of <see cref="Atomic"/> that no device has an instruction for: loops that compare bits, so that NaN ends them and the two zeros are told apart.
/// </summary>
static class AtomicMeaning
{
    /// <summary>The element becomes the larger of the two; gives the value from before.</summary>
    public static float Max(ref float target, float value)
    {
        float old = target;
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
        double old = target;
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
        float old = target;
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
        double old = target;
        while (true)
        {
            double found = Atomic.CompareExchange(ref target, old, IntrinsicMath.Min(old, value));
            if (Interop.FloatAsInt(found) == Interop.FloatAsInt(old))
                return found;
            old = found;
        }
    }
}
