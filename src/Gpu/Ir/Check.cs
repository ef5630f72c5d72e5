using System.Globalization;

namespace Dalle2.Gpu.Ir;

/// <summary>What a check is about; decides how its value and limit read.</summary>
enum CheckKind
{
    /// <summary>An index: the value; the number of elements: the limit.</summary>
    Index,

    /// <summary>Where a sub-view begins, and the last place where it could.</summary>
    Range,

    /// <summary>A dividend and a divisor.</summary>
    Division,

    /// <summary>A number to be stored, as the bits of a double.</summary>
    Finite,

    /// <summary>What the kernel itself asserts.</summary>
    Assertion,
}

/// <summary>One check of a function in checked mode.</summary>
/// <param name="Kind">What it is about.</param>
/// <param name="Text">What to say when it fails, with {0} for the value and {1} for the limit.</param>
/// <param name="Position">Where the kernel asks for it.</param>
readonly record struct Check(CheckKind Kind, string Text, SourcePosition Position)
{
    /// <summary>The message for a failure with this value and limit.</summary>
    public string Describe(long value, long limit) =>
        string.Format(CultureInfo.InvariantCulture, Text, Kind == CheckKind.Finite ? BitConverter.Int64BitsToDouble(value) : value, limit);
}
