using Dalle2.Gpu.Ir;

namespace Dalle2.Gpu.Lowering;

/// <summary>
/// Which values are the same for all threads of a vector or grow evenly from lane to lane, and where threads part: where a condition varies,
/// some go one way and some the other, and meet again at a join or come back to a loop at different times.
/// </summary>
/// <remarks>
/// The sets of targets that threads reach apart from each other follow the tree. After Karrenberg and Hack, "Improving performance of OpenCL on CPUs" (2012),
/// and Rosemann, Moll and Hack, "An abstract interpretation for SPMD divergence on reducible control flow graphs" (POPL 2021).
/// </remarks>
sealed class DivergenceAnalysis
{
    readonly Dominators dominators;
    readonly int lanes;
    readonly GroupExtent? group;
    readonly Dictionary<Value, Shape> shapes = [];
    readonly Dictionary<Value, Block> definitions = [];
    readonly Loops loops;
    readonly HashSet<Block> divergent = [];
    readonly HashSet<Block> met = [];
    readonly HashSet<Block> leftApart = [];
    readonly Dictionary<Tree, Targets> targets = [];

    public DivergenceAnalysis(Function function, Dominators dominators, Loops loops, Tree tree, int lanes, GroupExtent? group)
    {
        this.dominators = dominators;
        this.loops = loops;
        this.lanes = lanes;
        this.group = group;
        for (int p = 0; p < function.Parameters.Count; p++)
            shapes[function.Parameters[p]] = p == 0 && function.IndexRank > 0 && lanes > 1 ? Shape.Strided(1) : Shape.Uniform;
        foreach (Block block in dominators.Blocks)
        {
            foreach (BlockArgument argument in block.Arguments)
                definitions[argument] = block;
            foreach (Instruction instruction in block.Instructions)
                definitions[instruction] = block;
        }

        do
        {
            targets.Clear();
            Leave(tree);
            Propagate();
        }
        while (FindDivergent());
    }

    /// <summary>True if some threads of a vector may take one way out of the block and some the other.</summary>
    public bool Diverges(Block block) => divergent.Contains(block);

    /// <summary>True if threads may reach the block, the target of an enclosing join or loop, apart from each other.</summary>
    public bool ArriveApart(Block target) => met.Contains(target);

    /// <summary>The targets outside of a tree that its threads leave for; null stands for the end of the kernel.</summary>
    public Targets Leaving(Tree part) => targets[part];

    /// <summary>The shape of a value where it is defined.</summary>
    public Shape Of(Value value) => value is Constant ? Shape.Uniform : shapes.GetValueOrDefault(value);

    /// <summary>The shape of a value as a block sees it: behind a loop that threads left at different times, each has its own.</summary>
    public Shape At(Value value, Block use) => LeftApart(value, use) != null ? Shape.Varying : Of(value);

    /// <summary>The outermost loop around the value's definition, and not around the use, that threads leave at different times; or null.</summary>
    public Block? LeftApart(Value value, Block use)
    {
        if (!definitions.TryGetValue(value, out Block? definition) || definition == use)
            return null;
        foreach (Block header in loops.Around(definition))
        {
            if (leftApart.Contains(header) && !loops.Bodies[header].Contains(use))
                return header;
        }

        return null;
    }

    Targets Leave(Tree part)
    {
        Targets found = part switch
        {
            Join join => OfJoin(join),
            Loop loop => OfLoop(loop),
            _ => OfCode((Code)part),
        };
        targets[part] = found;
        return found;
    }

    Targets OfCode(Code code)
    {
        var all = new HashSet<Block?>();
        var apart = new HashSet<Block?>();
        foreach (Way way in code.Ways)
        {
            if (way.Next == null)
            {
                all.Add(way.Edge.To);
                continue;
            }

            Targets next = Leave(way.Next);
            all.UnionWith(next.All);
            apart.UnionWith(next.Apart);
        }

        if (code.Ways.Length == 0)
            all.Add(null);
        return new Targets(all, divergent.Contains(code.Block) ? all : apart);
    }

    Targets OfJoin(Join join)
    {
        Targets inner = Leave(join.Inner), follow = Leave(join.Follow);
        var all = new HashSet<Block?>(inner.All);
        all.Remove(join.Target);
        all.UnionWith(follow.All);
        if (inner.Apart.Contains(join.Target))
            met.Add(join.Target);
        var apart = new HashSet<Block?>(inner.Apart);
        apart.Remove(join.Target);
        // What follows is for some of the threads only, if others have gone elsewhere.
        apart.UnionWith(apart.Count > 0 ? follow.All : follow.Apart);
        return new Targets(all, apart);
    }

    Targets OfLoop(Loop loop)
    {
        Targets body = Leave(loop.Body);
        var all = new HashSet<Block?>(body.All);
        all.Remove(loop.Header);
        if (body.Apart.Contains(loop.Header))
            met.Add(loop.Header);
        if (!body.Apart.Any(target => target != loop.Header))
            return new Targets(all, []);
        leftApart.Add(loop.Header);
        return new Targets(all, all);
    }

    bool FindDivergent()
    {
        bool changed = false;
        foreach (Block block in dominators.Blocks)
        {
            if (block.Condition is { } condition && At(condition, block).IsVarying)
                changed |= divergent.Add(block);
        }

        return changed;
    }

    void Propagate()
    {
        for (bool changed = true; changed;)
        {
            changed = false;
            foreach (Block block in dominators.Blocks)
            {
                for (int a = 0; a < block.Arguments.Count; a++)
                    changed |= Set(block.Arguments[a], OfArgument(block, a));
                foreach (Instruction instruction in block.Instructions)
                {
                    if (instruction.Type != IrType.None)
                        changed |= Set(instruction, OfInstruction(instruction, block));
                }
            }
        }
    }

    bool Set(Value value, Shape shape)
    {
        Shape old = shapes.GetValueOrDefault(value);
        Shape now = Shape.Either(old, shape);
        shapes[value] = now;
        return now != old;
    }

    Shape OfArgument(Block block, int place)
    {
        Shape shape = default;
        Value? only = null;
        bool several = false, isHeader = loops.Bodies.ContainsKey(block);
        foreach (Edge edge in dominators.Incoming[block])
        {
            Value value = edge.Arguments[place];
            if (value == block.Arguments[place])
                continue;
            // On an edge out of a loop, threads take along what the value was when they left.
            shape = Shape.Either(shape, Shape.Either(At(value, edge.From), At(value, block)));
            // All threads enter a loop together; those that come back to it by different ways still count its iterations together.
            if (isHeader && !dominators.Dominates(block, edge.From))
                continue;
            several |= only != null && only != value;
            only = value;
        }

        return several && met.Contains(block) && !shape.IsUnknown ? Shape.Varying : shape;
    }

    Shape OfInstruction(Instruction instruction, Block block)
    {
        if (lanes == 1)
            return Shape.Uniform;
        Value[] operands = instruction.Operands;
        Shape a = operands.Length > 0 ? At(operands[0], block) : Shape.Uniform,
            b = operands.Length > 1 ? At(operands[1], block) : Shape.Uniform;
        bool uniform = true;
        foreach (Value operand in operands)
        {
            Shape shape = At(operand, block);
            if (shape.IsUnknown)
                return default;
            uniform &= shape.IsUniform;
        }

        switch (instruction.Op)
        {
            case Op.GroupIndexX:
                return group is { } x && (x.Y * x.Z == 1 || x.X % lanes == 0) ? Shape.Strided(1) : Shape.Varying;
            case Op.GroupIndexY or Op.GroupIndexZ:
                return group is { } y && (y.Y * y.Z == 1 || y.X % lanes == 0) ? Shape.Uniform : Shape.Varying;
            case Op.Load when operands[0].Type == IrType.Local:
                return Shape.Varying;
            case Op.Offset when operands[0].Type == IrType.Local && !b.IsUniform:
                return Shape.Varying;
            case Op.Shuffle:
                return Shape.Varying;
            case var op when op.IsAtomic():
                return Shape.Varying;
        }

        if (uniform)
            return Shape.Uniform;
        if (a.IsVarying || b.IsVarying || instruction.Type.IsFloat() || instruction.Type == IrType.Bool)
            return Shape.Varying;
        return instruction.Op switch
        {
            Op.Add => Shape.Strided(a.Stride + b.Stride),
            Op.Subtract => Shape.Strided(a.Stride - b.Stride),
            Op.Negate => Shape.Strided(-a.Stride),
            Op.Multiply when operands[1] is Constant c => Times(a, Signed(c)),
            Op.Multiply when operands[0] is Constant c => Times(b, Signed(c)),
            Op.ShiftLeft when operands[1] is Constant c => Times(a, 1L << (int)(c.Bits & (instruction.Type == IrType.I64 ? 63u : 31u))),
            // The index of a thread is never so large that it would wrap within a vector.
            Op.SignExtend when operands[0] is Parameter => a,
            Op.Truncate => a,
            Op.Offset => Shape.Strided(a.Stride + b.Stride * instruction.Access.Stride),
            Op.Select when At(operands[0], block).IsUniform && b == At(operands[2], block) => b,
            _ => Shape.Varying,
        };
    }

    static Shape Times(Shape shape, long factor) =>
        IsSmall(factor) && IsSmall(shape.Stride) ? Shape.Strided(shape.Stride * factor) : Shape.Varying;

    static bool IsSmall(long value) => value is > -(1 << 20) and < 1 << 20;

    static long Signed(Constant constant) => constant.Type == IrType.I32 ? (int)constant.Bits : (long)constant.Bits;
}

/// <summary>Where a tree's threads leave for, and which of these they may reach apart from each other. Null stands for the end of the kernel.</summary>
sealed record Targets(HashSet<Block?> All, HashSet<Block?> Apart);
