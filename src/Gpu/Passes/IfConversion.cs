using Dalle2.Gpu.Ir;

namespace Dalle2.Gpu.Passes;

/// <summary>
/// Turns branches around little work into selections: both sides are computed, and the arguments of the block where they meet are selected.
/// Two branches in a row of which one side is the same, such as <c>a &amp;&amp; b</c>, become one branch on both conditions. Only operations that
/// may run anywhere move out of their side, so loads, stores and what may fault keep their branch.
/// </summary>
static class IfConversion
{
    /// <summary>The most operations that run in vain, selections counted; what takes long counts as <see cref="Slow"/>.</summary>
    const int LargestCost = 12;

    const int Slow = 4;

    public static void Run(Function function)
    {
        var conversion = new Conversion(function);
        // Inner branches come later in this order and go first, so that what is left of them can go into the outer ones' sides.
        List<Block> blocks = Dominators.ReversePostorder(function.Entry);
        for (int b = blocks.Count - 1; b >= 0; b--)
            conversion.Convert(blocks[b]);
        conversion.Finish();
    }

    sealed class Conversion
    {
        readonly Function function;
        readonly Dictionary<Block, int> incoming = [];
        readonly HashSet<Block> gone = [];
        readonly Dictionary<Value, Value> replacements = [];

        public Conversion(Function function)
        {
            this.function = function;
            foreach (Block block in function.Blocks)
            {
                foreach (Edge edge in block.Edges)
                    incoming[edge.To] = incoming.GetValueOrDefault(edge.To) + 1;
            }
        }

        public void Convert(Block block)
        {
            while (!gone.Contains(block) && (Absorb(block) || Select(block) || Combine(block, 0) || Combine(block, 1)))
            {
            }
        }

        public void Finish()
        {
            function.Blocks.RemoveAll(gone.Contains);
            function.Replace(replacements);
        }

        // What only one jump leads to continues the block before it.
        bool Absorb(Block block)
        {
            if (block.Edges is not [{ To: var next } edge] || incoming[next] != 1 || next == block)
                return false;
            Take(block, edge);
            block.Condition = next.Condition;
            block.Edges.Clear();
            block.Edges.AddRange(next.Edges);
            foreach (Edge moved in block.Edges)
                moved.From = block;
            return true;
        }

        // Both edges lead to one block, directly or through a side of their own.
        bool Select(Block block)
        {
            if (block.Edges is not [var first, var second])
                return false;
            Edge left = Through(block, first), right = Through(block, second);
            if (left.To != right.To)
            {
                // One of the sides may be where the other one goes.
                if (left.To == second.To)
                    right = second;
                else if (first.To == right.To)
                    left = first;
                else
                    return false;
            }

            int cost = (left == first ? 0 : Cost(first.To)) + (right == second ? 0 : Cost(second.To));
            if (!Affordable(left.Arguments, right.Arguments, cost))
                return false;
            if (left != first)
                Take(block, first);
            if (right != second)
                Take(block, second);
            Block meeting = left.To;
            Value condition = block.Condition!;
            var jump = new Edge(block, meeting);
            for (int a = 0; a < meeting.Arguments.Count; a++)
                jump.Arguments.Add(Choose(block, condition, left.Arguments[a], right.Arguments[a]));
            block.Jump(jump);
            incoming[meeting]--;
            return true;
        }

        // The edge that leaves a side which holds little and leads to one block only; else the edge into it.
        Edge Through(Block block, Edge edge) =>
            incoming[edge.To] == 1 && edge.To != block && edge.To.Edges.Count == 1
            && Cost(edge.To) <= LargestCost ? edge.To.Edges[0] : edge;

        // One edge leads to a second branch, of which one edge leads to where the other edge does.
        bool Combine(Block block, int into)
        {
            if (block.Edges.Count != 2 || block.Edges[into].To is not { Edges.Count: 2 } second || incoming[second] != 1 || second == block)
                return false;
            Edge past = block.Edges[1 - into];
            int same = second.Edges[0].To == past.To ? 0 : 1;
            if (second.Edges[same].To != past.To || second.Edges[1 - same].To == past.To)
                return false;
            Edge join = second.Edges[same], other = second.Edges[1 - same];
            if (!Affordable(past.Arguments, join.Arguments, Cost(second)))
                return false;

            Value entered = block.Condition!;
            if (into == 1)
                entered = Opposite(block, entered);
            Take(block, block.Edges[into]);
            Value leaves = same == 0 ? Opposite(block, second.Condition!) : second.Condition!;
            var common = new Edge(block, past.To);
            for (int a = 0; a < past.Arguments.Count; a++)
                common.Arguments.Add(Choose(block, entered, join.Arguments[a], past.Arguments[a]));
            block.Condition = Emit(block, Op.And, entered, leaves);
            block.Edges.Clear();
            block.Edges.AddRange([other, common]);
            other.From = block;
            incoming[past.To]--;
            return true;
        }

        // Appends the instructions of the block that the edge leads to; its arguments are what the edge gives.
        void Take(Block block, Edge edge)
        {
            for (int a = 0; a < edge.To.Arguments.Count; a++)
                replacements.Add(edge.To.Arguments[a], edge.Arguments[a]);
            block.Instructions.AddRange(edge.To.Instructions);
            gone.Add(edge.To);
        }

        bool Affordable(List<Value> left, List<Value> right, int cost)
        {
            for (int a = 0; a < left.Count && cost <= LargestCost; a++)
            {
                if (Resolve(left[a]) == Resolve(right[a]))
                    continue;
                // An address that depends on a condition would hide from every target which memory is meant.
                if (left[a].Type.IsPointer())
                    return false;
                cost++;
            }

            return cost <= LargestCost;
        }

        // More than the limit, if something must stay where it is.
        static int Cost(Block block)
        {
            int cost = 0;
            foreach (Instruction instruction in block.Instructions)
            {
                if (!instruction.RunsAnywhere)
                    return LargestCost + 1;
                cost += instruction.Op is Op.Divide or Op.DivideUnsigned or Op.Remainder or Op.RemainderUnsigned or Op.Sqrt ? Slow : 1;
            }

            return cost;
        }

        Value Choose(Block block, Value condition, Value left, Value right)
        {
            (left, right) = (Resolve(left), Resolve(right));
            if (left == right)
                return left;
            if (left.Type == IrType.Bool)
            {
                if (right is Constant { Bits: 0 })
                    return Emit(block, Op.And, condition, left);
                if (left is Constant { Bits: 1 })
                    return Emit(block, Op.Or, condition, right);
                if (left is Constant)
                    return Emit(block, Op.And, Opposite(block, condition), right);
                if (right is Constant)
                    return Emit(block, Op.Or, Opposite(block, condition), left);
            }

            return Emit(block, Op.Select, condition, left, right);
        }

        // Comparisons have an opposite; of floats only those for equality, since NaN is neither less nor not less.
        Value Opposite(Block block, Value condition)
        {
            if (Resolve(condition) is not Instruction { Operands: [var first, var second] } comparison)
                return Emit(block, Op.Not, condition);
            bool integers = first.Type.IsInteger();
            return comparison.Op switch
            {
                Op.Equal => Emit(block, Op.NotEqual, first, second),
                Op.NotEqual => Emit(block, Op.Equal, first, second),
                Op.Less when integers => Emit(block, Op.LessOrEqual, second, first),
                Op.LessOrEqual when integers => Emit(block, Op.Less, second, first),
                Op.LessUnsigned => Emit(block, Op.LessOrEqualUnsigned, second, first),
                Op.LessOrEqualUnsigned => Emit(block, Op.LessUnsigned, second, first),
                _ => Emit(block, Op.Not, condition),
            };
        }

        Value Emit(Block block, Op op, params Value[] operands)
        {
            for (int o = 0; o < operands.Length; o++)
                operands[o] = Resolve(operands[o]);
            IrType type = op.Row().ResultType(operands);
            if (Folding.Simplify(function, op, type, operands) is { } known)
                return known;
            var instruction = new Instruction(op, type, operands, null, (operands[0] as Instruction)?.Position ?? default);
            block.Instructions.Add(instruction);
            return instruction;
        }

        Value Resolve(Value value)
        {
            while (replacements.TryGetValue(value, out Value? next))
                value = next;
            return value;
        }
    }
}
