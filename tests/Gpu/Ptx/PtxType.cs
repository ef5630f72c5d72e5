namespace Dalle2.Tests.Gpu.Ptx;

/// <summary>One of the fundamental types: a kind (u, s, f, b for bits, p for predicates) and a width in bits.</summary>
readonly record struct PtxType(char Kind, int Bits)
{
    public static readonly PtxType Predicate = new('p', 1);

    public int Bytes => Bits / 8;

    public bool IsFloat => Kind == 'f';

    public ulong Mask => Bits == 64 ? ulong.MaxValue : (1ul << Bits) - 1;

    public static PtxType? Parse(string name) => name switch
    {
        "pred" => Predicate,
        "f16" or "f32" or "f64" or "b8" or "b16" or "b32" or "b64" or "u8" or "u16" or "u32" or "u64" or "s8" or "s16" or "s32" or "s64"
            => new PtxType(name[0], int.Parse(name[1..])),
        _ => null,
    };

    /// <summary>Whether an instruction of this type takes a register of that type: the same width, and floats only where either side is bits.</summary>
    public bool Takes(PtxType register) =>
        Bits == register.Bits && (Kind == register.Kind || Kind == 'b' || register.Kind == 'b' || (!IsFloat && !register.IsFloat))
        && Kind == 'p' == (register.Kind == 'p');

    /// <summary>The same for loads, stores and conversions, which take wider registers of integers and bits.</summary>
    public bool TakesWider(PtxType register) =>
        Takes(register) || (register.Bits > Bits && !IsFloat && !register.IsFloat && Kind != 'p' && register.Kind != 'p');

    public override string ToString() => Kind == 'p' ? "pred" : $"{Kind}{Bits}";
}
