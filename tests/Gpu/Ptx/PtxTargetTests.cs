using Dalle2.Gpu.Ir;
using Dalle2.Gpu.Targets.Ptx;

namespace Dalle2.Tests.Gpu.Ptx;

/// <summary>What no kernel in C# leads to, and what the options do.</summary>
public unsafe class PtxTargetTests
{
    readonly Function function = new("Made.ByHand`1", 0);
    readonly Parameter view = new("größe.base", IrType.Global), count = new("n", IrType.I32);
    readonly Block entry = new();

    public PtxTargetTests()
    {
        function.Parameters.AddRange([view, count]);
        function.Blocks.Add(entry);
    }

    [SetUp]
    public void Empty() => entry.Instructions.Clear();

    [TestCase("ShiftLeft", 33, 2 * -9)]
    [TestCase("ShiftRight", 65, -5)]
    [TestCase("ShiftRightUnsigned", -4, 15)]
    [TestCase("ShiftRight", 0, -9)]
    public void Counts_of_shifts_are_taken_modulo_the_width(string op, int by, int expected)
    {
        Store(Add(Enum.Parse<Op>(op), IrType.I32, function.Constant(-9), count));
        Assert.That(Run((uint)by), Is.EqualTo(expected));
    }

    [TestCase(1, 8)]
    [TestCase(0, 7)]
    public void Bools_are_compared_and_chosen(int n, int expected)
    {
        Instruction positive = Add(Op.Less, IrType.Bool, function.Constant(0), count);
        Instruction same = Add(Op.Equal, IrType.Bool, positive, function.Constant(IrType.Bool, 1));
        Instruction chosen = Add(Op.Select, IrType.Bool, same, positive, function.Constant(IrType.Bool, 0));
        Store(Add(Op.Add, IrType.I32, Add(Op.ZeroExtend, IrType.I32, chosen), function.Constant(7)));
        Assert.That(Run((uint)n), Is.EqualTo(expected));
    }

    [Test]
    public void Names_are_those_of_the_language()
    {
        PtxModule module = PtxTarget.Compile(function, new PtxOptions());
        Assert.That(module.Entry, Is.EqualTo("Made_ByHand_1"));
        Assert.That(module.Text, Does.Contain("p0_gr__e_base,").And.All.InRange('\n', '~'));
    }

    [Test]
    public void A_kernel_may_have_no_parameters()
    {
        var nothing = new Function("nothing", 0);
        nothing.Blocks.Add(new Block());
        var program = new PtxProgram(PtxTarget.Compile(nothing, new PtxOptions()).Text);
        program.Run(new Index3D(1, 1, 1), new Index3D(2, 1, 1), [], []);
        Assert.That(program.Steps, Is.EqualTo(2));
    }

    [Test]
    public void Options_are_in_the_header()
    {
        string text = PtxTarget.Compile(function, new PtxOptions(90, AlignedViews: true, MaxThreads: 256, Checked: true)).Text;
        Assert.That(text, Does.StartWith(".version 7.8\n.target sm_90\n").And.Contain(".align 16 p0").And.Contain(
            ".maxntid 256, 1, 1\n").And.Contain(".align 8 report\n)"));
        Assert.That(new PtxProgram(text).Parameters, Has.Count.EqualTo(3));
        Assert.That(() => PtxTarget.Compile(function, new PtxOptions(61)),
            Throws.TypeOf<ArgumentOutOfRangeException>().With.Message.Contains("sm_61; take one of 60, 70, 80, 90, 100"));
    }

    [Test]
    public void Every_operation_but_the_checks_has_a_row() =>
        Assert.That(PtxTable.Operations, Is.EquivalentTo(Enum.GetValues<Op>().Except([Op.Bounds, Op.BoundsRange])));

    Instruction Add(Op op, IrType type, params Value[] operands)
    {
        var instruction = new Instruction(op, type, operands, null, default);
        entry.Instructions.Add(instruction);
        return instruction;
    }

    void Store(Value value) =>
        entry.Instructions.Add(new Instruction(Op.Store, IrType.None, [view, function.Constant(0), value], new Access(MemoryType.I32, 4, 0),
        default));

    int Run(uint n)
    {
        int left = 0;
        long start = (long)&left;
        IrVerifier.Verify(function);
        new PtxProgram(PtxTarget.Compile(function, new PtxOptions()).Text).Run(new Index3D(1, 1, 1), new Index3D(1, 1, 1),
            [(ulong)start, n], [(start, start + 4)]);
        return left;
    }
}
