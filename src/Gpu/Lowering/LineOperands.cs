using Dalle2.Gpu.Ir;

namespace Dalle2.Gpu.Lowering;

/// <summary>What a line reads and writes.</summary>
static class LineOperands
{
    /// <summary>All operands but the target.</summary>
    public static IEnumerable<Value> Of(Line line) => line switch
    {
        ComputeLine compute => compute.Operands,
        MoveLine move => With(move.Mask, move.Value),
        AddressLine address => [address.Pointer, address.Index],
        LoadLine load => With(load.Mask, load.Pointer, load.Index),
        StoreLine store => With(store.Mask, store.Pointer, store.Index, store.Value),
        AtomicLine atomic => With(atomic.Mask, [atomic.Pointer, atomic.Index, .. atomic.Values]),
        AnyLine any => [any.Mask],
        BranchLine branch => [branch.Condition],
        RequireLine require => With(require.Mask, require.Ok, require.Found, require.Limit),
        _ => [],
    };

    /// <summary>The registers that a line reads. A move under a mask also reads the target's lanes that it leaves as they are.</summary>
    public static IEnumerable<Register> Read(Line line)
    {
        IEnumerable<Register> operands = Of(line).OfType<Register>();
        return line is MoveLine { Mask: not null }
            ? operands.Append(Written(line)!)
            : operands;
    }

    /// <summary>The register that a line writes, or null.</summary>
    public static Register? Written(Line line) => line switch
    {
        ComputeLine compute => compute.Target,
        MoveLine move => move.Target,
        BuiltInLine place => place.Target,
        AddressLine address => address.Target,
        LoadLine load => load.Target,
        AtomicLine atomic => atomic.Target,
        AnyLine any => any.Target,
        MemoryStart start => start.Target,
        _ => null,
    };

    /// <summary>The same line with another target.</summary>
    public static Line WithTarget(Line line, Register target) => line switch
    {
        ComputeLine compute => compute with { Target = target },
        AddressLine address => address with { Target = target },
        LoadLine load => load with { Target = target },
        _ => throw new InvalidOperationException($"{line.GetType().Name} keeps its target"),
    };

    static Value[] With(Value? mask, params Value[] operands) => mask == null ? operands : [.. operands, mask];
}
