using Dalle2.Gpu.Ir;

namespace Dalle2.Gpu.Targets.OpenCl;

/// <summary>
/// The names of types in OpenCL C. Integers are unsigned there, since a signed sum that overflows is undefined in C and wraps in a kernel;
/// operations that mind the sign look at them as signed. A bool is an int of 0 or 1, a vector of bools one of 0 or -1, as comparisons give them.
/// </summary>
static class ClType
{
    /// <summary>A value of W lanes; of one lane a scalar.</summary>
    public static string Of(IrType type, int lanes) => type.IsPointer() && lanes == 1
        ? $"{Space(type)} uchar*"
        : Scalar(type) + (lanes == 1 ? "" : lanes);

    /// <summary>The same bits with a sign, or for a float the integers of its size.</summary>
    public static string Signed(IrType type, int lanes) => (Wide(type) ? "long" : "int") + (lanes == 1 ? "" : lanes);

    public static string Unsigned(IrType type, int lanes) => (Wide(type) ? "ulong" : "uint") + (lanes == 1 ? "" : lanes);

    /// <summary>True for what has 64 bits in a lane.</summary>
    public static bool Wide(IrType type) => type is IrType.I64 or IrType.F64 || type.IsPointer();

    public static string Space(IrType pointer) => pointer switch
    {
        IrType.Global => "__global",
        IrType.Shared => "__local",
        _ => "__private",
    };

    /// <summary>An element in memory.</summary>
    public static string Of(MemoryType type) => type switch
    {
        MemoryType.I8 => "char",
        MemoryType.U8 => "uchar",
        MemoryType.I16 => "short",
        MemoryType.U16 => "ushort",
        MemoryType.I32 => "uint",
        MemoryType.I64 => "ulong",
        MemoryType.F32 => "float",
        _ => "double",
    };

    /// <summary>An element that is written: small integers without a sign, so that cutting off their upper bits is no matter of the compiler.</summary>
    public static string Stored(MemoryType type) => type switch
    {
        MemoryType.I8 => "uchar",
        MemoryType.I16 => "ushort",
        _ => Of(type),
    };

    static string Scalar(IrType type) => type switch
    {
        IrType.Bool => "int",
        IrType.I32 => "uint",
        IrType.F32 => "float",
        IrType.F64 => "double",
        _ => "ulong",
    };
}
