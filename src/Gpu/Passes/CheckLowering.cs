using Dalle2.Gpu.Ir;

namespace Dalle2.Gpu.Passes;

/// <summary>
/// Drops the checks of a function, assertions of the kernel itself with them, or writes them out as conditions for checked mode. There, integer divisions without a result and stores of
/// NaN or infinity to device memory are checked too; what a group or a thread keeps for itself may begin with infinity, as a maximum does.
/// </summary>
static class CheckLowering
{
    public static void Run(Function function, CheckMode checking)
    {
        switch (checking)
        {
            case CheckMode.Drop:
                foreach (Block block in function.Blocks)
                    block.Instructions.RemoveAll(instruction => instruction.Op.Row().Effect == Effect.Check);
                function.Checks.Clear();
                break;
            case CheckMode.Require:
                foreach (Block block in function.Blocks)
                    new Writer(function, block).Run();
                break;
        }
    }

    sealed class Writer(Function function, Block block)
    {
        readonly List<Instruction> written = new(block.Instructions.Count * 2);
        SourcePosition position;

        public void Run()
        {
            foreach (Instruction instruction in block.Instructions)
            {
                position = instruction.Position;
                Value[] o = instruction.Operands;
                switch (instruction.Op)
                {
                    case Op.Bounds:
                        RequireIndex(o[0], o[1]);
                        continue;
                    case Op.BoundsRange:
                        RequireRange(Wide(o[0]), Wide(o[1]), o[2]);
                        continue;
                    case Op.Divide or Op.Remainder when instruction.Type.IsInteger():
                        RequireQuotient(o[0], o[1], signed: true);
                        break;
                    case Op.DivideUnsigned or Op.RemainderUnsigned:
                        RequireQuotient(o[0], o[1], signed: false);
                        break;
                    case Op.Store when o[0].Type == IrType.Global && o[2].Type.IsFloat():
                        RequireFinite(o[2]);
                        break;
                }

                written.Add(instruction);
            }

            block.Instructions = written;
        }

        void RequireIndex(Value index, Value length)
        {
            Value wide = Wide(index);
            // The only limit of 2^31 is that of a length as a 32-bit integer: lengths that are constants are 32-bit integers themselves.
            string text = length is Constant { Bits: 1ul + int.MaxValue }
                ? "a length of {0} does not fit in 32 bits"
                : $"index {{0}} lies outside {View(length)} of {{1}} elements";
            Require(CheckKind.Index, text, Emit(Op.LessUnsigned, IrType.Bool, wide, length), wide, length);
        }

        void RequireRange(Value index, Value count, Value length)
        {
            Value zero = function.Constant(0L), last = Emit(Op.Subtract, IrType.I64, length, count);
            Value begins = Emit(Op.LessOrEqual, IrType.Bool, zero, index), counts = Emit(Op.LessOrEqual, IrType.Bool, zero, count);
            // The difference cannot overflow if the count is not negative; else the condition is false whatever it gives.
            Value ok = Emit(Op.And, IrType.Bool, Emit(Op.And, IrType.Bool, begins, counts), Emit(Op.LessOrEqual, IrType.Bool, index, last));
            Require(CheckKind.Range, $"a sub-view from {{0}} on lies outside {View(length)}, where it could begin at {{1}} at most", ok,
                index, last);
        }

        void RequireQuotient(Value dividend, Value divisor, bool signed)
        {
            IrType type = divisor.Type;
            ulong minusOne = type == IrType.I32 ? uint.MaxValue : ulong.MaxValue;
            if (divisor is Constant { Bits: not 0 } constant && (!signed || constant.Bits != minusOne))
                return;
            Value ok = Emit(Op.NotEqual, IrType.Bool, divisor, function.Constant(type, 0));
            if (signed)
            {
                ulong least = type == IrType.I32 ? 1ul << 31 : 1ul << 63;
                Value fits = Emit(Op.NotEqual, IrType.Bool, dividend, function.Constant(type, least));
                ok = Emit(Op.And, IrType.Bool, ok, Emit(Op.Or, IrType.Bool, fits,
                    Emit(Op.NotEqual, IrType.Bool, divisor, function.Constant(type, minusOne))));
            }

            Op extend = signed ? Op.SignExtend : Op.ZeroExtend;
            Require(CheckKind.Division, "{0} divided by {1} is no integer of its type", ok, Wide(dividend, extend), Wide(divisor, extend));
        }

        void RequireFinite(Value number)
        {
            ulong largest = number.Type == IrType.F32
                ? BitConverter.SingleToUInt32Bits(float.MaxValue) : BitConverter.DoubleToUInt64Bits(double.MaxValue);
            Value ok = Emit(Op.LessOrEqual, IrType.Bool, Emit(Op.Abs, number.Type, number), function.Constant(number.Type, largest));
            Value bits = Emit(Op.Bits, IrType.I64, Emit(Op.FloatToFloat, IrType.F64, number));
            Require(CheckKind.Finite, "{0} is stored", ok, bits, function.Constant(0L));
        }

        void Require(CheckKind kind, string text, Value ok, Value value, Value limit)
        {
            var reference = new CheckReference(function.Checks.Count);
            function.Checks.Add(new Check(kind, text, position));
            written.Add(new Instruction(Op.Require, IrType.None, [ok, value, limit], reference, position));
        }

        Value Wide(Value value, Op extend = Op.SignExtend) => value.Type == IrType.I64 ? value : Emit(extend, IrType.I64, value);

        Value Emit(Op op, IrType type, params Value[] operands)
        {
            if (Folding.Simplify(function, op, type, operands) is { } known)
                return known;
            var instruction = new Instruction(op, type, operands, null, position);
            written.Add(instruction);
            return instruction;
        }

        // A view is called by the parameter that its length comes from.
        static string View(Value length) => length switch
        {
            Parameter { Name: var name } when name.EndsWith(".length", StringComparison.Ordinal) => name[..^".length".Length],
            Instruction { Op: Op.Subtract } rest => View(rest.Operands[0]),
            _ => "a view",
        };
    }
}
