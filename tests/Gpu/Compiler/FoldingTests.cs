using Dalle2.Gpu.Ir;

namespace Dalle2.Tests.Gpu.Compiler;

/// <summary>What may be folded, and what may not: floats keep their signs, NaNs and faults.</summary>
public class FoldingTests
{
    readonly Function function = new("folding", 0);
    readonly Parameter n = new("n", IrType.I32), x = new("x", IrType.F32);

    [Test]
    public void Constants_are_computed()
    {
        Assert.That(Fold(Op.Add, IrType.I32, Int(int.MaxValue), Int(1)), Is.SameAs(Int(int.MinValue)));
        Assert.That(Fold(Op.ShiftRight, IrType.I32, Int(-8), Int(33)), Is.SameAs(Int(-4)));
        Assert.That(Fold(Op.ShiftRightUnsigned, IrType.I32, Int(-1), Int(28)), Is.SameAs(Int(15)));
        Assert.That(Fold(Op.LessUnsigned, IrType.Bool, Int(1), Int(-1)), Is.SameAs(function.Constant(IrType.Bool, 1)));
        Assert.That(Fold(Op.Negate, IrType.F32, Float(0f)), Is.SameAs(Float(-0f)));
        Assert.That(Fold(Op.Add, IrType.F32, Float(0.1f), Float(0.2f)), Is.SameAs(Float(0.1f + 0.2f)));
    }

    [Test]
    public void What_leaves_an_integer_as_it_is_goes_away()
    {
        Assert.That(Fold(Op.Add, IrType.I32, n, Int(0)), Is.SameAs(n));
        Assert.That(Fold(Op.Multiply, IrType.I32, Int(1), n), Is.SameAs(n));
        Assert.That(Fold(Op.Multiply, IrType.I32, n, Int(0)), Is.SameAs(Int(0)));
        Assert.That(Fold(Op.And, IrType.I32, n, Int(-1)), Is.SameAs(n));
        Assert.That(Fold(Op.Subtract, IrType.I32, n, n), Is.SameAs(Int(0)));
    }

    [Test]
    public void Operations_that_depend_on_the_order_stay()
    {
        Assert.That(Fold(Op.Subtract, IrType.I32, Int(0), n), Is.Null);
        Assert.That(Fold(Op.Divide, IrType.I32, Int(1), n), Is.Null);
        Assert.That(Fold(Op.ShiftLeft, IrType.I32, Int(1), n), Is.Null);
    }

    [Test]
    public void Zero_shifted_and_comparisons_beyond_the_range_of_a_type_are_known()
    {
        Assert.That(Fold(Op.ShiftRight, IrType.I32, Int(0), n), Is.SameAs(Int(0)));
        Assert.That(Fold(Op.ShiftRight, IrType.I32, Int(-1), n), Is.SameAs(Int(-1)));
        Assert.That(Fold(Op.LessUnsigned, IrType.Bool, n, Int(0)), Is.SameAs(function.Constant(IrType.Bool, 0)));
        Assert.That(Fold(Op.LessOrEqual, IrType.Bool, Int(int.MinValue), n), Is.SameAs(function.Constant(IrType.Bool, 1)));
        Assert.That(Fold(Op.LessUnsigned, IrType.Bool, n, Int(-1)), Is.Null);
        Assert.That(Fold(Op.Less, IrType.Bool, n, Int(0)), Is.Null);
    }

    [Test]
    public void What_is_known_from_one_operand_is_what_the_operation_gives_for_any_other()
    {
        int[] values = [0, 1, -1, 2, -2, 31, 32, int.MinValue, int.MaxValue, int.MinValue + 1, int.MaxValue - 1, 0x5A5A5A5A];
        int folded = 0;
        Op[] arithmetic = [Op.Add, Op.Subtract, Op.Multiply, Op.And, Op.Or, Op.Xor, Op.ShiftLeft, Op.ShiftRight, Op.ShiftRightUnsigned];
        Op[] comparisons = [Op.Equal, Op.NotEqual, Op.Less, Op.LessOrEqual, Op.LessUnsigned, Op.LessOrEqualUnsigned];
        foreach (Op op in (Op[])[.. arithmetic, .. comparisons])
        {
            IrType result = comparisons.Contains(op) ? IrType.Bool : IrType.I32;
            foreach (int known in values)
            {
                foreach (bool first in new[] { true, false })
                {
                    if ((first ? Fold(op, result, Int(known), n) : Fold(op, result, n, Int(known))) is not Constant constant)
                        continue;
                    folded++;
                    foreach (int other in values)
                    {
                        (int left, int right) = first ? (known, other) : (other, known);
                        Assert.That(constant.Bits, Is.EqualTo(Semantics.Evaluate(op, IrType.I32, result, (uint)left, (uint)right, 0)),
                            $"{op} {left} {right}");
                    }
                }
            }
        }

        Assert.That(folded, Is.GreaterThan(10));
    }

    [Test]
    public void Floats_that_may_be_NaN_infinite_or_minus_zero_stay()
    {
        Assert.That(Fold(Op.Add, IrType.F32, x, Float(0f)), Is.Null, "-0 + 0 is 0");
        Assert.That(Fold(Op.Multiply, IrType.F32, x, Float(0f)), Is.Null, "infinity times 0 is NaN");
        Assert.That(Fold(Op.Subtract, IrType.F32, x, x), Is.Null, "infinity less infinity is NaN");
        Assert.That(Fold(Op.Equal, IrType.Bool, x, x), Is.Null, "NaN differs from itself");
        Assert.That(Fold(Op.Divide, IrType.F32, Float(0f), Float(0f)), Is.Null, "which NaN is the device's business");
    }

    [Test]
    public void Divisions_that_fault_stay()
    {
        Assert.That(Fold(Op.Divide, IrType.I32, Int(1), Int(0)), Is.Null);
        Assert.That(Fold(Op.Remainder, IrType.I32, Int(int.MinValue), Int(-1)), Is.Null);
    }

    Value? Fold(Op op, IrType type, params Value[] operands) => Folding.Simplify(function, op, type, operands);

    Constant Int(int value) => function.Constant(value);

    Constant Float(float value) => function.Constant(IrType.F32, BitConverter.SingleToUInt32Bits(value));
}
