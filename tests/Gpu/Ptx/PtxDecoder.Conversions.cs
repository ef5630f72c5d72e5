namespace Dalle2.Tests.Gpu.Ptx;

/// <content>cvt: between floats and integers, within either.</content>
sealed partial class PtxDecoder
{
    PtxStep Conversion(PtxLine line, PtxType target, PtxType source, string rounding)
    {
        Count(line, 2);
        if (target.Kind is 'b' or 'p' || source.Kind is 'b' or 'p')
            throw new PtxFault("cvt is between numbers");
        int d = Target(line.Operands[0], target, wider: true), a = RegisterSource(line.Operands[1], source, wider: true);
        PtxType register = text.Registers[line.Operands[0]];
        Func<ulong, ulong> convert = (source.IsFloat, target.IsFloat) switch
        {
            (false, false) when rounding == "" => value => Extend(value, source),
            (false, true) when rounding == "rn" => value => FromInteger(value, source, target),
            (true, false) when rounding is "rni" or "rzi" or "rmi" or "rpi" => value => ToInteger(value, source, target, rounding),
            (true, true) => BetweenFloats(source, target, rounding),
            _ => throw new PtxFault("the rounding does not fit"),
        };
        // A wider register takes an integer extended by its sign, if it has one.
        ulong narrow = target.Mask, mask = register.Mask;
        return t => t.Put(d, Extend(convert(t.Get(a)) & narrow, target) & mask);
    }

    static ulong Extend(ulong value, PtxType type) => type.Kind == 's' ? (ulong)Signed(value, type.Bits) : value & type.Mask;

    static ulong FromInteger(ulong value, PtxType source, PtxType target)
    {
        ulong wide = Extend(value, source);
        if (source.Kind == 's')
        {
            return target.Bits == 32 ? Bits((float)(long)wide) : target.Bits == 64
                ? Bits((double)(long)wide) : BitConverter.HalfToUInt16Bits((Half)(double)(long)wide);
        }
        // Halved with the lost bit kept, a number of 64 bits rounds the same way and has a sign to spare.
        bool large = wide > long.MaxValue;
        long half = large ? (long)(wide >> 1 | wide & 1) : (long)wide;
        return target.Bits == 32 ? Bits((float)half * (large ? 2f : 1f)) : target.Bits == 64
            ? Bits((double)half * (large ? 2.0 : 1.0)) : BitConverter.HalfToUInt16Bits((Half)((double)half * (large ? 2.0 : 1.0)));
    }

    // What does not fit becomes the nearest that does. NaN becomes 0 if neither side has 64 bits, else the bit of the sign alone.
    static ulong ToInteger(ulong value, PtxType source, PtxType target, string rounding)
    {
        double number = source.Bits switch
        {
            32 => Single(value),
            64 => Double(value),
            _ => (double)BitConverter.UInt16BitsToHalf((ushort)value),
        };
        if (double.IsNaN(number))
            return source.Bits < 64 && target.Bits < 64 ? 0 : 1ul << (target.Bits - 1);
        double whole = Round(number, rounding);
        double limit = Math.Pow(2, target.Kind == 's' ? target.Bits - 1 : target.Bits);
        if (target.Kind == 's')
            return whole >= limit ? (ulong)((1L << (target.Bits - 1)) - 1) : whole < -limit ? 1ul << (target.Bits - 1) : (ulong)(long)whole;
        return whole >= limit ? target.Mask : whole <= 0 ? 0 : whole < 9.2233720368547758e18
            ? (ulong)(long)whole : (ulong)(long)(whole - 9.2233720368547758e18) | 1ul << 63;
    }

    static double Round(double number, string rounding) => rounding switch
    {
        "rni" => Math.Round(number, MidpointRounding.ToEven),
        "rzi" => Math.Truncate(number),
        "rmi" => Math.Floor(number),
        _ => Math.Ceiling(number),
    };

    static Func<ulong, ulong> BetweenFloats(PtxType source, PtxType target, string rounding) => (source.Bits, target.Bits, rounding) switch
    {
        (32, 32, "rni" or "rzi" or "rmi" or "rpi") => value => Bits((float)Round(Single(value), rounding)),
        (64, 64, "rni" or "rzi" or "rmi" or "rpi") => value => Bits(Round(Double(value), rounding)),
        (32, 64, "") => value => Bits((double)Single(value)),
        (64, 32, "rn") => value => Bits((float)Double(value)),
        (16, 32, "") => value => Bits((float)BitConverter.UInt16BitsToHalf((ushort)value)),
        (16, 64, "") => value => Bits((double)BitConverter.UInt16BitsToHalf((ushort)value)),
        (64, 16, "rn") => value => HalfBits((Half)Double(value)),
        (32, 16, "rn") => value => float.IsNaN(Single(value)) ? 0x7FFFul : BitConverter.HalfToUInt16Bits((Half)Single(value)),
        _ => throw new PtxFault("the rounding does not fit"),
    };
}
