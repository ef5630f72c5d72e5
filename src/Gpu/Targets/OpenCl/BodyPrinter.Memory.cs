using Dalle2.Gpu.Ir;
using Dalle2.Gpu.Lowering;

namespace Dalle2.Gpu.Targets.OpenCl;

/// <content>Memory: scalars, rows of lanes as vectors, and lanes one by one.</content>
sealed partial class BodyPrinter
{
    void Load(LoadLine load)
    {
        Access access = load.Access;
        string space = ClType.Space(load.Pointer.Type), element = ClType.Of(access.Type);
        if (!load.Target.IsVector)
        {
            Statement(
                $"{Name(load.Target)} = {Loaded($"*({space} const {element}*)({Address(access, load.Pointer, load.Index)})", access.Type, 1)}");
            return;
        }

        string name = Name(load.Target);
        bool scattered = IsVector(load.Pointer) || IsVector(load.Index);
        if (!scattered && load.LaneStep == 0 && load.Mask == null)
        {
            Statement(
                $"{name} = ({TypeOf(load.Target)})("
                + $"{Loaded($"*({space} const {element}*)({Address(access, load.Pointer, load.Index)})", access.Type, 1)})");
            return;
        }

        string addresses = Addresses(access, load.Pointer, load.Index, load.LaneStep);
        if (load.Mask == null)
        {
            Statement(
                $"{name} = {(!scattered && load.LaneStep == access.Type.Bytes() ? Row() : Loaded($"{Gather(load.Pointer.Type, access.Type)}({addresses})", access.Type, lanes))}");
            return;
        }

        // Lanes outside of the mask read a place that is always there.
        string mask = Operand(load.Mask, true);
        string safe = $"select((ulong{lanes})((ulong){Nowhere()}), {addresses}, convert_long{lanes}({mask}))";
        string chosen = Loaded($"{Gather(load.Pointer.Type, access.Type)}({safe})", access.Type, lanes);
        if (!scattered && load.LaneStep == access.Type.Bytes())
            Statement($"if ({All(mask)}) {name} = {Row()}; else {name} = {chosen}");
        else
            Statement($"{name} = {chosen}");

        string Row() =>
            Loaded($"vload{lanes}(0, ({space} const {element}*)({Address(access, load.Pointer, load.Index)}))", access.Type, lanes);
    }

    void Store(StoreLine store)
    {
        Access access = store.Access;
        string space = ClType.Space(store.Pointer.Type), element = ClType.Stored(access.Type);
        bool scattered = IsVector(store.Pointer) || IsVector(store.Index), vector = IsVector(store.Value);
        if (lanes == 1 || (!scattered && store.LaneStep == 0 && !vector))
        {
            string where = store.Mask == null || lanes == 1 ? "" : $"if ({Any(Operand(store.Mask, true))}) ";
            Statement($"{where}*({space} {element}*)({Address(access, store.Pointer, store.Index)}) = "
                + $"{Stored(Operand(store.Value, false), access.Type, 1)}");
            return;
        }

        string value = Stored(Operand(store.Value, true), access.Type, lanes);
        string mask = store.Mask == null ? $"(int{lanes})(-1)" : Operand(store.Mask, true);
        string scatter = $"{Scatter(store.Pointer.Type, access.Type)}({Addresses(access, store.Pointer, store.Index, store.LaneStep)}, "
            + $"{value}, {mask})";
        if (scattered || store.LaneStep != access.Type.Bytes())
        {
            Statement(scatter);
            return;
        }

        string row = $"vstore{lanes}({value}, 0, ({space} {element}*)({Address(access, store.Pointer, store.Index)}))";
        Statement(store.Mask == null ? row : $"if ({All(mask)}) {row}; else {scatter}");
    }

    void Atomic(AtomicLine atomic)
    {
        IrType type = atomic.Access.Type.Loaded();
        var functions = new Atomics(prelude, ClType.Space(atomic.Pointer.Type), type, lanes);
        string target = atomic.Target == null ? "" : $"{Name(atomic.Target)} = ";
        if (lanes == 1)
        {
            string values = string.Join(", ", atomic.Values.Select(value => Operand(value, false)));
            Statement($"{target}{functions.One(atomic.Op)}({Address(atomic.Access, atomic.Pointer, atomic.Index)}, {values})");
            return;
        }

        string mask = atomic.Mask == null ? $"(int{lanes})(-1)" : Operand(atomic.Mask, true);
        string old = atomic.Target == null ? $"({ClType.Of(type, lanes)})(0)" : Operand(atomic.Target, true);
        string all = string.Join(", ", atomic.Values.Select(value => Operand(value, true)));
        string call = $"{functions.Each(atomic.Op)}({Addresses(atomic.Access, atomic.Pointer, atomic.Index, 0)}, {all}, {mask}, {old})";
        Statement(atomic.Target is { IsVector: false } ? $"{target}{call}.s0" : target + call);
    }

    void Require(RequireLine require)
    {
        bool vector = lanes > 1 && (IsVector(require.Ok) || IsVector(require.Found) || IsVector(require.Limit));
        string report = prelude.Require("report_failure", n => $$"""
            void {{n}}(__global ulong* report, uint check, ulong found, ulong limit)
            {
                if (atomic_cmpxchg((volatile __global uint*)report, 0u, 1u) == 0u)
                {
                    report[1] = check;
                    report[2] = found;
                    report[3] = limit;
                }
            }
            """);
        if (!vector)
        {
            Statement($"if (!{Operand(require.Ok, false)}) {{ {report}(report, {unchecked((uint)require.Check)}u, "
                + $"{Operand(require.Found, false)}, {Operand(require.Limit, false)}); return; }}");
            return;
        }

        string failed = $"~{Operand(require.Ok, true)}" + (require.Mask == null ? "" : $" & {Operand(require.Mask, true)}");
        string lane = Lane(IrType.I64), at = $"{FirstOf()}({failed})";
        Statement($"if ({Any(failed)}) {{ {report}(report, {unchecked((uint)require.Check)}u, {lane}({Operand(require.Found, true)}, "
            + $"{at}), {lane}({Operand(require.Limit, true)}, {at})); return; }}");
    }

    bool IsVector(Value value) => value is Register { IsVector: true } || (value is LaneNumbers && lanes > 1);

    // pointer + index * stride + offset
    string Address(Access access, Value pointer, Value index)
    {
        string start = Operand(pointer, false);
        if (index is Constant constant)
        {
            long bytes = (constant.Type == IrType.I32 ? (int)constant.Bits : (long)constant.Bits) * access.Stride + access.Offset;
            return bytes == 0 ? start : $"{start} + ({bytes}L)";
        }

        string place = index.Type == IrType.I32 ? $"(long)as_int({Operand(index, false)})" : $"as_long({Operand(index, false)})";
        return $"{start} + ({place}{(access.Stride == 1 ? "" : $" * {access.Stride}")}{Plus(access.Offset)})";
    }

    // The lanes' addresses as numbers: these may lie anywhere where the lane is masked out.
    string Addresses(Access access, Value pointer, Value index, int laneStep)
    {
        string start = Operand(pointer, true);
        string place = index switch
        {
            Register { IsVector: true } or LaneNumbers when index.Type == IrType.I32 =>
            $"as_ulong{lanes}(convert_long{lanes}(as_int{lanes}({Operand(index, true)})))",
            Register { IsVector: true } => Operand(index, true),
            _ when index.Type == IrType.I32 => $"(ulong{lanes})((ulong)(long)as_int({Operand(index, false)}))",
            _ => $"(ulong{lanes})({Operand(index, false)})",
        };
        string steps = laneStep == 0
            ? ""
            : $" + (ulong{lanes})("
                + string.Join(", ", Enumerable.Range(0, lanes).Select(l => laneStep * (long)l)
                    .Select(step => step < 0 ? $"(ulong)({step}L)" : $"{step}")) + ")";
        string offset = access.Offset == 0 ? "" : $" + (ulong)({access.Offset}L)";
        string scale = access.Stride == 1 ? "" : $" * (ulong)({access.Stride}L)";
        return $"{start} + {place}{scale}{offset}{steps}";
    }

    static string Plus(int offset) => offset == 0 ? "" : offset < 0 ? $" - {-(long)offset}" : $" + {offset}";

    // What was read, as a value: small integers widen by their sign or by zeros.
    static string Loaded(string value, MemoryType type, int width)
    {
        string w = width == 1 ? "" : width.ToString(System.Globalization.CultureInfo.InvariantCulture);
        return type switch
        {
            MemoryType.I8 or MemoryType.I16 => $"as_uint{w}({Converted(value, "int", width)})",
            MemoryType.U8 or MemoryType.U16 => Converted(value, "uint", width),
            _ => value,
        };
    }

    static string Stored(string value, MemoryType type, int width) =>
        type.Bytes() >= 4 ? value : Converted($"{value} & {(type.Bytes() == 1 ? "0xffu" : "0xffffu")}", ClType.Stored(type), width);
}
