using Dalle2.Gpu.Ir;

namespace Dalle2.Gpu.Lowering;

/// <summary>
/// Finds scalars that are loaded for vector arithmetic alone, right after: these may be spread over a vector when they are loaded, which is one
/// instruction, instead of wherever they are used.
/// </summary>
static class BroadcastLoads
{
    /// <summary>The registers of these scalars.</summary>
    /// <param name="code">The lines.</param>
    /// <param name="isDirect">Whether arithmetic takes whole vectors; else it goes lane by lane, and takes scalars as they are.</param>
    public static HashSet<Register> Find(LinearCode code, Func<ComputeLine, bool> isDirect)
    {
        if (code.Lanes == 1)
            return [];
        var found = new HashSet<Register>();
        var loaded = new Dictionary<Register, int>();
        int segment = 0;
        foreach (Line line in code.Lines)
        {
            foreach (Value operand in LineOperands.Of(line))
            {
                if (operand is Register register && loaded.TryGetValue(register, out int at)
                    && (at != segment || line is not ComputeLine { Target.IsVector: true } vector || !isDirect(vector)))
                {
                    found.Remove(register);
                }
            }

            if (line is LoadLine { Target: { IsVector: false, Type: IrType.F32 } target })
            {
                loaded[target] = segment;
                found.Add(target);
            }
            else if (LineOperands.Written(line) is { } written)
            {
                found.Remove(written);
                loaded.Remove(written);
            }

            if (line is LabelLine or JumpLine or BranchLine or BarrierLine)
                segment++;
        }

        return found;
    }
}
