using System.Globalization;
using Dalle2.Gpu.Ir;

namespace Dalle2.Gpu.Targets.Ptx;

/// <summary>The kinds of registers, and how types and constants are spelt.</summary>
static class PtxTypes
{
    /// <summary>A register's prefix and declared type. Addresses in shared memory have 32 bits.</summary>
    public static (string Prefix, string Declared) Register(IrType type) => type switch
    {
        IrType.Bool => ("%p", "pred"),
        IrType.I32 or IrType.Shared => ("%r", "b32"),
        IrType.F32 => ("%f", "f32"),
        IrType.F64 => ("%fd", "f64"),
        IrType.None => throw new InvalidOperationException("nothing has no register"),
        _ => ("%rd", "b64"),
    };

    /// <summary>The suffix of moves and selections, which look at bits only.</summary>
    public static string Bits(IrType type) => Register(type).Declared;

    /// <summary>The suffix of parameters.</summary>
    public static string Number(IrType type) => type switch
    {
        IrType.I32 => "u32",
        IrType.I64 or IrType.Global => "u64",
        _ => Bits(type),
    };

    /// <summary>The suffix of loads and stores.</summary>
    public static string Memory(MemoryType type) => type switch
    {
        MemoryType.I8 => "s8",
        MemoryType.U8 => "u8",
        MemoryType.I16 => "s16",
        MemoryType.U16 => "u16",
        MemoryType.I32 => "u32",
        MemoryType.I64 => "u64",
        MemoryType.F32 => "f32",
        _ => "f64",
    };

    /// <summary>The suffix of an address space.</summary>
    public static string Space(IrType pointer) => pointer switch
    {
        IrType.Shared => "shared",
        IrType.Local => "local",
        _ => "global",
    };

    /// <summary>A constant as an operand; bools have none.</summary>
    public static string Literal(Constant constant) => constant.Type switch
    {
        IrType.I32 => ((int)constant.Bits).ToString(CultureInfo.InvariantCulture),
        // The smallest one has no decimal spelling: the sign is not part of the number.
        IrType.I64 when (long)constant.Bits == long.MinValue => "0x8000000000000000",
        IrType.F32 => $"0f{(uint)constant.Bits:X8}",
        IrType.F64 => $"0d{constant.Bits:X16}",
        _ => ((long)constant.Bits).ToString(CultureInfo.InvariantCulture),
    };
}
