using Dalle2.Gpu.Ir;

namespace Dalle2.Gpu.Lowering;

/// <summary>How a kernel is lowered.</summary>
/// <param name="Lanes">W, the threads of one vector; 1 for scalar code.</param>
/// <param name="Masked">Whether lanes of a vector may lie outside of the launch's extent or of the group, and are to be masked out.</param>
/// <param name="Group">The threads of a group. Explicitly grouped kernels need it unless there is one lane.</param>
/// <param name="Checked">Whether a barrier that only some threads of a vector reach is to be reported.</param>
readonly record struct LoweringOptions(int Lanes, bool Masked, GroupExtent? Group, bool Checked = false);

/// <summary>
/// Turns a function into lines for W threads side by side. Where threads part, each way is walked with the mask of those that take it; those that
/// arrive at a join or come back to a loop early wait in the target's mask of the threads that have arrived.
/// </summary>
sealed partial class Lowerer
{
    static readonly Constant True = new(IrType.Bool, 1);
    static readonly Constant False = new(IrType.Bool, 0);

    readonly Function function;
    readonly LoweringOptions options;
    readonly LinearCode code;
    readonly DivergenceAnalysis divergence;
    readonly Label end;
    readonly Dictionary<Value, Register> registers = [];
    readonly Dictionary<Value, Register> captured = [];
    readonly Dictionary<Block, Scope> scopes = [];
    readonly LocalLayout locals;
    (Block? Block, Dictionary<Value, Value> Known) lanesOfBlock = (null, []);
    Value? entryMask;
    Block current;

    Lowerer(Function function, LoweringOptions options)
    {
        this.function = function;
        this.options = options;
        code = new LinearCode(function.Name, options.Lanes);
        end = code.NewLabel();
        current = function.Entry;
        var dominators = new Dominators(function);
        var loops = new Loops(dominators);
        Tree tree = Structurizer.Run(dominators, loops);
        divergence = new DivergenceAnalysis(function, dominators, loops, tree, options.Lanes, options.Group);
        locals = new LocalLayout(function, options.Lanes);
        FindCaptured(dominators);

        Enter();
        Walk(tree, entryMask);
        Add(new LabelLine(end));
        Add(new EndLine());
    }

    /// <summary>Lowers a function after all passes.</summary>
    public static LinearCode Run(Function function, LoweringOptions options)
    {
        LinearCode code = new Lowerer(function, options).code;
        Coalescing.Run(code);
        return code;
    }

    void Add(Line line) => code.Lines.Add(line);

    Register Compute(IrType type, bool vector, Op op, params Value[] operands)
    {
        Register target = code.NewRegister(type, vector);
        Add(new ComputeLine(target, op, operands));
        return target;
    }

    // The thread's index and the parameters get registers; the mask leaves out lanes that are no threads of the launch.
    void Enter()
    {
        for (int p = 0; p < function.Parameters.Count; p++)
        {
            Parameter parameter = function.Parameters[p];
            Register register = code.NewRegister(parameter.Type, false);
            registers.Add(parameter, register);
            if (p >= function.IndexRank)
                code.Parameters.Add(register);
            else
                Add(new BuiltInLine(register, BuiltIn.ThreadX + p));
        }

        if (!options.Masked || options.Lanes == 1)
            return;
        Value first, size;
        if (function.IndexRank > 0)
        {
            first = registers[function.Parameters[0]];
            Register extent = code.NewRegister(IrType.I32, false);
            Add(new BuiltInLine(extent, BuiltIn.ExtentX));
            size = extent;
        }
        else
        {
            first = ThreadInGroup();
            size = function.Constant(options.Group!.Value.Size);
        }

        entryMask = Compute(IrType.Bool, true, Op.Less, Compute(IrType.I32, true, Op.Add, first, LaneNumbers.Value), size);
    }

    Register ThreadInGroup()
    {
        Register register = code.NewRegister(IrType.I32, false);
        Add(new BuiltInLine(register, BuiltIn.ThreadInGroup));
        return register;
    }

    // Values that threads take along out of loops which they leave at different times.
    void FindCaptured(Dominators dominators)
    {
        foreach (Block block in dominators.Blocks)
        {
            foreach (Instruction instruction in block.Instructions)
            {
                foreach (Value operand in instruction.Operands)
                    Capture(operand, block);
            }

            if (block.Condition != null)
                Capture(block.Condition, block);
            foreach (Edge edge in block.Edges)
            {
                foreach (Value value in edge.Arguments)
                    Capture(value, block);
            }
        }

        void Capture(Value value, Block use)
        {
            if (divergence.LeftApart(value, use) is not { } loop || captured.ContainsKey(value))
                return;
            // A loop's own vector arguments change under masks only, so that they still hold what threads left with.
            if (!(value is BlockArgument argument && loop.Arguments.Contains(argument) && divergence.Of(value).IsVarying
                && divergence.ArriveApart(loop)))
            {
                captured.Add(value, code.NewRegister(value.Type, true));
            }
        }
    }
}
