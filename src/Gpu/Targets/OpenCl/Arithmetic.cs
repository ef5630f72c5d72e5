using Dalle2.Gpu.Ir;

namespace Dalle2.Gpu.Targets.OpenCl;

/// <summary>Functions for operations that OpenCL C leaves undefined for some operands, or rounds as the driver likes.</summary>
/// <param name="prelude">Where they are defined.</param>
/// <param name="lanes">Of a vector; 1 for scalars.</param>
sealed class Arithmetic(Prelude prelude, int lanes)
{
    string Suffix => lanes == 1 ? "" : $"x{lanes}";

    /// <summary>Division or remainder of integers. By zero, and of the smallest by -1, the processor would stop the process.</summary>
    /// <param name="op">Which.</param>
    /// <param name="type">Of the integers.</param>
    /// <param name="mayBeZero">Whether the divisor may be zero.</param>
    public string Quotient(Op op, IrType type, bool mayBeZero)
    {
        bool signed = op is Op.Divide or Op.Remainder, remainder = op is Op.Remainder or Op.RemainderUnsigned;
        string sign = remainder ? "%" : "/", u = ClType.Unsigned(type, lanes), t = signed ? ClType.Signed(type, lanes) : u;
        string name = $"{(remainder ? "remainder" : "quotient")}{(!mayBeZero ? "" : remainder ? "_or_dividend" : "_or_zero")}_"
            + $"{(signed ? "i" : "u")}{(type == IrType.I64 ? 64 : 32)}{Suffix}";
        string Checked(string result) => mayBeZero ? Choose(type, "b == 0", remainder ? "a" : $"({u})(0)", result) : result;
        return prelude.Require(name, n => signed
            ? $$"""
              {{u}} {{n}}({{u}} a, {{u}} b)
              {
                  {{u}} q = as_{{u}}(as_{{t}}(a) {{sign}} as_{{t}}({{Choose(type, $"(b == 0) | (b == ({u})(-1))", $"({u})(1)", "b")}}));
                  return {{Checked(Choose(type, $"b == ({u})(-1)", remainder ? $"({u})(0)" : $"({u})(0) - a", "q"))}};
              }
              """
            : $$"""
              {{u}} {{n}}({{u}} a, {{u}} b)
              {
                  return {{Checked($"a {sign} {Choose(type, "b == 0", $"({u})(1)", "b")}")}};
              }
              """);
    }

    /// <summary>Float to integer: towards zero, what does not fit to the nearest that does, NaN to 0.</summary>
    public string ToInteger(Op op, IrType from, IrType to)
    {
        bool signed = op == Op.FloatToInt, wide = to == IrType.I64;
        string f = ClType.Of(from, lanes), u = ClType.Unsigned(to, lanes), t = signed ? ClType.Signed(to, lanes) : u;
        int bits = wide ? 64 : 32;
        string suffix = from == IrType.F32 ? "f" : "", end = $"0x1p{(signed ? bits - 1 : bits)}{suffix}",
            start = signed ? "-" + end : "0.0" + suffix;
        string largest = signed ? (wide ? "0x7fffffffffffffffUL" : "0x7fffffffu") : (wide ? "0xffffffffffffffffUL" : "0xffffffffu");
        string smallest = !signed ? "0" : wide ? "0x8000000000000000UL" : "0x80000000u";
        // Only numbers between the ends are converted, the rest counts as zero first.
        return prelude.Require($"{(signed ? "i" : "u")}{bits}_of_f{(from == IrType.F64 ? 64 : 32)}{Suffix}", n => $$"""
            {{u}} {{n}}({{f}} x)
            {
                {{f}} inside = {{Choose(from, $"(x > {start}) & (x < {end})", "x", $"({f})(0)")}};
                {{u}} r = {{(signed ? $"as_{u}(" : "(")}}{{Convert(t, "inside")}});
                r = {{Choose(to, Fit(from, to, $"x >= {end}"), $"({u})({largest})", "r")}};
                return {{Choose(to, Fit(from, to, $"x <= {start}"), $"({u})({smallest})", "r")}};
            }
            """);
    }

    /// <summary>The float of a half's bits; exact.</summary>
    public string HalfToFloat()
    {
        string u = ClType.Unsigned(IrType.I32, lanes), f = ClType.Of(IrType.F32, lanes);
        return prelude.Require($"f32_of_f16{Suffix}", n => $$"""
            {{f}} {{n}}({{u}} h)
            {
                {{u}} m = h & 0x3ffu, e = h & 0x7c00u;
                {{u}} r = ((h & 0x7fffu) << 13) + 0x38000000u;
                {{u}} large = r + 0x38000000u;
                r = {{Choose(IrType.I32, "e == 0x7c00u", Choose(IrType.I32, "m == 0u", "large", "large | 0x400000u"), "r")}};
                r = {{Choose(IrType.I32, "e == 0u", $"as_{u}({Convert(f, "m")} * 5.9604645e-8f)", "r")}};
                return as_{{f}}(r | ((h & 0x8000u) << 16));
            }
            """);
    }

    /// <summary>A half's bits from a float, to the nearest, ties to even.</summary>
    public string FloatToHalf()
    {
        string u = ClType.Unsigned(IrType.I32, lanes), f = ClType.Of(IrType.F32, lanes);
        return prelude.Require($"f16_of_f32{Suffix}", n => $$"""
            {{u}} {{n}}({{f}} x)
            {
                {{u}} bits = as_{{u}}(x), a = bits & 0x7fffffffu;
                {{u}} r = a - 0x38000000u;
                r = (r + 0xfffu + ((r >> 13) & 1u)) >> 13;
                r = {{Choose(IrType.I32, "a < 0x38800000u", $"as_{u}(as_{f}(a) + 0.5f) - 0x3f000000u", "r")}};
                r = {{Choose(IrType.I32, "a >= 0x477ff000u", $"({u})(0x7c00u)", "r")}};
                r = {{Choose(IrType.I32, "a > 0x7f800000u", "0x7e00u | ((a & 0x7fffffu) >> 13)", "r")}};
                return r | ((bits >> 16) & 0x8000u);
            }
            """);
    }

    string Convert(string type, string value) => lanes == 1 ? $"({type})({value})" : $"convert_{type}({value})";

    // Lane by lane; the condition's lanes are as wide as the values'.
    string Choose(IrType type, string condition, string yes, string no) => lanes == 1
        ? $"(({condition}) ? {yes} : {no})"
        : $"select({no}, {yes}, {condition})";

    // A comparison's result for values of another width.
    string Fit(IrType compared, IrType chosen, string condition) =>
        lanes == 1 || ClType.Wide(compared) == ClType.Wide(chosen) ? condition : $"convert_{ClType.Signed(chosen, lanes)}({condition})";
}
