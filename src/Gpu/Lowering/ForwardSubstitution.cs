namespace Dalle2.Gpu.Lowering;

/// <summary>Finds values that can be computed right where their only reader is: the text is shorter, and needs fewer variables.</summary>
static class ForwardSubstitution
{
    /// <summary>The registers that are written once, by arithmetic on what never changes, and read once, with no label or jump between.</summary>
    /// <param name="code">The lines.</param>
    /// <param name="allowed">Which computations may be moved to their readers.</param>
    public static HashSet<Register> Find(LinearCode code, Func<ComputeLine, bool> allowed)
    {
        int[] reads = new int[code.Registers.Count], writes = new int[code.Registers.Count];
        int[] segmentOfRead = new int[code.Registers.Count];
        int segment = 0;
        foreach (Line line in code.Lines)
        {
            foreach (Register read in LineOperands.Read(line))
            {
                reads[read.Number]++;
                segmentOfRead[read.Number] = segment;
            }

            if (LineOperands.Written(line) is { } written)
                writes[written.Number]++;
            if (line is LabelLine or JumpLine or BranchLine or BarrierLine)
                segment++;
        }

        var found = new HashSet<Register>();
        segment = 0;
        foreach (Line line in code.Lines)
        {
            if (line is ComputeLine compute && reads[compute.Target.Number] == 1 && writes[compute.Target.Number] == 1
                && segmentOfRead[compute.Target.Number] == segment && allowed(compute)
                && compute.Operands.All(operand => operand is not Register register || writes[register.Number] <= 1))
            {
                found.Add(compute.Target);
            }

            if (line is LabelLine or JumpLine or BranchLine or BarrierLine)
                segment++;
        }

        return found;
    }
}
