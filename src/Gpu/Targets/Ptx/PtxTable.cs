using Dalle2.Gpu.Ir;

namespace Dalle2.Gpu.Targets.Ptx;

/// <summary>
/// What each operation becomes, a row each. Floats round to nearest in every single operation (<c>.rn</c>), which also keeps the driver from joining
/// a product with a sum; denormals stay (no <c>.ftz</c>); nothing is approximated.
/// </summary>
static partial class PtxTable
{
    static readonly Dictionary<Op, Action<PtxEmitter, Instruction>> Rows = new()
    {
        [Op.Add] = Typed("add.s32", "add.s64", "add.rn.f32", "add.rn.f64"),
        [Op.Subtract] = Typed("sub.s32", "sub.s64", "sub.rn.f32", "sub.rn.f64"),
        [Op.Multiply] = Typed("mul.lo.s32", "mul.lo.s64", "mul.rn.f32", "mul.rn.f64"),
        [Op.MultiplyHighUnsigned] = Typed("mul.hi.u32", "mul.hi.u64"),
        [Op.Divide] = Division("div.s32", "div.s64", "div.rn.f32", "div.rn.f64"),
        [Op.DivideUnsigned] = Division("div.u32", "div.u64"),
        [Op.Remainder] = Division("rem.s32", "rem.s64"),
        [Op.RemainderUnsigned] = Division("rem.u32", "rem.u64"),
        [Op.And] = Typed("and.b32", "and.b64", flag: "and.pred"),
        [Op.Or] = Typed("or.b32", "or.b64", flag: "or.pred"),
        [Op.Xor] = Typed("xor.b32", "xor.b64", flag: "xor.pred"),
        [Op.Not] = Typed("not.b32", "not.b64", flag: "not.pred"),
        [Op.Negate] = Typed("neg.s32", "neg.s64", "neg.f32", "neg.f64"),
        [Op.ShiftLeft] = Shift("shl.b32", "shl.b64"),
        [Op.ShiftRight] = Shift("shr.s32", "shr.s64"),
        [Op.ShiftRightUnsigned] = Shift("shr.u32", "shr.u64"),
        [Op.Equal] = (e, i) =>
        {
            if (i.Operands[0].Type != IrType.Bool)
            {
                Compare(e, i, "eq.s32", "eq.s64", "eq.f32", "eq.f64");
                return;
            }

            string differ = e.Fresh(IrType.Bool);
            e.Line($"xor.pred {differ}, {e.Register(i.Operands[0])}, {e.Register(i.Operands[1])}");
            e.Line($"not.pred {e.Define(i)}, {differ}");
        },
        [Op.NotEqual] = (e, i) =>
        {
            if (i.Operands[0].Type == IrType.Bool)
                e.Line($"xor.pred {e.Define(i)}, {e.Register(i.Operands[0])}, {e.Register(i.Operands[1])}");
            else
                Compare(e, i, "ne.s32", "ne.s64", "neu.f32", "neu.f64"); // NaN differs from everything
        },
        [Op.Less] = (e, i) => Compare(e, i, "lt.s32", "lt.s64", "lt.f32", "lt.f64"),
        [Op.LessOrEqual] = (e, i) => Compare(e, i, "le.s32", "le.s64", "le.f32", "le.f64"),
        [Op.LessUnsigned] = (e, i) => Compare(e, i, "lt.u32", "lt.u64"),
        [Op.LessOrEqualUnsigned] = (e, i) => Compare(e, i, "le.u32", "le.u64"),
        [Op.Select] = Select,
        [Op.SignExtend] = Plain("cvt.s64.s32"),
        [Op.ZeroExtend] = (e, i) => e.Line(i.Operands[0].Type == IrType.Bool
            ? $"selp.b32 {e.Define(i)}, 1, 0, {e.Register(i.Operands[0])}"
            : $"cvt.u64.u32 {e.Define(i)}, {e.Register(i.Operands[0])}"),
        [Op.Truncate] = Plain("cvt.u32.u64"),
        [Op.SignExtend8] = Plain("cvt.s32.s8"),
        [Op.SignExtend16] = Plain("cvt.s32.s16"),
        [Op.ZeroExtend8] = (e, i) => e.Line($"and.b32 {e.Define(i)}, {e.Operand(i.Operands[0])}, 255"),
        [Op.ZeroExtend16] = (e, i) => e.Line($"and.b32 {e.Define(i)}, {e.Operand(i.Operands[0])}, 65535"),
        [Op.IntToFloat] = (e, i) => Convert(e, i, "rn.", Float(i.Type), "s" + Width(i.Operands[0].Type)),
        [Op.UnsignedToFloat] = (e, i) => Convert(e, i, "rn.", Float(i.Type), "u" + Width(i.Operands[0].Type)),
        [Op.FloatToInt] = (e, i) => ToInteger(e, i, "s"),
        [Op.FloatToUnsigned] = (e, i) => ToInteger(e, i, "u"),
        [Op.FloatToFloat] = (e, i) => Convert(e, i, i.Type == IrType.F32 ? "rn." : "", Float(i.Type), Float(i.Operands[0].Type)),
        [Op.Bits] = (e, i) => e.Line($"mov.b{Width(i.Type)} {e.Define(i)}, {e.Register(i.Operands[0])}"),
        [Op.HalfToFloat] = (e, i) =>
        {
            string half = e.Fresh("%h");
            e.Line($"cvt.u16.u32 {half}, {e.Register(i.Operands[0])}");
            e.Line($"cvt.f32.f16 {e.Define(i)}, {half}");
        },
        [Op.FloatToHalf] = (e, i) =>
        {
            string half = e.Fresh("%h");
            e.Line($"cvt.rn.f16.f32 {half}, {e.Register(i.Operands[0])}");
            e.Line($"cvt.u32.u16 {e.Define(i)}, {half}");
        },
        [Op.ToTensorFloat] = Plain("cvt.rna.tf32.f32"),
        // the upper half comes first
        [Op.ToBrainFloats] = (e, i) => e.Line($"cvt.rn.bf16x2.f32 {e.Define(i)}, {e.Register(i.Operands[1])}, {e.Register(i.Operands[0])}"),
        [Op.Sqrt] = Typed(f32: "sqrt.rn.f32", f64: "sqrt.rn.f64"),
        [Op.Floor] = (e, i) => Convert(e, i, "rmi.", Float(i.Type), Float(i.Type)),
        [Op.Abs] = Typed(f32: "abs.f32", f64: "abs.f64"),
        [Op.FusedMultiplyAdd] = Typed(f32: "fma.rn.f32", f64: "fma.rn.f64"),
        [Op.IsValid] = (e, i) => e.Line(i.Operands[0].Type == IrType.Global
            ? $"setp.ne.u64 {e.Define(i)}, {e.Register(i.Operands[0])}, 0"
            : $"mov.pred {e.Define(i)}, 1"), // variables may well begin at address 0
        [Op.Offset] = Offset,
        [Op.Load] = (e, i) => Load(e, [i]),
        [Op.Store] = (e, i) => Store(e, [i]),
        [Op.SharedAllocate] = (e, i) => e.Line($"mov.u32 {e.Define(i)}, {e.Declare(i.Type, (Allocation)i.Immediate!)}"),
        [Op.LocalAllocate] = (e, i) => e.Line($"mov.u64 {e.Define(i)}, {e.Declare(i.Type, (Allocation)i.Immediate!)}"),
        [Op.Barrier] = (e, _) => e.Line("bar.sync 0"),
        [Op.WarpBarrier] = (e, _) => e.Line("bar.warp.sync 0xffffffff"),
        [Op.Shuffle] = Shuffle,
        [Op.MatrixLoad] = LoadMatrices,
        [Op.MatrixMultiplyAdd] = MultiplyMatrices,
        [Op.MatrixPart] = (_, _) => { }, // the instruction with four results has set it
        [Op.CopyBegin] = (e, i) => BeginCopy(e, i, 0),
        [Op.CopyBeginFour] = BeginFour,
        [Op.CopyCommit] = (e, _) => e.Line("cp.async.commit_group"),
        [Op.CopyWait] = (e, i) => e.Line(((PendingCopies)i.Immediate!).Groups is { } groups
        ? $"cp.async.wait_group {groups}" : "cp.async.wait_all"),
        [Op.MemoryFence] = (e, i) => e.Line("membar." + ((Fence)i.Immediate!).Scope switch
        {
            FenceScope.Group => "cta",
            FenceScope.Device => "gl",
            _ => "sys",
        }),
        [Op.AtomicAdd] = (e, i) =>
        {
            // In device memory the hardware's own addition of floats takes denormals for zeros.
            if (i.Type == IrType.F32 && i.Operands[0].Type == IrType.Global)
                AddByComparison(e, i);
            else
                Atomic(e, i, "add", i.Type.IsInteger() ? "u" : "f");
        },
        [Op.AtomicAnd] = (e, i) => Atomic(e, i, "and", "b"),
        [Op.AtomicOr] = (e, i) => Atomic(e, i, "or", "b"),
        [Op.AtomicXor] = (e, i) => Atomic(e, i, "xor", "b"),
        [Op.AtomicMin] = (e, i) => Atomic(e, i, "min", "s"),
        [Op.AtomicMinUnsigned] = (e, i) => Atomic(e, i, "min", "u"),
        [Op.AtomicMax] = (e, i) => Atomic(e, i, "max", "s"),
        [Op.AtomicMaxUnsigned] = (e, i) => Atomic(e, i, "max", "u"),
        [Op.AtomicExchange] = (e, i) => Atomic(e, i, "exch", "b"),
        [Op.AtomicCompareExchange] = (e, i) => Atomic(e, i, "cas", "b"),
        [Op.Require] = (e, i) => e.Require(i),
        [Op.GridIndexX] = Special("%ctaid.x"),
        [Op.GridIndexY] = Special("%ctaid.y"),
        [Op.GridIndexZ] = Special("%ctaid.z"),
        [Op.GridSizeX] = Special("%nctaid.x"),
        [Op.GridSizeY] = Special("%nctaid.y"),
        [Op.GridSizeZ] = Special("%nctaid.z"),
        [Op.GroupIndexX] = Special("%tid.x"),
        [Op.GroupIndexY] = Special("%tid.y"),
        [Op.GroupIndexZ] = Special("%tid.z"),
        [Op.GroupSizeX] = Special("%ntid.x"),
        [Op.GroupSizeY] = Special("%ntid.y"),
        [Op.GroupSizeZ] = Special("%ntid.z"),
    };

    /// <summary>The operations that have a row.</summary>
    public static IEnumerable<Op> Operations => Rows.Keys;

    /// <summary>Writes one instruction.</summary>
    public static void Emit(PtxEmitter emitter, Instruction instruction) => Rows[instruction.Op](emitter, instruction);

    /// <summary>Writes one load of elements that lie side by side.</summary>
    public static void Load(PtxEmitter e, Instruction[] elements) =>
        e.Line($"ld.{Access(elements[0], elements.Length)} {Elements([.. elements.Select(e.Define)])}, {e.Address(elements[0])}");

    /// <summary>Writes one store to elements that lie side by side.</summary>
    public static void Store(PtxEmitter e, Instruction[] elements)
    {
        string values = Elements([.. elements.Select(element => e.Register(element.Operands[2]))]);
        e.Line($"st.{Access(elements[0], elements.Length)} {e.Address(elements[0])}, {values}");
    }

    // One mnemonic for each type of the first operand; the operands follow in their order.
    static Action<PtxEmitter, Instruction> Typed(string? i32 = null, string? i64 = null, string? f32 = null, string? f64 = null,
        string? flag = null) => (e, i) =>
        e.Line($"{ByType(i, i32, i64, f32, f64, flag)} {e.Define(i)}, {string.Join(", ", i.Operands.Select(e.Operand).ToArray())}");

    // PTX leaves it to the hardware what integers divided by zero give.
    static Action<PtxEmitter, Instruction> Division(string i32, string i64, string? f32 = null, string? f64 = null) => (e, i) =>
    {
        if (i.Type.IsFloat() || !Instruction.MayBeZero(i.Operands[1]))
        {
            Typed(i32, i64, f32, f64)(e, i);
            return;
        }

        string dividend = e.Register(i.Operands[0]), divisor = e.Register(i.Operands[1]), result = e.Fresh(i.Type),
            divides = e.Fresh(IrType.Bool);
        string otherwise = i.Op is Op.Divide or Op.DivideUnsigned ? "0" : dividend;
        e.Line($"{(i.Type == IrType.I32 ? i32 : i64)} {result}, {dividend}, {divisor}");
        e.Line($"setp.ne.{(i.Type == IrType.I32 ? "s32" : "s64")} {divides}, {divisor}, 0");
        e.Line($"selp.{PtxTypes.Bits(i.Type)} {e.Define(i)}, {result}, {otherwise}, {divides}");
    };

    static Action<PtxEmitter, Instruction> Plain(string mnemonic) =>
        (e, i) => e.Line($"{mnemonic} {e.Define(i)}, {e.Register(i.Operands[0])}");

    static Action<PtxEmitter, Instruction> Special(string register) => (e, i) => e.Line($"mov.u32 {e.Define(i)}, {register}");

    // A count beyond the width gives 0 (or the sign) here; the operation takes it modulo the width.
    static Action<PtxEmitter, Instruction> Shift(string i32, string i64) => (e, i) =>
    {
        uint mask = i.Type == IrType.I32 ? 31u : 63u;
        string value = e.Operand(i.Operands[0]), count;
        if (i.Operands[1] is Constant constant)
        {
            count = $"{(uint)constant.Bits & mask}";
        }
        else if (i.Operands[1] is Instruction { Op: Op.And } masked && masked.Operands.Any(o => o is Constant most && most.Bits <= mask))
        {
            // As C# itself writes it.
            count = e.Register(masked);
        }
        else
        {
            count = e.Fresh(IrType.I32);
            e.Line($"and.b32 {count}, {e.Operand(i.Operands[1])}, {mask}");
        }

        e.Line($"{(i.Type == IrType.I32 ? i32 : i64)} {e.Define(i)}, {value}, {count}");
    };

    static void Compare(PtxEmitter e, Instruction i, string i32, string i64, string? f32 = null, string? f64 = null) =>
        e.Line($"setp.{ByType(i, i32, i64, f32, f64, null)} {e.Define(i)}, {e.Operand(i.Operands[0])}, {e.Operand(i.Operands[1])}");

    // Predicates have no selection of their own: (condition and yes) or (not condition and no).
    static void Select(PtxEmitter e, Instruction i)
    {
        string condition = e.Register(i.Operands[0]);
        if (i.Type != IrType.Bool)
        {
            e.Line($"selp.{PtxTypes.Bits(i.Type)} {e.Define(i)}, {e.Operand(i.Operands[1])}, {e.Operand(i.Operands[2])}, {condition}");
            return;
        }

        string yes = e.Fresh(IrType.Bool), no = e.Fresh(IrType.Bool), otherwise = e.Fresh(IrType.Bool);
        e.Line($"and.pred {yes}, {condition}, {e.Register(i.Operands[1])}");
        e.Line($"not.pred {otherwise}, {condition}");
        e.Line($"and.pred {no}, {otherwise}, {e.Register(i.Operands[2])}");
        e.Line($"or.pred {e.Define(i)}, {yes}, {no}");
    }

    static void Convert(PtxEmitter e, Instruction i, string rounding, string to, string from) =>
        e.Line($"cvt.{rounding}{to}.{from} {e.Define(i)}, {e.Register(i.Operands[0])}");

    // The conversion saturates by itself. NaN becomes 0 only where neither side has 64 bits, and the smallest integer (or its bits) elsewhere.
    static void ToInteger(PtxEmitter e, Instruction i, string sign)
    {
        string from = Float(i.Operands[0].Type), operand = e.Register(i.Operands[0]);
        string conversion = $"cvt.rzi.{sign}{Width(i.Type)}.{from}";
        if (i.Type == IrType.I32 && i.Operands[0].Type == IrType.F32)
        {
            e.Line($"{conversion} {e.Define(i)}, {operand}");
            return;
        }

        string converted = e.Fresh(i.Type), invalid = e.Fresh(IrType.Bool);
        e.Line($"{conversion} {converted}, {operand}");
        e.Line($"setp.nan.{from} {invalid}, {operand}, {operand}");
        e.Line($"selp.{PtxTypes.Bits(i.Type)} {e.Define(i)}, 0, {converted}, {invalid}");
    }

    static void Offset(PtxEmitter e, Instruction i)
    {
        var (register, offset) = e.ElementAddress(i);
        e.Line($"add.s{(i.Type == IrType.Shared ? 32 : 64)} {e.Define(i)}, {register}, {offset}");
    }

    static string Access(Instruction i, int width) =>
        $"{PtxTypes.Space(i.Operands[0].Type)}{(width == 1 ? "" : $".v{width}")}.{PtxTypes.Memory(i.Access.Type)}";

    static string Elements(string[] registers) => registers.Length == 1 ? registers[0] : $"{{{string.Join(", ", registers)}}}";

    static void Atomic(PtxEmitter e, Instruction i, string operation, string kind)
    {
        string type = kind + Width(i.Type), address = e.Address(i);
        string[] values = [.. i.Operands.Skip(2).Select(e.Register)];
        if (i.Operands[0].Type != IrType.Local)
        {
            e.Line($"atom.{PtxTypes.Space(i.Operands[0].Type)}.{operation}.{type} {e.Define(i)}, {address}, {string.Join(", ", values)}");
            return;
        }

        // Nobody else comes to a thread's own memory, which has no atomic operations.
        string result = e.Fresh(i.Type);
        e.Line($"ld.local.{PtxTypes.Bits(i.Type)} {e.Define(i)}, {address}");
        if (operation == "cas")
        {
            string same = e.Fresh(IrType.Bool);
            e.Line($"setp.eq.{type} {same}, {e.Define(i)}, {values[0]}");
            e.Line($"selp.{type} {result}, {values[1]}, {e.Define(i)}, {same}");
        }
        else
        {
            e.Line(operation == "exch" ? $"mov.{type} {result}, {values[0]}"
                : $"{operation}{(kind == "f" ? ".rn" : "")}.{type} {result}, {e.Define(i)}, {values[0]}");
        }

        e.Line($"st.local.{PtxTypes.Bits(i.Type)} {address}, {result}");
    }

    static void AddByComparison(PtxEmitter e, Instruction i)
    {
        string address = e.Address(i), value = e.Register(i.Operands[2]);
        string seen = e.Fresh(IrType.F32), sum = e.Fresh(IrType.F32), changed = e.Fresh(IrType.Bool);
        e.Line($"ld.volatile.global.f32 {e.Define(i)}, {address}");
        string loop = e.Loop();
        e.Line($"mov.f32 {seen}, {e.Define(i)}");
        e.Line($"add.rn.f32 {sum}, {seen}, {value}");
        e.Line($"atom.global.cas.b32 {e.Define(i)}, {address}, {seen}, {sum}");
        // Of bits: a NaN would differ from itself for ever.
        e.Line($"setp.ne.b32 {changed}, {seen}, {e.Define(i)}");
        e.Line($"@{changed} bra {loop}");
    }

    // A lane that does not exist is the thread's own; numbers of 64 bits go as two halves.
    static void Shuffle(PtxEmitter e, Instruction i)
    {
        string value = e.Register(i.Operands[0]), lane = e.Register(i.Operands[1]);
        string warp = e.Fresh(IrType.Bool), exists = e.Fresh(IrType.Bool), source = e.Fresh(IrType.I32);
        e.Line($"setp.lt.u32 {warp}, {lane}, 32");
        e.Line($"setp.lt.and.u32 {exists}, {lane}, {e.WarpThreads}, {warp}");
        e.Line($"selp.b32 {source}, {lane}, {e.Lane}, {exists}");
        if (Width(i.Type) == 32)
        {
            e.Line($"shfl.sync.idx.b32 {e.Define(i)}, {value}, {source}, 31, 0xffffffff");
            return;
        }

        string low = e.Fresh(IrType.I32), high = e.Fresh(IrType.I32), lowThere = e.Fresh(IrType.I32), highThere = e.Fresh(IrType.I32);
        e.Line($"mov.b64 {{{low}, {high}}}, {value}");
        e.Line($"shfl.sync.idx.b32 {lowThere}, {low}, {source}, 31, 0xffffffff");
        e.Line($"shfl.sync.idx.b32 {highThere}, {high}, {source}, 31, 0xffffffff");
        e.Line($"mov.b64 {e.Define(i)}, {{{lowThere}, {highThere}}}");
    }

    static string ByType(Instruction i, string? i32, string? i64, string? f32, string? f64, string? flag) => i.Operands[0].Type switch
    {
        IrType.I32 => i32,
        IrType.I64 => i64,
        IrType.F32 => f32,
        IrType.F64 => f64,
        _ => flag,
    } ?? throw new InvalidOperationException($"{i.Op} of {i.Operands[0].Type}");

    static string Float(IrType type) => type == IrType.F32 ? "f32" : "f64";

    static int Width(IrType type) => type is IrType.I64 or IrType.F64 ? 64 : 32;
}
