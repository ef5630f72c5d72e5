using System.Globalization;
using System.Text;
using Dalle2.Gpu.Ir;
using Dalle2.Gpu.Lowering;

namespace Dalle2.Gpu.Targets.OpenCl;

/// <summary>
/// Prints lines as the statements of a function: a register is a variable, a label a label. A vector of W lanes is a vector of OpenCL C.
/// </summary>
sealed partial class BodyPrinter
{
    readonly LinearCode code;
    readonly Prelude prelude;
    readonly StringBuilder text = new();
    readonly int lanes;
    readonly bool waits;

    BodyPrinter(LinearCode code, Prelude prelude, bool waits)
    {
        this.code = code;
        this.prelude = prelude;
        this.waits = waits;
        lanes = code.Lanes;
    }

    /// <summary>The statements between a function's braces.</summary>
    /// <param name="code">The function.</param>
    /// <param name="prelude">What it needs from before it.</param>
    /// <param name="waits">Whether a barrier has anybody to wait for: PoCL takes minutes for one in several loops, in a group of one work-item too.</param>
    public static string Print(LinearCode code, Prelude prelude, bool waits)
    {
        var printer = new BodyPrinter(code, prelude, waits);
        printer.Declare();
        foreach (Line line in code.Lines)
            printer.Write(line);
        return printer.text.ToString();
    }

    /// <summary>The name of a register: vectors begin with v, masks with m, scalars with s.</summary>
    public static string Name(Register register) =>
        (!register.IsVector ? "s" : register.Type == IrType.Bool ? "m" : "v") + register.Number.ToString(CultureInfo.InvariantCulture);

    void Declare()
    {
        var parameters = new HashSet<Register>(code.Parameters);
        var used = new HashSet<Register>();
        // What is written under a mask first has other lanes that nobody asks for; they are zeros, so that the compiler need not guess.
        var kept = new HashSet<Register>();
        foreach (Line line in code.Lines)
        {
            used.UnionWith(LineOperands.Read(line));
            if (LineOperands.Written(line) is not { } written)
                continue;
            used.Add(written);
            if (line is AtomicLine || LineOperands.Read(line).Contains(written))
                kept.Add(written);
        }

        if (lanes > 1 && code.Lines.Any(line => LineOperands.Of(line).Contains(LaneNumbers.Value)))
            text.Append($"    const uint{lanes} lanes = (uint{lanes})({string.Join(", ", Enumerable.Range(0, lanes))});\n");
        foreach (Register register in code.Registers)
        {
            if (!used.Contains(register))
                continue;
            string start = parameters.Contains(register)
                ? $" = {(register.Type.IsPointer() ? $"p{register.Number} + o{register.Number}" : $"p{register.Number}")}"
                : kept.Contains(register) && register.IsVector ? $" = 0" : "";
            text.Append($"    {TypeOf(register)} {Name(register)}{start};\n");
        }

        if (code.LocalBytes > 0)
            text.Append($"    __private uchar own_memory[{code.LocalBytes}] __attribute__((aligned(64)));\n");
    }

    void Write(Line line)
    {
        switch (line)
        {
            case ComputeLine compute:
                Statement($"{Name(compute.Target)} = {Compute(compute)}");
                break;
            case MoveLine move:
                Move(move.Target, Operand(move.Value, move.Target.IsVector), move.Mask);
                break;
            case BuiltInLine place:
                Statement($"{Name(place.Target)} = {NameOf(place.Value)}");
                break;
            case AddressLine address:
                Statement(
                    $"{Name(address.Target)} = {(address.Target.IsVector ? Addresses(address.Access, address.Pointer, address.Index, 0) : Address(address.Access, address.Pointer, address.Index))}");
                break;
            case LoadLine load:
                Load(load);
                break;
            case StoreLine store:
                Store(store);
                break;
            case AtomicLine atomic:
                Atomic(atomic);
                break;
            case AnyLine any:
                Statement($"{Name(any.Target)} = {(lanes == 1 ? Operand(any.Mask, false) : Any(Operand(any.Mask, true)))}");
                break;
            case LabelLine label:
                text.Append($"L{label.Label.Number}:;\n");
                break;
            case JumpLine jump:
                Statement($"goto L{jump.Label.Number}");
                break;
            case BranchLine branch:
                Statement($"if ({(branch.Expected ? "" : "!")}{Operand(branch.Condition, false)}) goto L{branch.Label.Number}");
                break;
            case BarrierLine:
                if (waits)
                    Statement("barrier(CLK_LOCAL_MEM_FENCE | CLK_GLOBAL_MEM_FENCE)");
                break;
            case FenceLine:
                Statement("mem_fence(CLK_LOCAL_MEM_FENCE | CLK_GLOBAL_MEM_FENCE)");
                break;
            case MemoryStart start:
                Statement($"{Name(start.Target)} = {(start.Target.Type == IrType.Shared ? "(__local uchar*)group" : "own")}_memory + "
                    + $"{start.ByteOffset}");
                break;
            case RequireLine require:
                Require(require);
                break;
            case EndLine:
                Statement("return");
                break;
            default:
                throw new InvalidOperationException($"{line.GetType().Name} has no text in OpenCL C");
        }
    }

    void Statement(string statement) => text.Append("    ").Append(statement).Append(";\n");

    void Move(Register target, string value, Value? mask)
    {
        if (mask == null || !target.IsVector)
            Statement($"{Name(target)} = {value}");
        else
            Statement($"{Name(target)} = {Select(target.Type, Operand(mask, true), value, Name(target))}");
    }

    string TypeOf(Register register) => ClType.Of(register.Type, register.IsVector ? lanes : 1);

    string NameOf(BuiltIn place) => place switch
    {
        BuiltIn.ThreadX when lanes > 1 => $"(uint)get_global_id(0) * {lanes}u",
        >= BuiltIn.ThreadX and <= BuiltIn.ThreadZ => $"(uint)get_global_id({place - BuiltIn.ThreadX})",
        >= BuiltIn.ExtentX and <= BuiltIn.ExtentZ => $"size_{"xyz"[place - BuiltIn.ExtentX]}",
        >= BuiltIn.GridIndexX and <= BuiltIn.GridIndexZ => $"(uint)get_group_id({place - BuiltIn.GridIndexX})",
        >= BuiltIn.GridSizeX and <= BuiltIn.GridSizeZ => $"(uint)get_num_groups({place - BuiltIn.GridSizeX})",
        BuiltIn.ThreadInGroup when lanes > 1 => $"(uint)get_local_id(0) * {lanes}u",
        BuiltIn.ThreadInGroup => "(uint)((get_local_id(2) * get_local_size(1) + get_local_id(1)) * get_local_size(0) + get_local_id(0))",
        >= BuiltIn.GroupIndexX and <= BuiltIn.GroupIndexZ => $"(uint)get_local_id({place - BuiltIn.GroupIndexX})",
        _ => $"(uint)get_local_size({place - BuiltIn.GroupSizeX})",
    };

    // An operand as a scalar, or as a vector whatever it is.
    string Operand(Value value, bool vector)
    {
        vector &= lanes > 1;
        if (value is LaneNumbers)
            return vector ? "lanes" : "0u";
        if (value is Register { IsVector: true } register)
            return Name(register);
        string scalar = value is Constant constant ? Literal(constant) : Name((Register)value);
        if (!vector)
            return scalar;
        string type = ClType.Of(value.Type, lanes);
        return value.Type == IrType.Bool ? $"({type})(-{scalar})" : value.Type.IsPointer()
            ? $"({type})((ulong){scalar})" : $"({type})({scalar})";
    }

    string Select(IrType type, string mask, string yes, string no) =>
        $"select({no}, {yes}, {(ClType.Wide(type) ? $"convert_long{lanes}({mask})" : mask)})";

    static string Literal(Constant constant)
    {
        ulong bits = constant.Bits;
        switch (constant.Type)
        {
            case IrType.Bool:
                return bits != 0 ? "1" : "0";
            case IrType.I32:
                return Integer(unchecked((int)bits), "u");
            case IrType.I64:
                return Integer(unchecked((long)bits), "UL");
            case IrType.F32:
                float single = BitConverter.UInt32BitsToSingle((uint)bits);
                return float.IsFinite(single) ? Number(single.ToString("R", CultureInfo.InvariantCulture), "f") : $"as_float(0x{bits:x8}u)";
            case IrType.F64:
                double wide = BitConverter.UInt64BitsToDouble(bits);
                return double.IsFinite(wide) ? Number(wide.ToString("R", CultureInfo.InvariantCulture), "") : $"as_double(0x{bits:x16}UL)";
            default:
                return $"(({ClType.Of(constant.Type, 1)})0)";
        }
    }

    // Negative numbers are easier to read as such than as their complements.
    static string Integer(long value, string suffix) =>
        value < 0
        ? $"({(suffix == "u" ? "uint" : "ulong")})({(value == long.MinValue ? "1UL << 63" : value.ToString(CultureInfo.InvariantCulture))})"
        : value.ToString(CultureInfo.InvariantCulture) + suffix;

    static string Number(string digits, string suffix)
    {
        string number = (digits.Contains('.') || digits.Contains('E') ? digits : digits + ".0") + suffix;
        return number[0] == '-' ? $"({number})" : number;
    }
}
