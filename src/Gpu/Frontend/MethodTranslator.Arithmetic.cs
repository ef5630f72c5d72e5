using System.Reflection;
using System.Reflection.Metadata;
using Dalle2.Gpu.Extensions;
using Dalle2.Gpu.Ir;
using Constant = Dalle2.Gpu.Ir.Constant;

namespace Dalle2.Gpu.Frontend;

/// <content>Arithmetic. The stack of the intermediate language has no bools: they stay bools until something counts with them.</content>
sealed partial class MethodTranslator
{
    static readonly MethodInfo FloatRemainder = typeof(StrictMath).GetMethod(nameof(StrictMath.Rem), [typeof(float), typeof(float)])!;
    static readonly MethodInfo DoubleRemainder = typeof(StrictMath).GetMethod(nameof(StrictMath.Rem), [typeof(double), typeof(double)])!;

    void Binary(ILOpCode code)
    {
        var (a, b) = PopPair();
        Op op = code switch
        {
            ILOpCode.Add => Op.Add,
            ILOpCode.Sub => Op.Subtract,
            ILOpCode.Mul => Op.Multiply,
            ILOpCode.Div => Op.Divide,
            ILOpCode.Div_un => Op.DivideUnsigned,
            ILOpCode.Rem => Op.Remainder,
            ILOpCode.Rem_un => Op.RemainderUnsigned,
            ILOpCode.And => Op.And,
            ILOpCode.Or => Op.Or,
            _ => Op.Xor,
        };
        bool logic = op is Op.And or Op.Or or Op.Xor;
        if (!logic && a.Type == IrType.Bool)
            (a, b) = (Coerce(a, IrType.I32), Coerce(b, IrType.I32));
        if (a.Type.IsFloat() && op is Op.Remainder)
            Push(Inline(a.Type == IrType.F32 ? FloatRemainder : DoubleRemainder, [new Data([a]), new Data([b])])!);
        else
            Push(builder.Emit(op, a, b));
    }

    void Shift(ILOpCode code)
    {
        Value count = Coerce(Number(Pop()), IrType.I32);
        Value value = Number(Pop());
        Push(builder.Emit(code == ILOpCode.Shl ? Op.ShiftLeft : code == ILOpCode.Shr ? Op.ShiftRight : Op.ShiftRightUnsigned, value,
            count));
    }

    // Of floats, the variants called "unsigned" hold for NaN too: they are the opposites of ordered comparisons.
    Value Compare(ILOpCode code)
    {
        var (a, b) = PopPair();
        if (a.Type == IrType.Bool && code is not (ILOpCode.Ceq or ILOpCode.Beq or ILOpCode.Bne_un))
            (a, b) = (Coerce(a, IrType.I32), Coerce(b, IrType.I32));
        bool isFloat = a.Type.IsFloat();
        bool unsigned = code is ILOpCode.Cgt_un or ILOpCode.Clt_un or ILOpCode.Bge_un or ILOpCode.Bgt_un or ILOpCode.Ble_un
            or ILOpCode.Blt_un;
        Op less = unsigned && !isFloat ? Op.LessUnsigned : Op.Less;
        Op lessOrEqual = unsigned && !isFloat ? Op.LessOrEqualUnsigned : Op.LessOrEqual;
        bool opposite = unsigned && isFloat;
        return code switch
        {
            ILOpCode.Ceq or ILOpCode.Beq => Equal(a, b),
            ILOpCode.Bne_un => builder.Emit(Op.NotEqual, a, b),
            ILOpCode.Clt or ILOpCode.Clt_un or ILOpCode.Blt or ILOpCode.Blt_un =>
                opposite ? Not(builder.Emit(lessOrEqual, b, a)) : builder.Emit(less, a, b),
            ILOpCode.Cgt or ILOpCode.Cgt_un or ILOpCode.Bgt or ILOpCode.Bgt_un =>
                opposite ? Not(builder.Emit(lessOrEqual, a, b)) : builder.Emit(less, b, a),
            ILOpCode.Ble or ILOpCode.Ble_un => opposite ? Not(builder.Emit(less, b, a)) : builder.Emit(lessOrEqual, a, b),
            _ => opposite ? Not(builder.Emit(less, a, b)) : builder.Emit(lessOrEqual, b, a),
        };
    }

    // C# writes !x as x == 0.
    Value Equal(Value a, Value b) => a.Type == IrType.Bool && b is Constant { Bits: 0 } ? Not(a) : builder.Emit(Op.Equal, a, b);

    Value Not(Value condition) => builder.Emit(Op.Not, condition);

    Value Convert(ILOpCode code, Value value)
    {
        bool isFloat = value.Type.IsFloat();
        switch (code)
        {
            case ILOpCode.Conv_r4:
                return Coerce(value, IrType.F32);
            case ILOpCode.Conv_r8:
                return Coerce(value, IrType.F64);
            case ILOpCode.Conv_r_un:
                return FromUnsigned(value, IrType.F64);
            case ILOpCode.Conv_i8 or ILOpCode.Conv_i:
                return isFloat ? builder.Convert(Op.FloatToInt, IrType.I64, value) : Coerce(value, IrType.I64);
            case ILOpCode.Conv_u8 or ILOpCode.Conv_u:
                return isFloat ? builder.Convert(Op.FloatToUnsigned, IrType.I64, value)
                    : value.Type == IrType.I32 ? builder.Convert(Op.ZeroExtend, IrType.I64, value) : value;
            case ILOpCode.Conv_u4 when isFloat:
                return builder.Convert(Op.FloatToUnsigned, IrType.I32, value);
        }

        Value integer = isFloat ? builder.Convert(Op.FloatToInt, IrType.I32, value) : Coerce(value, IrType.I32);
        return code switch
        {
            ILOpCode.Conv_i1 => builder.Convert(Op.SignExtend8, IrType.I32, integer),
            ILOpCode.Conv_i2 => builder.Convert(Op.SignExtend16, IrType.I32, integer),
            ILOpCode.Conv_u1 => builder.Convert(Op.ZeroExtend8, IrType.I32, integer),
            ILOpCode.Conv_u2 => builder.Convert(Op.ZeroExtend16, IrType.I32, integer),
            _ => integer,
        };
    }

    Value FromUnsigned(Value value, IrType type) =>
        value.Type.IsFloat() ? Coerce(value, type) : builder.Convert(Op.UnsignedToFloat, type, value);

    // Two operands of one type: bools stay bools beside the literals 0 and 1.
    (Value A, Value B) PopPair()
    {
        Value b = Scalar(Pop()), a = Scalar(Pop());
        if (a.Type == b.Type)
            return (a, b);
        bool bools = (a.Type == IrType.Bool && b is Constant { Type: IrType.I32, Bits: 0 or 1 })
            || (b.Type == IrType.Bool && a is Constant { Type: IrType.I32, Bits: 0 or 1 });
        IrType type = bools ? IrType.Bool
            : a.Type == IrType.F64 || b.Type == IrType.F64 ? IrType.F64
            : a.Type == IrType.I64 || b.Type == IrType.I64 ? IrType.I64 : IrType.I32;
        return (Coerce(a, type), Coerce(b, type));
    }

    /// <summary>The value as another type, as the intermediate language converts it without being told.</summary>
    Value Coerce(Value value, IrType type) => (value.Type, type) switch
    {
        var (from, to) when from == to || (from.IsPointer() && to.IsPointer()) => value,
        (IrType.Bool, IrType.I32) => builder.Convert(Op.ZeroExtend, IrType.I32, value),
        (IrType.Bool, _) => Coerce(Coerce(value, IrType.I32), type),
        (_, IrType.Bool) => builder.Emit(Op.NotEqual, value, builder.Function.Constant(value.Type, 0)),
        (IrType.I32, IrType.I64) => builder.Convert(Op.SignExtend, IrType.I64, value),
        (IrType.I64, IrType.I32) => builder.Convert(Op.Truncate, IrType.I32, value),
        (IrType.I32 or IrType.I64, IrType.F32 or IrType.F64) => builder.Convert(Op.IntToFloat, type, value),
        (IrType.F32 or IrType.F64, IrType.F32 or IrType.F64) => builder.Convert(Op.FloatToFloat, type, value),
        _ => throw Diagnostic.Instruction.At(builder.Position, $"that takes {value.Type.Name()} for {type.Name()}"),
    };

    Value Scalar(Item item) => item switch
    {
        Data { Values: [var value] } => value,
        Text => throw Diagnostic.ManagedObject.At(builder.Position, "a string"),
        _ => throw Diagnostic.Instruction.At(builder.Position, "that computes with an address or a struct"),
    };

    Value Number(Item item) => Scalar(item) is { Type: IrType.Bool } flag ? Coerce(flag, IrType.I32) : Scalar(item);

    Value Condition(Item item) => Coerce(Scalar(item), IrType.Bool);
}
