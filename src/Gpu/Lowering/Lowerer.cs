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
    readonly Divergence divergence;
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
        divergence = new Divergence(function, dominators, loops, tree, options.Lanes, options.Group);
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
                Add(new PlaceLine(register, Place.ThreadX + p));
        }

        if (!options.Masked || options.Lanes == 1)
            return;
        Value first, size;
        if (function.IndexRank > 0)
        {
            first = registers[function.Parameters[0]];
            Register extent = code.NewRegister(IrType.I32, false);
            Add(new PlaceLine(extent, Place.ExtentX));
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
        Add(new PlaceLine(register, Place.ThreadInGroup));
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
            if (!(value is BlockArgument argument && loop.Arguments.Contains(argument) && divergence.Of(value).IsVarying && divergence.ArriveApart(loop)))
                captured.Add(value, code.NewRegister(value.Type, true));
        }
    }

    // What a target of jumps needs to know. A label that is null means: threads arrive apart, or others have been left waiting, so lines go on to the scope's end.
    sealed class Scope
    {
        public bool Apart { get; init; }

        public Label? Label { get; init; }

        public Register? Arrived { get; init; }

        public bool IsLoop { get; init; }

        // New values of a loop's scalar arguments: the other threads of this turn still need the old ones.
        public List<(Register Argument, Register Next)> Next { get; } = [];
    }

    // True if control may reach the end of the lines, with every thread waiting somewhere or done.
    bool Walk(Tree tree, Value? mask) => tree switch
    {
        Join join => WalkJoin(join, mask),
        Loop loop => WalkLoop(loop, mask),
        _ => WalkCode((Code)tree, mask),
    };

    bool WalkJoin(Join join, Value? mask)
    {
        Declare(join.Target);
        if (!divergence.ArriveApart(join.Target))
        {
            var scope = new Scope { Label = code.NewLabel() };
            scopes[join.Target] = scope;
            Label behind = code.NewLabel();
            bool waiting = Walk(join.Inner, mask);
            if (waiting)
                Add(new JumpLine(behind));
            Add(new LabelLine(scope.Label));
            bool falls = Walk(join.Follow, mask);
            if (waiting)
                Add(new LabelLine(behind));
            return falls || waiting;
        }

        Register? arrived = OthersWait(divergence.Leaving(join.Inner), join.Target, mask) ? code.NewRegister(IrType.Bool, true) : null;
        scopes[join.Target] = new Scope { Apart = true, Arrived = arrived };
        if (arrived != null)
            Add(new MoveLine(arrived, False, null));
        Walk(join.Inner, mask);
        if (arrived == null)
            return Walk(join.Follow, mask);
        Label skip = code.NewLabel();
        Skip(arrived, skip);
        Walk(join.Follow, arrived);
        Add(new LabelLine(skip));
        return true;
    }

    bool WalkLoop(Loop loop, Value? mask)
    {
        Declare(loop.Header);
        Label start = code.NewLabel();
        if (!divergence.ArriveApart(loop.Header))
        {
            scopes[loop.Header] = new Scope { Label = start, IsLoop = true };
            Add(new LabelLine(start));
            return Walk(loop.Body, mask);
        }

        Register? arrived = OthersWait(divergence.Leaving(loop.Body), loop.Header, mask) ? code.NewRegister(IrType.Bool, true) : null;
        Value? turn = mask;
        if (arrived != null)
        {
            turn = code.NewRegister(IrType.Bool, true);
            Add(new MoveLine((Register)turn, mask ?? True, null));
        }

        var scope = new Scope { Apart = true, Arrived = arrived, IsLoop = true };
        scopes[loop.Header] = scope;
        Add(new LabelLine(start));
        if (arrived != null)
            Add(new MoveLine(arrived, False, null));
        Walk(loop.Body, turn);
        foreach (var (argument, next) in scope.Next)
            Add(new MoveLine(argument, next, null));
        if (arrived == null)
        {
            Add(new JumpLine(start));
            return false;
        }

        Add(new MoveLine((Register)turn!, arrived, null));
        Register any = code.NewRegister(IrType.Bool, false);
        Add(new AnyLine(any, turn!));
        Add(new BranchLine(any, true, start));
        return true;
    }

    // Whether the lines for a tree may end with threads that wait elsewhere, or are done, besides those that have arrived at the target.
    bool OthersWait(Targets leaving, Block target, Value? mask) => leaving.All.Any(other =>
        other == null ? leaving.Apart.Contains(null) || mask != entryMask : other != target && divergence.ArriveApart(other));

    bool WalkCode(Code part, Value? mask)
    {
        current = part.Block;
        foreach (BlockArgument argument in current.Arguments)
        {
            if (captured.TryGetValue(argument, out Register? outside))
                Add(new MoveLine(outside, Vector(argument), mask));
        }

        foreach (Instruction instruction in current.Instructions)
            Emit(instruction, mask);
        switch (part.Ways.Length)
        {
            case 0:
                // Only if no thread can be elsewhere is the kernel over.
                if (mask != entryMask)
                    return true;
                Add(new JumpLine(end));
                return false;
            case 1:
                return WalkWay(part.Block, part.Ways[0], mask);
            default:
                return divergence.Parts(part.Block) ? WalkApart(part, mask) : WalkEither(part, mask);
        }
    }

    bool WalkEither(Code part, Value? mask)
    {
        Label otherwise = code.NewLabel(), behind = code.NewLabel();
        Add(new BranchLine(Scalar(part.Block.Condition!), false, otherwise));
        bool first = WalkWay(part.Block, part.Ways[0], mask);
        if (first)
            Add(new JumpLine(behind));
        Add(new LabelLine(otherwise));
        bool second = WalkWay(part.Block, part.Ways[1], mask);
        if (first)
            Add(new LabelLine(behind));
        return first || second;
    }

    bool WalkApart(Code part, Value? mask)
    {
        Value condition = Vector(part.Block.Condition!);
        Value not = Compute(IrType.Bool, true, Op.Not, condition);
        Value first = mask == null ? condition : Compute(IrType.Bool, true, Op.And, mask, condition);
        Value second = mask == null ? not : Compute(IrType.Bool, true, Op.And, mask, not);
        foreach (var (way, taken) in new[] { (part.Ways[0], first), (part.Ways[1], second) })
        {
            if (way.Next == null)
            {
                WalkWay(part.Block, way, taken);
                continue;
            }

            Label skip = code.NewLabel();
            Skip(taken, skip);
            WalkWay(part.Block, way, taken);
            Add(new LabelLine(skip));
        }

        return true;
    }

    void Skip(Value mask, Label label)
    {
        Register any = code.NewRegister(IrType.Bool, false);
        Add(new AnyLine(any, mask));
        Add(new BranchLine(any, false, label));
    }

    bool WalkWay(Block from, Way way, Value? mask)
    {
        current = from;
        Block to = way.Edge.To;
        if (way.Next != null && !scopes.ContainsKey(to))
            Declare(to);
        scopes.TryGetValue(to, out Scope? scope);
        bool leaves = way.Next == null;
        Assign(way.Edge, leaves ? scope : null, mask);
        if (!leaves)
            return Walk(way.Next!, mask);
        if (!scope!.Apart)
        {
            Add(new JumpLine(scope.Label!));
            return false;
        }

        if (scope.Arrived != null)
            Add(new ComputeLine(scope.Arrived, Op.Or, [scope.Arrived, mask ?? True]));
        return true;
    }

    void Declare(Block block)
    {
        foreach (BlockArgument argument in block.Arguments)
        {
            if (!registers.ContainsKey(argument))
                registers.Add(argument, code.NewRegister(argument.Type, divergence.Of(argument).IsVarying));
        }
    }

    // The moves along an edge happen at once: what is overwritten before it is read is copied first.
    void Assign(Edge edge, Scope? scope, Value? mask)
    {
        var moves = new List<(Register Target, Value Value)>();
        for (int a = 0; a < edge.Arguments.Count; a++)
        {
            Register target = registers[edge.To.Arguments[a]];
            Value value = target.IsVector ? Vector(edge.Arguments[a]) : Scalar(edge.Arguments[a]);
            if (!target.IsVector && scope is { Apart: true, IsLoop: true })
                target = NextOf(scope, target);
            if (value != target)
                moves.Add((target, value));
        }

        for (int m = 0; m < moves.Count; m++)
        {
            for (int before = 0; before < m; before++)
            {
                if (moves[before].Target != moves[m].Value)
                    continue;
                var old = (Register)moves[m].Value;
                Register copy = code.NewRegister(old.Type, old.IsVector);
                Add(new MoveLine(copy, old, null));
                moves[m] = (moves[m].Target, copy);
                break;
            }
        }

        foreach (var (target, value) in moves)
            Add(new MoveLine(target, value, target.IsVector && scope is { Apart: true } ? mask : null));
    }

    Register NextOf(Scope scope, Register argument)
    {
        foreach (var (known, next) in scope.Next)
        {
            if (known == argument)
                return next;
        }

        Register fresh = code.NewRegister(argument.Type, false);
        scope.Next.Add((argument, fresh));
        return fresh;
    }

    // The one value of a uniform operand, or lane 0's of a strided one.
    Value Scalar(Value value) => value is Constant ? value : registers[value];

    // What counts for every lane: a vector, or a uniform value.
    Value Vector(Value value)
    {
        if (value is Constant)
            return value;
        if (divergence.LeftApart(value, current) != null && captured.TryGetValue(value, out Register? outside))
            return outside;
        Register register = registers[value];
        Shape shape = divergence.Of(value);
        if (options.Lanes == 1 || shape.IsVarying || shape.IsUniform || shape.IsUnknown)
            return register;
        Value steps = LaneNumbers.Value;
        bool wide = value.Type != IrType.I32;
        if (wide)
            steps = Compute(IrType.I64, true, Op.SignExtend, steps);
        if (shape.Stride != 1)
            steps = Compute(wide ? IrType.I64 : IrType.I32, true, Op.Multiply, steps, wide ? function.Constant(shape.Stride) : function.Constant((int)shape.Stride));
        return Compute(value.Type, true, Op.Add, register, steps);
    }
}
