using System.Text;
using Dalle2.Gpu.Ir;

namespace Dalle2.Gpu.Targets.Ptx;

/// <summary>
/// Writes a function as PTX. Blocks stay as they are: each value is a virtual register, each block a label, and the arguments of a block are
/// moves on the edges into it. The driver's compiler allocates registers and schedules.
/// </summary>
/// <remarks>
/// The entry takes the function's parameters in their order, views as base and length. Implicitly grouped kernels take the launch's extent
/// (three 32-bit numbers, 1 along axes that the kernel does not have) before them, run in groups along x alone, and number their threads with
/// x running fastest. In checked mode the last parameter is the address of four 64-bit numbers, zeros before the launch: the first thread that
/// fails a check writes 1, the check's number, value and limit.
/// </remarks>
sealed class PtxTarget
{
    readonly Function function;
    readonly PtxOptions options;
    readonly PtxEmitter emitter;
    readonly VectorAccesses vectors;
    readonly List<string> parameters = [];

    PtxTarget(Function function, PtxOptions options)
    {
        this.function = function;
        this.options = options;
        emitter = new PtxEmitter(function, options.AlignedViews);
        vectors = new VectorAccesses(function, new Alignment(function, options.AlignedViews));
    }

    /// <summary>Writes a function that all passes have been through.</summary>
    /// <exception cref="ArgumentException">The function was translated for matrix units that the compute capability does not have.</exception>
    /// <exception cref="ArgumentOutOfRangeException">There is no header for the compute capability.</exception>
    public static PtxModule Compile(Function function, PtxOptions options)
    {
        if (function.HasMatrixUnits && !PtxOptions.HasMatrixUnits(options.SmVersion))
        {
            throw new ArgumentException($"{function.Name} was translated for matrix units, which sm_{options.SmVersion} does not have",
                nameof(function));
        }

        return new PtxTarget(function, options).Run();
    }

    PtxModule Run()
    {
        string entry = Identifier(function.Name);
        Begin();
        for (int b = 0; b < function.Blocks.Count; b++)
            Write(function.Blocks[b], b + 1 < function.Blocks.Count ? function.Blocks[b + 1] : null);
        emitter.WriteFailures();

        var text = new StringBuilder();
        text.Append($".version {options.Version}\n.target sm_{options.SmVersion}\n.address_size 64\n\n");
        text.Append(
            $".visible .entry {entry}({string.Concat(parameters.Select((parameter, p) => $"{(p == 0 ? "" : ",")}\n    {parameter}"))}\n)\n");
        if (options.MaxThreads > 0)
            text.Append($".maxntid {options.MaxThreads}, 1, 1\n");
        text.Append("{\n").Append(emitter.Declarations()).Append(emitter.Text).Append("}\n");
        return new PtxModule(text.ToString(), entry, emitter.SharedBytes);
    }

    // Parameters to registers; of an implicitly grouped kernel, the thread's index too.
    void Begin()
    {
        Parameter[] given = [.. function.Parameters.Skip(function.IndexRank)];
        if (function.IndexRank > 0)
            WriteIndex();
        for (int p = 0; p < given.Length; p++)
        {
            string name = $"p{p}_{Identifier(given[p].Name)}";
            IrType type = given[p].Type;
            parameters.Add(type switch
            {
                IrType.Global => $".param .u64 .ptr .global .align {(options.AlignedViews ? 16 : 1)} {name}",
                IrType.Bool => $".param .u8 {name}",
                _ => $".param .{PtxTypes.Number(type)} {name}",
            });
            if (!emitter.IsUsed(given[p]))
                continue;
            if (type == IrType.Bool)
            {
                string flag = emitter.Fresh(IrType.I32);
                emitter.Line($"ld.param.u8 {flag}, [{name}]");
                emitter.Line($"setp.ne.u32 {emitter.Define(given[p])}, {flag}, 0");
            }
            else
            {
                emitter.Line($"ld.param.{PtxTypes.Number(type)} {emitter.Define(given[p])}, [{name}]");
            }
        }

        if (options.Checked)
            parameters.Add($".param .u64 .ptr .global .align 8 {PtxEmitter.Report}");
        if (function.Blocks.Any(block => block.Instructions.Any(i => i.Op == Op.Shuffle)))
            emitter.BeginWarp();
    }

    void WriteIndex()
    {
        string[] extents = ["extent_x", "extent_y", "extent_z"];
        parameters.AddRange(extents.Select(extent => $".param .u32 {extent}"));
        string[] size = [.. extents.Take(function.IndexRank).Select(extent =>
        {
            string register = emitter.Fresh(IrType.I32);
            emitter.Line($"ld.param.u32 {register}, [{extent}]");
            return register;
        })];
        string Emit(string operation, string a, string b)
        {
            string result = emitter.Fresh(IrType.I32);
            emitter.Line($"{operation} {result}, {a}, {b}");
            return result;
        }

        string Special(string name)
        {
            string result = emitter.Fresh(IrType.I32);
            emitter.Line($"mov.u32 {result}, {name}");
            return result;
        }

        string first = Emit("mul.lo.s32", Special("%ctaid.x"), Special("%ntid.x"));
        string linear = Emit("add.s32", first, Special("%tid.x"));
        string total = size.Aggregate((product, extent) => Emit("mul.lo.s32", product, extent));
        string outside = emitter.Fresh(IrType.Bool);
        emitter.Line($"setp.ge.u32 {outside}, {linear}, {total}");
        emitter.Line($"@{outside} ret");
        // x = linear % X, y = linear / X % Y, z = linear / X / Y; the last needs no remainder.
        for (int axis = 0; axis < function.IndexRank; axis++)
        {
            Parameter index = function.Parameters[axis];
            if (axis + 1 == function.IndexRank)
            {
                emitter.Name(index, linear);
                break;
            }

            if (emitter.IsUsed(index))
                emitter.Line($"rem.u32 {emitter.Define(index)}, {linear}, {size[axis]}");
            linear = Emit("div.u32", linear, size[axis]);
        }
    }

    void Write(Block block, Block? next)
    {
        if (block != function.Entry)
            emitter.Begin(block);
        foreach (Instruction instruction in block.Instructions)
            Write(instruction);
        switch (block.Edges.Count)
        {
            case 0:
                emitter.Line("ret");
                break;
            case 1:
                emitter.Pass(block.Edges[0]);
                Jump(block.Edges[0].To, next);
                break;
            default:
                Branch(block, next);
                break;
        }
    }

    void Write(Instruction instruction)
    {
        if (!vectors.Contains(instruction))
            PtxTable.Emit(emitter, instruction);
        else if (vectors.LedBy(instruction) is not { } elements)
            return;
        else if (instruction.Op == Op.Load)
            PtxTable.Load(emitter, elements);
        else
            PtxTable.Store(emitter, elements);
    }

    // Moves belong to an edge, not to its ends: an edge with moves that control does not fall into gets a label of its own.
    void Branch(Block block, Block? next)
    {
        Edge yes = block.Edges[0], no = block.Edges[1];
        string condition = emitter.Register(block.Condition!);
        if (yes.Arguments.Count == 0 && (no.Arguments.Count > 0 || yes.To != next))
        {
            emitter.Line($"@{condition} bra {emitter.Label(yes.To)}");
            emitter.Pass(no);
            Jump(no.To, next);
            return;
        }

        string other = no.Arguments.Count == 0 ? emitter.Label(no.To) : $"{emitter.Label(block)}_else";
        emitter.Line($"@!{condition} bra {other}");
        emitter.Pass(yes);
        if (no.Arguments.Count == 0)
        {
            Jump(yes.To, next);
            return;
        }

        Jump(yes.To, null);
        emitter.Mark(other);
        emitter.Pass(no);
        Jump(no.To, next);
    }

    void Jump(Block to, Block? next)
    {
        if (to != next)
            emitter.Line($"bra {emitter.Label(to)}");
    }

    static string Identifier(string name)
    {
        string plain = string.Concat(name.Select(c => char.IsAsciiLetterOrDigit(c) || c == '_' ? c : '_'));
        return char.IsAsciiLetter(plain[0]) ? plain : "k" + plain;
    }
}
