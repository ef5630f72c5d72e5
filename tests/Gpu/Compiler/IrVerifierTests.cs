using Dalle2.Gpu.Ir;

namespace Dalle2.Tests.Gpu.Compiler;

/// <summary>Functions that are not well formed are refused, each for its own reason.</summary>
public class IrVerifierTests
{
    readonly Function function = new("broken", 0);
    readonly Block entry = new(), left = new(), right = new(), end = new();
    readonly Parameter n = new("n", IrType.I32), x = new("x", IrType.F32);
    BlockArgument argument = null!;
    Instruction onTheLeft = null!;

    // entry branches to left and right, which meet in end.
    [SetUp]
    public void Build()
    {
        foreach (Block block in new[] { entry, left, right, end })
        {
            block.Arguments.Clear();
            block.Instructions.Clear();
            block.Edges.Clear();
        }

        function.Parameters.Clear();
        function.Parameters.AddRange([n, x]);
        function.Blocks.Clear();
        function.Blocks.AddRange([entry, left, right, end]);
        Instruction condition = Add(entry, Op.Less, IrType.Bool, n, function.Constant(3));
        entry.Condition = condition;
        entry.Edges.AddRange([new Edge(entry, left), new Edge(entry, right)]);
        onTheLeft = Add(left, Op.Add, IrType.I32, n, n);
        end.Arguments.Add(argument = new BlockArgument(IrType.I32));
        left.Jump(new Edge(left, end) { Arguments = { onTheLeft } });
        right.Jump(new Edge(right, end) { Arguments = { n } });
        Add(end, Op.Multiply, IrType.I32, argument, n);
    }

    [Test]
    public void A_well_formed_function_passes() => Assert.That(() => IrVerifier.Verify(function), Throws.Nothing);

    [Test]
    public void A_value_from_one_of_two_ways_is_refused()
    {
        Add(end, Op.Add, IrType.I32, onTheLeft, n);
        Refused("may not have been computed");
    }

    [Test]
    public void A_value_before_it_is_computed_is_refused()
    {
        Instruction late = Add(entry, Op.Add, IrType.I32, n, n);
        entry.Instructions.Insert(0, new Instruction(Op.Negate, IrType.I32, [late], null, default));
        Refused("may not have been computed");
    }

    [Test]
    public void Operands_of_two_types_are_refused()
    {
        Add(end, Op.Add, IrType.I32, n, x);
        Refused("add of i32, f32");
    }

    [Test]
    public void A_result_of_another_type_is_refused()
    {
        Add(end, Op.Less, IrType.I32, n, n);
        Refused("lt gives i32");
    }

    [Test]
    public void A_missing_operand_is_refused()
    {
        Add(end, Op.Add, IrType.I32, n);
        Refused("add has 1 operands, not 2");
    }

    [Test]
    public void An_edge_without_the_argument_is_refused()
    {
        right.Edges[0].Arguments.Clear();
        Refused("gives 0 values for 1 arguments");
    }

    [Test]
    public void An_edge_with_a_value_of_another_type_is_refused()
    {
        right.Edges[0].Arguments[0] = x;
        Refused("gives f32 for an argument of i32");
    }

    [Test]
    public void A_block_that_cannot_be_reached_is_refused()
    {
        function.Blocks.Add(new Block());
        Refused("those that can be reached");
    }

    [Test]
    public void Two_edges_without_a_condition_are_refused()
    {
        entry.Condition = null;
        Refused("a condition and two edges");
    }

    [Test]
    public void Rows_stand_in_the_order_of_their_operations() =>
        Assert.That(OpTable.All.Select(row => row.Op), Is.EqualTo(Enum.GetValues<Op>()));

    [Test]
    public void An_operation_that_is_not_told_what_it_has_to_be_is_refused()
    {
        entry.Instructions.Insert(0, new Instruction(Op.LocalAllocate, IrType.Local, [], new Access(MemoryType.I32, 4, 0), default));
        Refused("local is told Access { Type = I32, Stride = 4, Offset = 0 }, not its Allocation");
        entry.Instructions[0] = new Instruction(Op.CopyWait, IrType.None, [], null, default);
        Refused("copy.wait is told nothing, not its PendingCopies");
        entry.Instructions[0] = new Instruction(Op.Barrier, IrType.None, [], new Fence(FenceScope.Group), default);
        Refused("barrier is told Fence { Scope = Group }, not its operands alone");
    }

    static Instruction Add(Block block, Op op, IrType type, params Value[] operands)
    {
        var instruction = new Instruction(op, type, operands, null, default);
        block.Instructions.Add(instruction);
        return instruction;
    }

    void Refused(string reason) =>
        Assert.That(() => IrVerifier.Verify(function), Throws.InvalidOperationException.With.Message.Contains(reason));
}
