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
        string result = instruction.Type == IrType.None ? "" : $"{names[instruction]} = ";
        string name = instruction.Op.Row().Name;
        Value[] operands = instruction.Operands;
        Access access = instruction.Access;
        return result + (instruction.Op switch
        {
            Op.Load => $"{name}.{access.Type.Name()} {Element(instruction)}",
            Op.Store => $"{name}.{access.Type.Name()} {Element(instruction)}, {Name(operands[2])}",
            Op.MemoryFence => $"{name}.{((FenceLevel)access.Offset).ToString().ToLowerInvariant()}",
            _ when instruction.Op.IsAtomic() => $"{name}.{access.Type.Name()} {Element(instruction)}, {string.Join(", ", operands.Skip(2).Select(Name))}",
            Op.Shuffle => $"{name}.{instruction.Type.Name()} {Name(operands[0])}, {Name(operands[1])}",
            Op.MatrixMultiplyAdd => $"{name}.{((MatrixFormat)access.Offset).ToString().ToLowerInvariant()} {string.Join(", ", operands.Select(Name))}",
            Op.CopyBegin or Op.CopyBeginFour => $"{name}.{access.Type.Name()} {Name(operands[0])}[{Name(operands[1])}], {Name(operands[2])}[{Name(operands[3])}] if {Name(operands[4])}",
            Op.MatrixPart => $"{name} {Name(operands[0])}, {access.Offset}",
            Op.MatrixLoad => $"{name}.{access.Type.Name()} {Element(instruction)}",
            Op.CopyWait => access.Offset < 0 ? name : $"{name} {access.Offset}",
            Op.Offset => $"{name} {Element(instruction)}",
            Op.Require => $"{name} {Name(operands[0])}, {Name(operands[1])}, {Name(operands[2])} else {access.Offset}",
            Op.SharedAllocate or Op.LocalAllocate => $"{name} {access.Offset} x {access.Stride} bytes",
            _ when operands.Length == 0 => name,
            _ when instruction.Op.Row().Result == ResultRule.Stated => $"{name}.{instruction.Type.Name()} {Name(operands[0])}",
            _ => $"{name}.{operands[^1].Type.Name()} {string.Join(", ", operands.Select(Name))}",
        });
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
    string Name(Value? value) => value is Constant constant ? Literal(constant) : value == null ? "%?" : names.GetValueOrDefault(value, "%?");

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
