using Dalle2.Gpu.Ir;

namespace Dalle2.Gpu.Lowering;

/// <content>Values in registers, and the moves along edges.</content>
sealed partial class Lowerer
{
    void Declare(Block block)
    {
        foreach (BlockArgument argument in block.Arguments)
        {
            if (!registers.ContainsKey(argument))
                registers.Add(argument, code.NewRegister(argument.Type, divergence.Of(argument).IsVarying));
        }
    }

    // The moves along an edge happen at once: what is overwritten before it is read is copied first.
    void Assign(Edge edge, Scope? scope, Value? mask)
    {
        var moves = new List<(Register Target, Value Value)>();
        for (int a = 0; a < edge.Arguments.Count; a++)
        {
            Register target = registers[edge.To.Arguments[a]];
            Value value = target.IsVector ? Vector(edge.Arguments[a]) : Scalar(edge.Arguments[a]);
            if (!target.IsVector && scope is { Apart: true, IsLoop: true })
                target = NextOf(scope, target);
            if (value != target)
                moves.Add((target, value));
        }

        for (int m = 0; m < moves.Count; m++)
        {
            for (int before = 0; before < m; before++)
            {
                if (moves[before].Target != moves[m].Value)
                    continue;
                var old = (Register)moves[m].Value;
                Register copy = code.NewRegister(old.Type, old.IsVector);
                Add(new MoveLine(copy, old, null));
                moves[m] = (moves[m].Target, copy);
                break;
            }
        }

        foreach (var (target, value) in moves)
            Add(new MoveLine(target, value, target.IsVector && scope is { Apart: true } ? mask : null));
    }

    Register NextOf(Scope scope, Register argument)
    {
        foreach (var (known, next) in scope.Next)
        {
            if (known == argument)
                return next;
        }

        Register fresh = code.NewRegister(argument.Type, false);
        scope.Next.Add((argument, fresh));
        return fresh;
    }

    // The one value of a uniform operand, or lane 0's of a strided one.
    Value Scalar(Value value) => value is Constant ? value : registers[value];

    // What counts for every lane: a vector, or a uniform value.
    Value Vector(Value value)
    {
        if (value is Constant)
            return value;
        if (divergence.LeftApart(value, current) != null && captured.TryGetValue(value, out Register? outside))
            return outside;
        Register register = registers[value];
        Shape shape = divergence.Of(value);
        if (options.Lanes == 1 || shape.IsVarying || shape.IsUniform || shape.IsUnknown)
            return register;
        Value steps = LaneNumbers.Value;
        bool wide = value.Type != IrType.I32;
        if (wide)
            steps = Compute(IrType.I64, true, Op.SignExtend, steps);
        if (shape.Stride != 1)
        {
            steps = Compute(wide ? IrType.I64 : IrType.I32, true, Op.Multiply, steps,
                wide ? function.Constant(shape.Stride) : function.Constant((int)shape.Stride));
        }

        return Compute(value.Type, true, Op.Add, register, steps);
    }
}
