using System.Globalization;
using System.Text;

namespace Dalle2.Gpu.Ir;

/// <summary>The text of a function. Blocks and values are numbered in the order of the text, so equal functions have equal texts.</summary>
sealed class IrPrinter
{
    readonly Dictionary<Value, string> names = [];
    readonly Dictionary<Block, string> blocks = [];
    readonly StringBuilder text = new();

    IrPrinter()
    {
    }

    public static string Print(Function function)
    {
        var printer = new IrPrinter();
        printer.Number(function);
        printer.Write(function);
        return printer.text.ToString();
    }

    void Number(Function function)
    {
        foreach (Parameter parameter in function.Parameters)
            names.Add(parameter, "%" + parameter.Name);
        int next = 0;
        foreach (Block block in function.Blocks)
        {
            blocks.Add(block, $"b{blocks.Count}");
            foreach (BlockArgument argument in block.Arguments)
                names.Add(argument, $"%{next++}");
            foreach (Instruction instruction in block.Instructions.Where(i => i.Type != IrType.None))
                names.Add(instruction, $"%{next++}");
        }
    }

    void Write(Function function)
    {
        text.Append($"kernel {function.Name}({string.Join(", ", function.Parameters.Select(Typed))})\n");
        foreach (Block block in function.Blocks)
        {
            string arguments = block.Arguments.Count == 0 ? "" : $"({string.Join(", ", block.Arguments.Select(Typed))})";
            text.Append($"{blocks[block]}{arguments}:\n");
            foreach (Instruction instruction in block.Instructions)
                text.Append($"  {Line(instruction)}\n");
            text.Append($"  {Terminator(block)}\n");
        }
    }

    string Line(Instruction instruction)
    {
        OpRow row = instruction.Op.Row();
        Value[] o = instruction.Operands;
        string result = instruction.Type == IrType.None ? "" : $"{names[instruction]} = ", all = string.Join(", ", o.Select(Name));
        // Texts of functions that are not well formed are needed too, to say so.
        if (o.Length != row.Arity || instruction.Immediate?.GetType() != row.Immediate)
            return $"{result}{row.Name} {all} ({instruction.Immediate})";
        return result + row.Name + instruction.Immediate switch
        {
            Access access when row.Operands == OperandRule.Copy =>
                $".{access.Type.Name()} {Name(o[0])}[{Name(o[1])}], {Name(o[2])}[{Name(o[3])}] if {Name(o[4])}",
            Access access =>
                $"{(instruction.Type.IsPointer() ? "" : $".{access.Type.Name()}")} "
                + $"{string.Join(", ", o.Skip(2).Select(Name).Prepend(Element(instruction)))}",
            Allocation allocation => $" {allocation.Count} x {allocation.ElementBytes} bytes",
            Fence fence => $".{fence.Scope.ToString().ToLowerInvariant()}",
            MatrixProduct product => $".{product.Format.ToString().ToLowerInvariant()} {all}",
            ResultIndex part => $" {all}, {part.Index}",
            PendingCopies pending => pending.Groups is { } groups ? $" {groups}" : "",
            CheckReference check => $" {all} else {check.Number}",
            _ when o.Length == 0 => "",
            _ when row.Result == ResultRule.Converted || row.Operands == OperandRule.Lane => $".{instruction.Type.Name()} {all}",
            _ => $".{o[^1].Type.Name()} {all}",
        };
    }

    string Element(Instruction instruction)
    {
        Access access = instruction.Access;
        string scale = access.Stride == access.Type.Bytes() ? "" : $" * {access.Stride}";
        string offset = access.Offset == 0 ? "" : access.Offset > 0 ? $" + {access.Offset}" : $" - {-(long)access.Offset}";
        return $"{Name(instruction.Operands[0])}[{Name(instruction.Operands[1])}{scale}{offset}]";
    }

    string Terminator(Block block) => block.Edges.Count switch
    {
        0 => "return",
        1 => $"jump {Target(block.Edges[0])}",
        _ => $"branch {Name(block.Condition)}, {Target(block.Edges[0])}, {Target(block.Edges[1])}",
    };

    string Target(Edge edge)
    {
        string name = blocks.GetValueOrDefault(edge.To, "b?");
        return edge.Arguments.Count == 0 ? name : $"{name}({string.Join(", ", edge.Arguments.Select(Name))})";
    }

    string Typed(Value value) => $"{Name(value)}: {value.Type.Name()}";

    // Texts of functions that are not well formed are needed too, to say so.
    string Name(Value? value) =>
        value is Constant constant ? Literal(constant) : value == null ? "%?" : names.GetValueOrDefault(value, "%?");

    public static string Literal(Constant constant) => constant.Type switch
    {
        IrType.Bool => constant.Bits != 0 ? "true" : "false",
        IrType.I32 => ((int)constant.Bits).ToString(CultureInfo.InvariantCulture),
        IrType.I64 => ((long)constant.Bits).ToString(CultureInfo.InvariantCulture),
        IrType.F32 => BitConverter.UInt32BitsToSingle((uint)constant.Bits).ToString("R", CultureInfo.InvariantCulture) + "f",
        IrType.F64 => BitConverter.UInt64BitsToDouble(constant.Bits).ToString("R", CultureInfo.InvariantCulture) + "d",
        _ => "null",
    };
}
