using System.Reflection;
using System.Reflection.Emit;

namespace Dalle2.Tests.Gpu.Compiler.RandomPrograms;

/// <summary>
/// What a kernel has beside the statements of one thread: its place, and the places where all threads of a group meet. Those stand where every
/// thread comes by: outside of loops and branches, or in ones that all threads take alike.
/// </summary>
sealed class KernelGenerator(Choices choose, MethodGenerator body, int groupThreads)
{
    readonly List<Expression> uniform = [];
    readonly List<(Type Element, Variable View)> shared = [];

    /// <summary>What all threads of a group agree on.</summary>
    public void Agree(Expression value) => uniform.Add(value);

    public void ShareArray(Type element)
    {
        Variable view = body.Local(typeof(ArrayView<>).MakeGenericType(element), $"shared{shared.Count}");
        shared.Add((element, view));
        body.Body.Add(new Sequence([Allocate(typeof(SharedMemory), view, element, groupThreads)]) { IsNeeded = true });
    }

    public static Simple Allocate(Type where, Variable view, Type element, int extent)
    {
        MethodInfo allocate = where.GetMethod("Allocate", [typeof(int)])!.MakeGenericMethod(element);
        return MethodGenerator.Assign(view, Expression.Call(allocate, Expression.Literal(extent)));
    }

    /// <summary>Statements in which all threads come by the same meetings.</summary>
    public List<Statement> Together(int count, int depth)
    {
        var statements = new List<Statement>();
        for (int s = 0; s < count; s++)
        {
            switch (choose.Below(depth < 2 ? 8 : 6))
            {
                case 0 or 1:
                    statements.AddRange(body.Block(choose.Between(1, 3), new Place(depth, depth, false, false)));
                    break;
                case 6:
                    Variable counter = body.Local(typeof(int), $"u{choose.Below(1000)}");
                    Expression limit = choose.OneIn(2) ? Expression.Literal(choose.Between(1, 3)) : Agreed(4);
                    uniform.Add(counter.Read());
                    body.Readable.Add(counter);
                    List<Statement> turns = Together(choose.Between(1, 3), depth + 1);
                    uniform.RemoveAt(uniform.Count - 1);
                    statements.Add(new Loop(choose.Of(LoopStyle.For, LoopStyle.DoWhile, LoopStyle.Endless), counter, limit, turns));
                    break;
                case 7:
                    Expression chosen = Agreed(2);
                    Expression condition = Expression.Of(typeof(bool), $"({chosen} == 1)", [chosen, Expression.Literal(1)], OpCodes.Ceq);
                    statements.Add(new If(condition, Together(choose.Between(1, 2), depth + 1),
                        choose.OneIn(2) ? Together(1, depth + 1) : []));
                    break;
                default:
                    statements.Add(Meeting());
                    break;
            }
        }

        return statements;
    }

    // An int in 0..count-1, the same for all threads of a group.
    Expression Agreed(int count)
    {
        Expression any = choose.Of([.. uniform]);
        return Expression.Of(typeof(int), $"(int)((uint){any} % {count})", [any, Expression.Literal(count)], OpCodes.Rem_Un);
    }

    Statement Meeting()
    {
        switch (choose.Below(8))
        {
            case 0:
                return Shuffle();
            case 1:
                MethodInfo vote = typeof(Group).GetMethod(choose.Of("BarrierAnd", "BarrierOr", "BarrierPopCount"))!;
                return MethodGenerator.Assign(body.Of(vote.ReturnType), Expression.Call(vote, body.Of(typeof(bool), 3)));
            case 2:
                Variable received = body.Of(AnyType());
                return MethodGenerator.Assign(received, Expression.Call(
                    typeof(Group).GetMethod("Broadcast")!.MakeGenericMethod(received.Type), body.Of(received.Type, 3),
                    Agreed(groupThreads)));
            case 3:
                Expression call = Expression.Call(choose.Of(
                    ((Action)Group.Barrier).Method, ((Action)Warp.Barrier).Method, ((Action)MemoryFence.GroupLevel).Method,
                    ((Action)MemoryFence.DeviceLevel).Method));
                return new Simple(call.Text, call.Emit);
            case 4 when shared.Exists(s => s.Element == typeof(int)):
                return SharedCount(shared.First(s => s.Element == typeof(int)).View);
            default:
                return shared.Count > 0 ? Exchange(choose.Of([.. shared])) : Shuffle();
        }
    }

    Type AnyType() => choose.Of(typeof(int), typeof(uint), typeof(long), typeof(float), typeof(double), typeof(System.Half), typeof(Mixed));

    Simple Shuffle()
    {
        Variable result = body.Of(AnyType());
        MethodInfo[] shuffles = [.. typeof(Warp).GetMethods().Where(m => m.Name.StartsWith("Shuffle") || m.Name == "Broadcast")];
        MethodInfo method = choose.Of(shuffles);
        Expression lane = method.Name is "Shuffle" or "Broadcast" && choose.OneIn(3) ? body.Of(typeof(int), 2) : body.Below(32, 2);
        Expression value = body.Of(result.Type, 3);
        Expression[] arguments = method.GetParameters().Length == 3
            ? [value, lane, Expression.Literal(choose.Of(2, 4, 8, 16, 32))] : [value, lane];
        return MethodGenerator.Assign(result, Expression.Call(method.MakeGenericMethod(result.Type), arguments));
    }

    // Each thread writes one element, another one's after a permutation; then all read any.
    Sequence Exchange((Type Element, Variable View) memory)
    {
        Variable result = body.Of(memory.Element == typeof(byte) ? typeof(int) : memory.Element);
        Expression value = body.Of(result.Type, 3), read = body.Below(groupThreads, 3);
        Expression own = Expression.Call(typeof(Group).GetProperty("LinearIndex")!.GetMethod!), shift = Agreed(groupThreads);
        Expression place = Expression.Of(typeof(int), $"(lane + {shift}) % {groupThreads}", [own, shift, Expression.Literal(groupThreads)],
            OpCodes.Add, OpCodes.Rem);
        return new Sequence(
            [
                StoreAt(memory, place, value),
                Barrier(),
                MethodGenerator.Assign(result, LoadAt(memory, result.Type, read)),
                Barrier(),
            ]);
    }

    // All count in an array that begins with zeros, then read it.
    Sequence SharedCount(Variable view)
    {
        (Type, Variable) memory = (typeof(int), view);
        Variable result = body.Of(typeof(int));
        Expression own = Expression.Call(typeof(Group).GetProperty("LinearIndex")!.GetMethod!);
        body.Atomics.Add(new AtomicMemory(typeof(int), view, choose.Of("Add", "Xor", "Or", "Max"), 0, groupThreads));
        List<Statement> counting = body.Block(choose.Between(1, 3), new Place(2, 1, false, false));
        body.Atomics.RemoveAt(body.Atomics.Count - 1);
        return new Sequence(
            [
                StoreAt(memory, own, Expression.Literal(0)),
                Barrier(),
                .. counting,
                Barrier(),
                MethodGenerator.Assign(result, LoadAt(memory, typeof(int), body.Below(groupThreads, 2))),
                Barrier(),
            ]);
    }

    static Simple Barrier() => new("Group.Barrier()", il => il.Emit(OpCodes.Call, ((Action)Group.Barrier).Method));

    public static Simple StoreAt((Type Element, Variable View) memory, Expression index, Expression value) =>
        new($"{memory.View.Name}[{index}] = {value}", il =>
    {
        EmitAddress(il, memory.View, index);
        value.Emit(il);
        il.Emit(OpCodes.Stobj, memory.Element);
    });

    static Expression LoadAt((Type Element, Variable View) memory, Type type, Expression index) =>
        new(type, $"{memory.View.Name}[{index}]", il =>
    {
        EmitAddress(il, memory.View, index);
        il.Emit(OpCodes.Ldobj, memory.Element);
    });

    static void EmitAddress(ILGenerator il, Variable view, Expression index)
    {
        view.Address().Emit(il);
        index.Emit(il);
        il.Emit(OpCodes.Call, view.Type.GetMethod("get_Item", [typeof(int)])!);
    }
}
