using Dalle2.Gpu.Ir;
using Dalle2.Gpu.Lowering;

namespace Dalle2.Gpu.Targets.OpenCl;

/// <content>Computations.</content>
sealed partial class BodyPrinter
{
    string Compute(ComputeLine line)
    {
        bool vector = line.Target.IsVector;
        int width = vector ? lanes : 1;
        IrType type = line.Op.Row().OperandType(line.Operands), result = line.Target.Type;
        string[] o = [.. line.Operands.Select(value => Operand(value, vector))];
        string a = o[0], b = o.Length > 1 ? o[1] : "";
        var functions = new Arithmetic(prelude, width);
        string unsigned = ClType.Unsigned(type, width), signed = ClType.Signed(type, width), wanted = ClType.Of(result, width);
        switch (line.Op)
        {
            case Op.Add:
                return $"{a} + {b}";
            case Op.Subtract:
                return $"{a} - {b}";
            case Op.Multiply:
                return $"{a} * {b}";
            case Op.MultiplyHighUnsigned:
                return $"mul_hi({a}, {b})";
            case Op.Divide when type.IsFloat():
                return $"{a} / {b}";
            case Op.Divide or Op.DivideUnsigned or Op.Remainder or Op.RemainderUnsigned:
                return $"{functions.Quotient(line.Op, type, Instruction.MayBeZero(line.Operands[1]))}({a}, {b})";
            case Op.And:
                return $"{a} & {b}";
            case Op.Or:
                return $"{a} | {b}";
            case Op.Xor:
                return $"{a} ^ {b}";
            case Op.Not:
                return type == IrType.Bool && !vector ? $"!{a}" : $"~{a}";
            case Op.Negate:
                return type.IsFloat() ? $"-{a}" : $"({unsigned})(0) - {a}";
            case Op.ShiftLeft:
                return $"{a} << {Count(type, b, width)}";
            case Op.ShiftRight:
                return $"as_{unsigned}(as_{signed}({a}) >> {Count(type, b, width)})";
            case Op.ShiftRightUnsigned:
                return $"{a} >> {Count(type, b, width)}";
            case Op.Equal:
                return Comparison(type, $"{a} == {b}", width);
            case Op.NotEqual:
                return Comparison(type, $"{a} != {b}", width);
            case Op.Less or Op.LessOrEqual:
                string sign = line.Op == Op.Less ? "<" : "<=";
                return Comparison(type, type.IsFloat() ? $"{a} {sign} {b}" : $"as_{signed}({a}) {sign} as_{signed}({b})", width);
            case Op.LessUnsigned:
                return Comparison(type, $"{a} < {b}", width);
            case Op.LessOrEqualUnsigned:
                return Comparison(type, $"{a} <= {b}", width);
            case Op.Shuffle:
                return $"shuffle({a}, {b})";
            case Op.Select when line.Operands[0] is Register { IsVector: true }:
                return Select(type, a, b, o[2]);
            case Op.Select:
                // A condition that all lanes share chooses between whole vectors.
                return $"{Operand(line.Operands[0], false)} ? {b} : {o[2]}";
            case Op.SignExtend:
                return $"as_{wanted}({Converted($"as_{signed}({a})", "long", width)})";
            case Op.ZeroExtend when type == IrType.Bool:
                return vector ? $"as_{wanted}({a} & 1)" : $"(uint){a}";
            case Op.ZeroExtend or Op.Truncate or Op.UnsignedToFloat or Op.FloatToFloat:
                return type == result ? a : Converted(a, ClType.Of(result, 1), width);
            case Op.SignExtend8 or Op.SignExtend16:
                int unused = line.Op == Op.SignExtend8 ? 24 : 16;
                return $"as_{wanted}(as_{signed}({a} << {unused}) >> {unused})";
            case Op.ZeroExtend8:
                return $"{a} & 0xffu";
            case Op.ZeroExtend16:
                return $"{a} & 0xffffu";
            case Op.IntToFloat:
                return Converted($"as_{signed}({a})", ClType.Of(result, 1), width);
            case Op.FloatToInt or Op.FloatToUnsigned:
                return $"{functions.ToInteger(line.Op, type, result)}({a})";
            case Op.Bits:
                return type == result ? a : $"as_{wanted}({a})";
            case Op.HalfToFloat:
                return $"{functions.HalfToFloat()}({a})";
            case Op.FloatToHalf:
                return $"{functions.FloatToHalf()}({a})";
            case Op.Sqrt:
                return $"sqrt({a})";
            case Op.Floor:
                return $"floor({a})";
            case Op.Abs:
                return $"fabs({a})";
            case Op.FusedMultiplyAdd:
                return $"fma({a}, {b}, {o[2]})";
            case Op.IsValid:
                return Comparison(type, $"{a} != 0", width);
            default:
                throw new InvalidOperationException($"{line.Op} has no text in OpenCL C");
        }
    }

    // Vectors are compared into integers of their own width.
    static string Comparison(IrType type, string condition, int width) =>
        width > 1 && ClType.Wide(type) ? $"convert_int{width}({condition})" : condition;

    static string Converted(string value, string type, int width) => width == 1 ? $"({type})({value})" : $"convert_{type}{width}({value})";

    // OpenCL C takes counts modulo the width, as kernels do.
    static string Count(IrType shifted, string count, int width) =>
        shifted == IrType.I64 ? Converted(count, "ulong", width) : count;
}
