using Dalle2.Gpu.Ir;

namespace Dalle2.Gpu.Lowering;

/// <summary>
/// Lets a value that is only computed to be moved into a variable be computed there: an accumulator then is one register all through its loop.
/// Between the computation and the move nothing may read or write the variable, and control may not come or go.
/// </summary>
static class Coalescing
{
    public static void Run(LinearCode code)
    {
        int[] reads = new int[code.Registers.Count], writes = new int[code.Registers.Count];
        foreach (Line line in code.Lines)
        {
            foreach (Register read in LineOperands.Read(line))
                reads[read.Number]++;
            if (LineOperands.Written(line) is { } written)
                writes[written.Number]++;
        }

        var definedAt = new Dictionary<Register, int>();
        var lastTouched = new Dictionary<Register, int>();
        var removed = new HashSet<int>();
        for (int l = 0; l < code.Lines.Count; l++)
        {
            Line line = code.Lines[l];
            if (line is LabelLine or JumpLine or BranchLine or BarrierLine)
            {
                definedAt.Clear();
                lastTouched.Clear();
                continue;
            }

            if (line is MoveLine { Mask: null, Value: Register value } move
                && reads[value.Number] == 1 && writes[value.Number] == 1 && value.IsVector == move.Target.IsVector
                && value.Type == move.Target.Type
                && definedAt.TryGetValue(value, out int at)
                && lastTouched.GetValueOrDefault(move.Target, -1) <= at
                && !(lastTouched.GetValueOrDefault(move.Target, -1) == at && LineOperands.Written(code.Lines[at]) == move.Target))
            {
                code.Lines[at] = LineOperands.WithTarget(code.Lines[at], move.Target);
                removed.Add(l);
                FollowBack(code, at, move.Target, reads, writes, definedAt);
                lastTouched[move.Target] = l;
                continue;
            }

            foreach (Register read in LineOperands.Read(line))
                lastTouched[read] = l;
            if (LineOperands.Written(line) is { } written)
            {
                lastTouched[written] = l;
                if (line is ComputeLine or AddressLine or LoadLine)
                    definedAt[written] = l;
            }
        }

        Compact(code, removed);
    }

    // What the value was computed from, step by step, can live in the variable as well: a chain of sums then is one register.
    static void FollowBack(LinearCode code, int at, Register variable, int[] reads, int[] writes, Dictionary<Register, int> definedAt)
    {
        while (code.Lines[at] is ComputeLine { Op: not Op.Select } line && !line.Operands.Contains(variable))
        {
            Register? before = null;
            int defined = -1;
            foreach (Value operand in line.Operands)
            {
                if (operand is Register register && register.IsVector == variable.IsVector && register.Type == variable.Type
                    && reads[register.Number] == 1 && writes[register.Number] == 1 && definedAt.TryGetValue(register, out int d)
                    && d > defined
                    && code.Lines[d] is ComputeLine && !IsTouched(code, variable, d, at))
                {
                    (before, defined) = (register, d);
                }
            }

            if (before == null)
                return;
            Value[] operands = [.. line.Operands.Select(operand => operand == before ? variable : operand)];
            code.Lines[at] = line with { Operands = operands };
            code.Lines[defined] = LineOperands.WithTarget(code.Lines[defined], variable);
            at = defined;
        }
    }

    static bool IsTouched(LinearCode code, Register register, int after, int before)
    {
        for (int l = after + 1; l < before; l++)
        {
            if (LineOperands.Written(code.Lines[l]) == register || LineOperands.Of(code.Lines[l]).Contains(register))
                return true;
        }

        return false;
    }

    static void Compact(LinearCode code, HashSet<int> removed)
    {
        int kept = 0;
        for (int l = 0; l < code.Lines.Count; l++)
        {
            if (!removed.Contains(l))
                code.Lines[kept++] = code.Lines[l];
        }

        code.Lines.RemoveRange(kept, code.Lines.Count - kept);
    }
}
