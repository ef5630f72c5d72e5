namespace Dalle2.Gpu.Ir;

/// <summary>Checks what every function must fulfil: all blocks can be reached, values come before their uses, types and counts fit.</summary>
sealed class IrVerifier
{
    readonly Function function;
    readonly Dominators dominators;
    readonly Dictionary<Value, (Block Block, int Place)> defined = [];

    IrVerifier(Function function)
    {
        this.function = function;
        dominators = new Dominators(function);
    }

    /// <exception cref="InvalidOperationException">The function is not well formed; the message says where and has its text.</exception>
    public static void Verify(Function function) => new IrVerifier(function).Run();

    void Run()
    {
        Require(function.Blocks.Count > 0 && function.Entry.Arguments.Count == 0, "the entry takes arguments");
        Require(new HashSet<Block>(dominators.Blocks).SetEquals(function.Blocks), "the blocks are not those that can be reached");
        Require(dominators.Incoming[function.Entry].Count == 0, "an edge leads to the entry");
        foreach (Block block in function.Blocks)
        {
            foreach (BlockArgument argument in block.Arguments)
                defined.Add(argument, (block, -1));
            for (int i = 0; i < block.Instructions.Count; i++)
                Require(defined.TryAdd(block.Instructions[i], (block, i)), $"{block.Instructions[i].Op} stands in two places");
        }

        foreach (Block block in function.Blocks)
        {
            for (int i = 0; i < block.Instructions.Count; i++)
                Check(block, i, block.Instructions[i]);
            CheckEnd(block);
        }
    }

    void Check(Block block, int place, Instruction instruction)
    {
        OpRow row = instruction.Op.Row();
        Value[] operands = instruction.Operands;
        Require(operands.Length == row.Arity, $"{row.Name} has {operands.Length} operands, not {row.Arity}");
        foreach (Value operand in operands)
            CheckUse(operand, block, place, row.Name);
        Require(OperandsFit(row, operands), $"{row.Name} of {string.Join(", ", operands.Select(o => o.Type.Name()))}");
        string told = instruction.Immediate?.ToString() ?? "nothing", own = row.Immediate?.Name ?? "operands alone";
        Require(instruction.Immediate?.GetType() == row.Immediate, $"{row.Name} is told {told}, not its {own}");
        Require(ResultFits(row, instruction), $"{row.Name} gives {instruction.Type.Name()}");
        switch (instruction.Immediate)
        {
            case CheckReference check:
                Require(check.Number >= 0 && check.Number < function.Checks.Count, "a check without a number");
                break;
            case ResultIndex result:
                Require(
                    result.Index is >= 1 and <= 3 && block.Instructions.Contains((Instruction)operands[0]),
                    "a part of no matrix operation of its block");
                break;
            case Access access when row.Operands == OperandRule.ElementAndValue:
                Require(operands[2].Type == access.Type.Loaded(), $"a store of {operands[2].Type.Name()} as {access.Type.Name()}");
                break;
            case Access access when row.Op.IsAtomic():
                Require(
                    access.Type.Bytes() >= 4 && operands[2..].All(o => o.Type == access.Type.Loaded()),
                    $"{row.Name} of {operands[^1].Type.Name()} as {access.Type.Name()}");
                Require(row.Operands == OperandRule.Atomic || access.Type.Loaded().IsInteger(), $"{row.Name} of {access.Type.Name()}");
                break;
        }
    }

    void CheckEnd(Block block)
    {
        Require(block.Edges.Count <= 2 && (block.Edges.Count == 2) == (block.Condition != null),
            "a block ends with a condition and two edges, or without and with at most one");
        if (block.Condition != null)
        {
            Require(block.Condition.Type == IrType.Bool, "a condition is not a bool");
            CheckUse(block.Condition, block, block.Instructions.Count, "branch");
        }

        foreach (Edge edge in block.Edges)
        {
            Require(edge.From == block, "an edge does not know its block");
            Require(edge.Arguments.Count == edge.To.Arguments.Count,
                $"an edge gives {edge.Arguments.Count} values for {edge.To.Arguments.Count} arguments");
            for (int a = 0; a < edge.Arguments.Count; a++)
            {
                CheckUse(edge.Arguments[a], block, block.Instructions.Count, "edge");
                Require(edge.Arguments[a].Type == edge.To.Arguments[a].Type,
                    $"an edge gives {edge.Arguments[a].Type.Name()} for an argument of {edge.To.Arguments[a].Type.Name()}");
            }
        }
    }

    void CheckUse(Value value, Block block, int place, string user)
    {
        if (value is Constant)
            return;
        if (value is Parameter parameter)
        {
            Require(function.Parameters.Contains(parameter), $"{user} uses a parameter of another function");
            return;
        }

        Require(defined.TryGetValue(value, out var at), $"{user} uses a value that no block defines");
        bool before = at.Block == block ? at.Place < place : dominators.Dominates(at.Block, block);
        Require(before, $"{user} uses a value that may not have been computed");
    }

    static bool OperandsFit(OpRow row, Value[] o) => row.Operands switch
    {
        OperandRule.None => true,
        OperandRule.Number => AllOf(o, o[0].Type.IsInteger() || o[0].Type.IsFloat()),
        OperandRule.Integer => AllOf(o, o[0].Type.IsInteger()),
        OperandRule.Float => AllOf(o, o[0].Type.IsFloat()),
        OperandRule.SingleFloat => AllOf(o, o[0].Type == IrType.F32),
        OperandRule.Matrices => AllOf(o[..6], o[0].Type == IrType.I32) && AllOf(o[6..], o[6].Type == IrType.F32),
        OperandRule.Copy =>
        o[0].Type == IrType.Shared && o[1].Type.IsInteger() && o[2].Type == IrType.Global && o[3].Type.IsInteger()
        && o[4].Type == IrType.Bool,
        OperandRule.Parts => o[0] is Instruction { Op: Op.MatrixMultiplyAdd or Op.MatrixLoad },
        OperandRule.Logic => AllOf(o, o[0].Type.IsInteger() || o[0].Type == IrType.Bool),
        OperandRule.Scalar => AllOf(o, o[0].Type != IrType.None && !o[0].Type.IsPointer()),
        OperandRule.Shift => o[0].Type.IsInteger() && o[1].Type == IrType.I32,
        OperandRule.Choice => o[0].Type == IrType.Bool && o[1].Type == o[2].Type,
        OperandRule.Conversion => ((IrType[])[IrType.I32, IrType.I64, IrType.F32, IrType.F64]).Any(to => row.Converts!(o[0].Type, to)),
        OperandRule.Pointer => o[0].Type.IsPointer(),
        OperandRule.Element => o[0].Type.IsPointer() && o[1].Type.IsInteger(),
        OperandRule.Lane => (o[0].Type.IsInteger() || o[0].Type.IsFloat()) && o[1].Type == IrType.I32,
        OperandRule.ElementAndValue or OperandRule.Atomic or OperandRule.AtomicInteger =>
        o[0].Type.IsPointer() && o[1].Type.IsInteger() && o[2].Type != IrType.None,
        OperandRule.Requirement => o[0].Type == IrType.Bool && o[1].Type == IrType.I64 && o[2].Type == IrType.I64,
        _ => o.All(operand => operand.Type.IsInteger()) && o[^1].Type == IrType.I64,
    };

    static bool AllOf(Value[] operands, bool first) => first && operands.All(o => o.Type == operands[0].Type);

    static bool ResultFits(OpRow row, Instruction instruction) => row.Result switch
    {
        ResultRule.None => instruction.Type == IrType.None,
        ResultRule.Bool => instruction.Type == IrType.Bool,
        ResultRule.I32 => instruction.Type == IrType.I32,
        ResultRule.F32 => instruction.Type == IrType.F32,
        ResultRule.Shared => instruction.Type == IrType.Shared,
        ResultRule.Local => instruction.Type == IrType.Local,
        ResultRule.First => instruction.Type == instruction.Operands[0].Type,
        ResultRule.Second => instruction.Type == instruction.Operands[1].Type,
        ResultRule.Loaded => instruction.Type == instruction.Access.Type.Loaded(),
        _ => row.Converts!(instruction.Operands[0].Type, instruction.Type),
    };

    void Require(bool condition, string message)
    {
        if (!condition)
            throw new InvalidOperationException($"{function.Name}: {message}\n{IrPrinter.Print(function)}");
    }
}
