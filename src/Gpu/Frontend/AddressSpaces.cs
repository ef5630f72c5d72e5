using Dalle2.Gpu.Ir;

namespace Dalle2.Gpu.Frontend;

/// <summary>
/// Tells addresses of shared and local memory from those of device memory. While a function is being built, arguments and offsets count as
/// device memory; what an address of other memory flows into is of that memory. The null address belongs to any.
/// </summary>
static class AddressSpaces
{
    public static void Run(Function function)
    {
        Edge[] edges = [.. function.Blocks.SelectMany(block => block.Edges)];
        Instruction[] offsets = [.. function.Blocks.SelectMany(block => block.Instructions).Where(i => i.Op == Op.Offset)];
        for (bool changed = true; changed;)
        {
            changed = false;
            foreach (Instruction offset in offsets)
                changed |= Spread(offset.Operands[0], offset);
            foreach (Edge edge in edges)
            {
                for (int a = 0; a < edge.Arguments.Count; a++)
                    changed |= Spread(edge.Arguments[a], edge.To.Arguments[a]);
            }
        }

        foreach (Edge edge in edges)
        {
            for (int a = 0; a < edge.Arguments.Count; a++)
            {
                if (edge.Arguments[a].Type == edge.To.Arguments[a].Type)
                    continue;
                if (edge.Arguments[a] is not Constant { Bits: 0 })
                    throw Diagnostic.MixedMemory.At(Place(edge));
                edge.Arguments[a] = function.Constant(edge.To.Arguments[a].Type, 0);
            }
        }
    }

    static bool Spread(Value from, Value to)
    {
        // What is no longer device memory stays what it is, so that the search ends; where the kinds meet is found afterwards.
        if (from.Type is not (IrType.Shared or IrType.Local) || to.Type != IrType.Global)
            return false;
        to.Type = from.Type;
        return true;
    }

    static SourcePosition Place(Edge edge) =>
        edge.To.Instructions.Concat(edge.From.Instructions).Select(i => i.Position).FirstOrDefault();
}
