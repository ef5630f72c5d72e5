using System.Globalization;
using System.Text;
using Dalle2.Gpu.Ir;

namespace Dalle2.Gpu.Lowering;

/// <summary>Lines as text, for people: vectors begin with v, masks with m, scalars with s.</summary>
static class LinearText
{
    public static string Print(LinearCode code)
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture,
            $"{code.Name} for {code.Lanes} threads side by side("
            + $"{string.Join(", ", code.Parameters.Select(p => $"{Name(p)}: {p.Type.Name()}"))})\n");
        foreach (Line line in code.Lines)
            text.Append(line is LabelLine ? "" : "    ").Append(Of(line)).Append('\n');
        return text.ToString();
    }

    static string Of(Line line) => line switch
    {
        ComputeLine c => $"{Name(c.Target)} = {c.Op.Row().Name} {Names(c.Operands)}",
        MoveLine m => $"{Name(m.Target)} = {Name(m.Value)}{Where(m.Mask)}",
        BuiltInLine p => $"{Name(p.Target)} = {p.Value}",
        AddressLine a => $"{Name(a.Target)} = address {At(a.Access, a.Pointer, a.Index, 0)}",
        LoadLine l => $"{Name(l.Target)} = load {At(l.Access, l.Pointer, l.Index, l.LaneStep)}{Where(l.Mask)}",
        StoreLine s => $"store {At(s.Access, s.Pointer, s.Index, s.LaneStep)} = {Name(s.Value)}{Where(s.Mask)}",
        AtomicLine a => $"{(a.Target == null ? "" : Name(a.Target) + " = ")}{a.Op.Row().Name} {At(a.Access, a.Pointer, a.Index, 0)}, "
        + $"{Names(a.Values)}{Where(a.Mask)}",
        AnyLine a => $"{Name(a.Target)} = any {Name(a.Mask)}",
        LabelLine l => $"L{l.Label.Number}:",
        JumpLine j => $"jump L{j.Label.Number}",
        BranchLine b => $"jump L{b.Label.Number} if {(b.Expected ? "" : "not ")}{Name(b.Condition)}",
        BarrierLine b => $"barrier {b.Number}{(b.WarpOnly ? " of the warp" : "")}",
        MemoryStart m => $"{Name(m.Target)} = {m.Target.Type.Name()} memory + {m.ByteOffset}",
        RequireLine r => $"require {Name(r.Ok)} ({Name(r.Found)}, {Name(r.Limit)}), check {r.Check}{Where(r.Mask)}",
        FenceLine => "fence",
        EndLine => "end",
        _ => throw new InvalidOperationException(line.GetType().Name),
    };

    static string At(Access access, Value pointer, Value index, int step) =>
        $"{access.Type.Name()} [{Name(pointer)} + {Name(index)} * {access.Stride} + {access.Offset}"
        + $"{(step == 0 ? "" : $" + lane * {step}")}]";

    static string Where(Value? mask) => mask == null ? "" : $" where {Name(mask)}";

    static string Names(Value[] values) => string.Join(", ", values.Select(Name));

    static string Name(Value value) => value switch
    {
        Register { IsVector: true, Type: IrType.Bool } r => $"m{r.Number}",
        Register { IsVector: true } r => $"v{r.Number}",
        Register r => $"s{r.Number}",
        LaneNumbers => "lanes",
        Constant constant => IrPrinter.Literal(constant),
        _ => throw new InvalidOperationException(value.GetType().Name),
    };
}
