namespace Dalle2.Gpu.Ir;

/// <summary>The type of a value. Integers have no sign: operations do. Smaller integers exist in memory only (<see cref="MemoryType"/>).</summary>
enum IrType
{
    /// <summary>Of instructions without a result.</summary>
    None,
    Bool,
    I32,
    I64,
    F32,
    F64,

    /// <summary>An address in device memory.</summary>
    Global,

    /// <summary>An address in the memory that a group shares.</summary>
    Shared,

    /// <summary>An address in the memory of one thread.</summary>
    Local,
}

/// <summary>How a number lies in memory. Integers below 32 bits are loaded as 32-bit values, extended by their sign or by zeros.</summary>
enum MemoryType
{
    None,
    I8,
    U8,
    I16,
    U16,
    I32,
    I64,
    F32,
    F64,
}

static class IrTypes
{
    public static bool IsInteger(this IrType type) => type is IrType.I32 or IrType.I64;

    public static bool IsFloat(this IrType type) => type is IrType.F32 or IrType.F64;

    public static bool IsPointer(this IrType type) => type is IrType.Global or IrType.Shared or IrType.Local;

    /// <summary>The type of a value that was loaded.</summary>
    public static IrType Loaded(this MemoryType type) => type switch
    {
        MemoryType.I64 => IrType.I64,
        MemoryType.F32 => IrType.F32,
        MemoryType.F64 => IrType.F64,
        MemoryType.None => IrType.None,
        _ => IrType.I32,
    };

    public static int Bytes(this MemoryType type) => type switch
    {
        MemoryType.None => 0,
        MemoryType.I8 or MemoryType.U8 => 1,
        MemoryType.I16 or MemoryType.U16 => 2,
        MemoryType.I32 or MemoryType.F32 => 4,
        _ => 8,
    };

    public static string Name(this IrType type) => type.ToString().ToLowerInvariant();

    public static string Name(this MemoryType type) => type.ToString().ToLowerInvariant();
}
