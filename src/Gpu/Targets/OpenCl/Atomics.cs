using Dalle2.Gpu.Ir;

namespace Dalle2.Gpu.Targets.OpenCl;

/// <summary>Functions for atomic operations. Where OpenCL has none of its own, on floats, a loop compares and exchanges their bits.</summary>
/// <param name="prelude">Where they are defined.</param>
/// <param name="space">The address space.</param>
/// <param name="type">The type of the elements.</param>
/// <param name="lanes">The lanes of a vector.</param>
sealed class Atomics(Prelude prelude, string space, IrType type, int lanes)
{
    string Element => ClType.Of(type, 1);

    string Bits => ClType.Unsigned(type, 1);

    /// <summary>A function of an address and the values that gives the old value.</summary>
    public string One(Op op)
    {
        string name = $"{Word(op)}{space[1..]}_{Element}", prefix = ClType.Wide(type) ? "atom" : "atomic";
        string parameters = op == Op.AtomicCompareExchange ? $"{Element} compare, {Element} value" : $"{Element} value";
        return prelude.Require(name, n => $$"""
            {{Element}} {{n}}({{space}} uchar* p, {{parameters}})
            {
            {{(type.IsFloat() && op == Op.AtomicAdd ? AddFloats(prefix) : Direct(op, prefix))}}
            }
            """);
    }

    /// <summary>A function of the lanes' addresses, values, mask and what to give for other lanes; each lane in turn.</summary>
    public string Each(Op op)
    {
        string one = One(op), v = $"{Element}{lanes}";
        bool compares = op == Op.AtomicCompareExchange;
        string Lane(int l) =>
            $"    if (m.s{l:x}) old.s{l:x} = {one}(({space} uchar*)a.s{l:x}, {(compares ? $"compare.s{l:x}, " : "")}value.s{l:x});";
        string every = string.Join("\n", Enumerable.Range(0, lanes).Select(Lane));
        return prelude.Require($"{one}x{lanes}", n => $$"""
            {{v}} {{n}}(ulong{{lanes}} a, {{(compares ? $"{v} compare, " : "")}}{{v}} value, int{{lanes}} m, {{v}} old)
            {
            {{every}}
                return old;
            }
            """);
    }

    string Direct(Op op, string prefix)
    {
        bool signed = op is Op.AtomicMin or Op.AtomicMax;
        string t = signed ? ClType.Signed(type, 1) : Bits;
        string values = op == Op.AtomicCompareExchange ? $"as_{t}(compare), as_{t}(value)" : $"as_{t}(value)";
        return $"    return as_{Element}({prefix}_{Function(op)}((volatile {space} {t}*)p, {values}));";
    }

    string AddFloats(string prefix) => $$"""
                volatile {{space}} {{Bits}}* place = (volatile {{space}} {{Bits}}*)p;
                {{Bits}} old = *place, seen;
                while ((seen = {{prefix}}_cmpxchg(place, old, as_{{Bits}}(as_{{Element}}(old) + value))) != old)
                    old = seen;
                return as_{{Element}}(old);
            """;

    static string Word(Op op) => op.Row().Name.Replace('.', '_');

    static string Function(Op op) => op switch
    {
        Op.AtomicAdd => "add",
        Op.AtomicAnd => "and",
        Op.AtomicOr => "or",
        Op.AtomicXor => "xor",
        Op.AtomicMin or Op.AtomicMinUnsigned => "min",
        Op.AtomicMax or Op.AtomicMaxUnsigned => "max",
        Op.AtomicExchange => "xchg",
        _ => "cmpxchg",
    };
}
