using Dalle2.Gpu.Ir;

namespace Dalle2.Gpu.Passes;

/// <summary>
/// Halves of the 64-bit product of two 32-bit integers become products of 32 bits: <c>(uint)(p &gt;&gt; 32)</c> is their high part, <c>(uint)p</c> their low one.
/// Vector units have twice as many lanes for those, and processors and graphics cards an instruction.
/// </summary>
static class ProductNarrowing
{
    public static void Run(Function function)
    {
        var replacements = new Dictionary<Value, Value>();
        foreach (Block block in function.Blocks)
        {
            for (int i = 0; i < block.Instructions.Count; i++)
            {
                if (block.Instructions[i] is { Op: Op.Truncate, Type: IrType.I32 } truncation
                    && Narrowed(function, truncation) is { } product)
                {
                    block.Instructions[i] = product;
                    replacements.Add(truncation, product);
                }
            }
        }

        function.Replace(replacements);
    }

    static Instruction? Narrowed(Function function, Instruction truncation)
    {
        Value product = truncation.Operands[0];
        Op op = Op.Multiply;
        if (product is Instruction { Op: Op.ShiftRightUnsigned, Operands: [var shifted, Constant { Bits: 32 }] })
            (product, op) = (shifted, Op.MultiplyHighUnsigned);
        return product is Instruction { Op: Op.Multiply, Type: IrType.I64, Operands: [var first, var second] }
            && Unsigned(function, first) is { } left && Unsigned(function, second) is { } right
            ? new Instruction(op, IrType.I32, [left, right], null, truncation.Position)
            : null;
    }

    // The 32 bits whose value this is.
    static Value? Unsigned(Function function, Value value) => value switch
    {
        Instruction { Op: Op.ZeroExtend, Operands: [{ Type: IrType.I32 } inner] } => inner,
        Constant { Bits: <= uint.MaxValue } constant => function.Constant(IrType.I32, constant.Bits),
        _ => null,
    };
}
