namespace Dalle2.IlgpuKernels;

/// <summary>Compares what kernels wrote with what they should have written.</summary>
public static class ValueComparison
{
    /// <summary>The first place where two arrays of one type differ, in words; null where they agree.</summary>
    /// <param name="expected">What should be there.</param>
    /// <param name="actual">What is there.</param>
    /// <param name="tolerance">Relative to the larger of the expected magnitude and 1; 0 asks for the same bits. Other types than floating-point ones are always equal or not.</param>
    public static string? FirstDifference(Array expected, Array actual, double tolerance)
    {
        if (expected.Length != actual.Length)
            return $"{actual.Length} elements instead of {expected.Length}";
        for (int i = 0; i < expected.Length; i++)
        {
            object wanted = expected.GetValue(i)!, found = actual.GetValue(i)!;
            if (!Agree(wanted, found, tolerance))
                return $"element {i} is {found} instead of {wanted}";
        }
        return null;
    }

    static bool Agree(object expected, object actual, double tolerance) => (expected, actual) switch
    {
        (float a, float b) => BitConverter.SingleToInt32Bits(a) == BitConverter.SingleToInt32Bits(b) || Near(a, b, tolerance),
        (double a, double b) => BitConverter.DoubleToInt64Bits(a) == BitConverter.DoubleToInt64Bits(b) || Near(a, b, tolerance),
        (Half a, Half b) => Interop.FloatAsInt(a) == Interop.FloatAsInt(b) || Near(a, b, tolerance),
        _ => expected.Equals(actual),
    };

    static bool Near(double expected, double actual, double tolerance) =>
        tolerance > 0 && (double.IsFinite(expected) ? Math.Abs(expected - actual) <= tolerance * Math.Max(1, Math.Abs(expected))
            : double.IsNaN(expected) ? double.IsNaN(actual) : expected == actual);
}
