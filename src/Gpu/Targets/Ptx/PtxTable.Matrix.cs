using Dalle2.Gpu.Ir;

namespace Dalle2.Gpu.Targets.Ptx;

/// <content>Matrix units, and what brings numbers to them.</content>
static partial class PtxTable
{
    // Of what is not inside, no byte is read, and zeros are written. The access's offset is the target's alone.
    static void BeginCopy(PtxEmitter e, Instruction i, int element)
    {
        RequireCopy(i);
        Value[] o = i.Operands;
        string bytes = e.Fresh(IrType.I32);
        e.Line($"selp.b32 {bytes}, 4, 0, {e.Register(o[4])}");
        Access from = i.Access with { Offset = element * sizeof(float) },
            to = i.Access with { Offset = i.Access.Offset + element * sizeof(float) };
        e.Line($"cp.async.ca.shared.global {e.Address(o[0], o[1], to)}, {e.Address(o[2], o[3], from)}, 4, {bytes}");
    }

    // In one piece only where the launch says that views begin at multiples of 16 bytes.
    static void BeginFour(PtxEmitter e, Instruction i)
    {
        if (!e.AlignedViews)
        {
            for (int element = 0; element < 4; element++)
                BeginCopy(e, i, element);
            return;
        }

        RequireCopy(i);
        Value[] o = i.Operands;
        string bytes = e.Fresh(IrType.I32);
        e.Line($"selp.b32 {bytes}, 16, 0, {e.Register(o[4])}");
        e.Line($"cp.async.cg.shared.global {e.Address(o[0], o[1], i.Access)}, {e.Address(o[2], o[3], i.Access with { Offset = 0 })}, 16, "
            + $"{bytes}");
    }

    static void RequireCopy(Instruction i)
    {
        if ((i.Operands[0].Type, i.Operands[2].Type) is not (IrType.Shared, IrType.Global))
            throw new InvalidOperationException($"a copy from {i.Operands[2].Type} to {i.Operands[0].Type} memory");
    }

    static void LoadMatrices(PtxEmitter e, Instruction i)
    {
        if (i.Operands[0].Type != IrType.Shared)
            throw new InvalidOperationException($"rows of matrices from {i.Operands[0].Type} memory");
        e.Line($"ldmatrix.sync.aligned.m8n8.x4.shared.b16 {Elements(e.Parts(i))}, {e.Address(i)}");
    }

    static void MultiplyMatrices(PtxEmitter e, Instruction i)
    {
        string kind = ((MatrixProduct)i.Immediate!).Format == MatrixFormat.TensorFloat
            ? "m16n8k8.row.col.f32.tf32.tf32.f32" : "m16n8k16.row.col.f32.bf16.bf16.f32";
        string[] operands = [.. i.Operands.Select(e.Register)];
        e.Line($"mma.sync.aligned.{kind} {Elements(e.Parts(i))}, {Elements(operands[..4])}, {Elements(operands[4..6])}, "
            + $"{Elements(operands[6..])}");
    }
}
