using System.Reflection;
using System.Reflection.Emit;
using System.Reflection.Metadata;

namespace Dalle2.Gpu.Frontend;

/// <summary>One instruction of a method. Short forms are widened, so that <c>ldarg.0</c> and <c>ldarg.s 0</c> are both <c>ldarg</c> with operand 0.</summary>
/// <param name="Offset">Where it begins.</param>
/// <param name="Code">The operation.</param>
/// <param name="Number">An integer, the bits of a double, a metadata token, the number of a local or argument, or the offset of a branch's target.</param>
/// <param name="Targets">Of a switch, its targets.</param>
/// <param name="Next">Where the next one begins.</param>
readonly record struct IlInstruction(int Offset, ILOpCode Code, long Number, int[] Targets, int Next);

/// <summary>Decodes the intermediate language of a method.</summary>
static class IlReader
{
    static readonly Dictionary<ILOpCode, OpCode> OpCodesByValue = typeof(OpCodes).GetFields(BindingFlags.Public | BindingFlags.Static)
        .Select(field => (OpCode)field.GetValue(null)!)
        .ToDictionary(code => (ILOpCode)(ushort)code.Value);

    /// <summary>An operation as it is emitted.</summary>
    public static OpCode OpCodeOf(ILOpCode code) => OpCodesByValue[code];

    public static List<IlInstruction> Read(byte[] il)
    {
        var instructions = new List<IlInstruction>();
        for (int at = 0; at < il.Length;)
        {
            int offset = at;
            int value = il[at++];
            if (value == 0xFE)
                value = 0xFE00 | il[at++];
            var code = (ILOpCode)value;
            int[] targets = [];
            long number = 0;
            switch (OpCodesByValue[code].OperandType)
            {
                case OperandType.InlineNone:
                    break;
                case OperandType.ShortInlineBrTarget:
                    number = at + 1 + (sbyte)il[at];
                    at += 1;
                    break;
                case OperandType.InlineBrTarget:
                    number = at + 4 + BitConverter.ToInt32(il, at);
                    at += 4;
                    break;
                case OperandType.ShortInlineI:
                    number = (sbyte)il[at];
                    at += 1;
                    break;
                case OperandType.ShortInlineVar:
                    number = il[at];
                    at += 1;
                    break;
                case OperandType.InlineVar:
                    number = BitConverter.ToUInt16(il, at);
                    at += 2;
                    break;
                case OperandType.InlineI8:
                case OperandType.InlineR:
                    number = BitConverter.ToInt64(il, at);
                    at += 8;
                    break;
                case OperandType.InlineSwitch:
                    int count = BitConverter.ToInt32(il, at);
                    int end = at + 4 + 4 * count;
                    targets = [.. Enumerable.Range(1, count).Select(t => end + BitConverter.ToInt32(il, at + 4 * t))];
                    at = end;
                    break;
                default:
                    number = BitConverter.ToInt32(il, at);
                    at += 4;
                    break;
            }

            var (wide, operand) = Widen(code, number);
            instructions.Add(new IlInstruction(offset, wide, operand, targets, at));
        }

        return instructions;
    }

    /// <summary>Whether an instruction, its short form widened, has an operand.</summary>
    public static bool HasOperand(ILOpCode code) => OpCodesByValue[code].OperandType != OperandType.InlineNone;

    static (ILOpCode Code, long Number) Widen(ILOpCode code, long number) => code switch
    {
        >= ILOpCode.Ldarg_0 and <= ILOpCode.Ldarg_3 => (ILOpCode.Ldarg, code - ILOpCode.Ldarg_0),
        >= ILOpCode.Ldloc_0 and <= ILOpCode.Ldloc_3 => (ILOpCode.Ldloc, code - ILOpCode.Ldloc_0),
        >= ILOpCode.Stloc_0 and <= ILOpCode.Stloc_3 => (ILOpCode.Stloc, code - ILOpCode.Stloc_0),
        >= ILOpCode.Ldc_i4_m1 and <= ILOpCode.Ldc_i4_8 => (ILOpCode.Ldc_i4, (int)code - (int)ILOpCode.Ldc_i4_0),
        ILOpCode.Ldarg_s => (ILOpCode.Ldarg, number),
        ILOpCode.Ldarga_s => (ILOpCode.Ldarga, number),
        ILOpCode.Starg_s => (ILOpCode.Starg, number),
        ILOpCode.Ldloc_s => (ILOpCode.Ldloc, number),
        ILOpCode.Ldloca_s => (ILOpCode.Ldloca, number),
        ILOpCode.Stloc_s => (ILOpCode.Stloc, number),
        ILOpCode.Ldc_i4_s => (ILOpCode.Ldc_i4, number),
        >= ILOpCode.Br_s and <= ILOpCode.Blt_un_s => (code - ILOpCode.Br_s + ILOpCode.Br, number),
        _ => (code, number),
    };
}
