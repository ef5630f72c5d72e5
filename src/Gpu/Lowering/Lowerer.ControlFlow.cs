using Dalle2.Gpu.Ir;

namespace Dalle2.Gpu.Lowering;

/// <content>The tree of control flow, walked with the mask of the threads that take each way.</content>
sealed partial class Lowerer
{
    // What a target of jumps needs to know. A label that is null means: threads arrive apart, or others have been left waiting, so lines go on to the scope's end.
    sealed class Scope
    {
        public bool Apart { get; init; }

        public Label? Label { get; init; }

        public Register? Arrived { get; init; }

        public bool IsLoop { get; init; }

        // New values of a loop's scalar arguments: the other threads of this iteration still need the old ones.
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
        Value? iterating = mask;
        if (arrived != null)
        {
            iterating = code.NewRegister(IrType.Bool, true);
            Add(new MoveLine((Register)iterating, mask ?? True, null));
        }

        var scope = new Scope { Apart = true, Arrived = arrived, IsLoop = true };
        scopes[loop.Header] = scope;
        Add(new LabelLine(start));
        if (arrived != null)
            Add(new MoveLine(arrived, False, null));
        Walk(loop.Body, iterating);
        foreach (var (argument, next) in scope.Next)
            Add(new MoveLine(argument, next, null));
        if (arrived == null)
        {
            Add(new JumpLine(start));
            return false;
        }

        Add(new MoveLine((Register)iterating!, arrived, null));
        Register any = code.NewRegister(IrType.Bool, false);
        Add(new AnyLine(any, iterating!));
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
                return divergence.Diverges(part.Block) ? WalkApart(part, mask) : WalkEither(part, mask);
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
}
