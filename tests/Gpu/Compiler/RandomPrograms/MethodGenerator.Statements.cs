using System.Reflection;
using System.Reflection.Emit;

namespace Dalle2.Tests.Gpu.Compiler.RandomPrograms;

/// <content>Statements that each thread may run or not.</content>
sealed partial class MethodGenerator
{
    public List<Statement> Block(int count, Place place)
    {
        var statements = new List<Statement>();
        for (int s = 0; s < count && left > 0; s++)
        {
            left--;
            statements.Add(Any(place));
        }

        return statements;
    }

    Statement Any(Place place)
    {
        Place inner = place with { Depth = place.Depth + 1 };
        switch (choose.Below(20))
        {
            case 0 or 1 or 2 when place.Depth < 4:
                return new If(Condition(3), Block(choose.Between(1, 3), inner), choose.OneIn(2) ? Block(choose.Between(1, 2), inner) : []);
            case 3 when place.Depth < 4:
                int cases = choose.Between(2, 5);
                return new Switch(choose.OneIn(2) ? Below(cases, 2) : Of(typeof(int), 2),
                    [.. Enumerable.Range(0, cases).Select(_ => Block(choose.Between(1, 2), inner))]);
            case 4 or 5 when place is { Loops: < 2, Depth: < 4 }:
                return Repeated(place);
            case 6 or 7 when place.MayLeaveLoop:
                return new If(Condition(2), [.. Block(choose.Below(2), inner), new Jump(choose.OneIn(2))], []);
            case 8 when place.MayReturn:
                return new If(Condition(2), [.. Block(choose.Below(2), inner), Return()], []);
            case 9 or 10 or 11 when Memories.Exists(m => m.Start != null):
                return Store(choose.Of([.. Memories.Where(m => m.Start != null)]));
            case 12 when Atomics.Count > 0:
                return AtomicChange(choose.Of([.. Atomics]));
            case 13:
                return Twisted();
            case 14:
                return AssignField();
            default:
                return Assign(choose.Of([.. writable]), 3);
        }
    }

    Loop Repeated(Place place)
    {
        Variable counter = Local(typeof(int), $"k{locals.Count}");
        Expression limit = choose.OneIn(2) ? Expression.Literal(choose.Between(1, 5)) : Below(choose.Of(4, 5, 8), 1);
        counters.Add(counter);
        var body = Block(choose.Between(1, 4), new Place(place.Depth + 1, place.Loops + 1, true, place.MayReturn));
        counters.Remove(counter);
        return new Loop(choose.Of(LoopStyle.For, LoopStyle.For, LoopStyle.DoWhile, LoopStyle.Endless, LoopStyle.Down), counter, limit,
            body);
    }

    public Statement Return()
    {
        if (Returns == typeof(void))
            return new Simple("return", il => il.Emit(OpCodes.Ret));
        Expression value = Of(Returns, 3);
        return new Simple($"return {value}", il =>
        {
            value.Emit(il);
            il.Emit(OpCodes.Ret);
        });
    }

    public Statement Assign(Variable variable, int depth)
    {
        // A struct of structs is made field by field.
        if (variable.Type == typeof(Nested))
            return AssignField();
        return Assign(variable, Of(RandomPrograms.Variable.Widened(variable.Type), depth));
    }

    public static Simple Assign(Variable variable, Expression value) => new($"{variable.Name} = {value}", il =>
    {
        value.Emit(il);
        variable.Write(il);
    });

    Simple AssignField()
    {
        Variable target = choose.Of([.. writable.Where(v => v.Type == typeof(Mixed) || v.Type == typeof(Nested))]);
        FieldInfo field = choose.Of(target.Type.GetFields());
        FieldInfo[] path = field.FieldType == typeof(Mixed) && choose.OneIn(2) ? [field, choose.Of(typeof(Mixed).GetFields())] : [field];
        Expression value = Of(RandomPrograms.Variable.Widened(path[^1].FieldType), 2);
        return new Simple($"{target.Name}.{string.Join(".", path.Select(f => f.Name))} = {value}", il =>
        {
            target.Address().Emit(il);
            foreach (FieldInfo outer in path[..^1])
                il.Emit(OpCodes.Ldflda, outer);
            value.Emit(il);
            il.Emit(OpCodes.Stfld, path[^1]);
        });
    }

    Simple Store(Memory memory)
    {
        Expression address = Element(memory), value = Of(RandomPrograms.Variable.Widened(memory.Element), 3);
        if (Canonical.For(memory.Element) is { } finite)
            value = Expression.Call(finite, value);
        return new Simple($"{address} = {value}", il =>
        {
            address.Emit(il);
            value.Emit(il);
            il.Emit(OpCodes.Stobj, memory.Element);
        });
    }

    /// <summary>Gives the variables values to begin with.</summary>
    public void Begin() => Body.AddRange(writable.Where(v => v.Type != typeof(Mixed)).Select(v => Assign(v, 1)));

    /// <summary>Stores a hash of all variables in the thread's first element, so that a wrong bit in any of them is seen.</summary>
    public void End()
    {
        Memory memory = Memories.First(m => m.Start != null && m.Element == typeof(int));
        MethodInfo indexer = Method(memory.View.Type, "get_Item", typeof(int));
        foreach (Variable variable in writable)
        {
            MethodInfo hash = typeof(Canonical).GetMethods()
                .Single(m => m.Name == "Hash" && m.GetParameters()[0].ParameterType == variable.Read().Type);
            Body.Add(new Simple($"{memory.View.Name}[first] = {memory.View.Name}[first] * 31 + Hash({variable.Name})", il =>
            {
                memory.View.Address().Emit(il);
                memory.Start!.Emit(il);
                il.Emit(OpCodes.Call, indexer);
                il.Emit(OpCodes.Dup);
                il.Emit(OpCodes.Ldind_I4);
                il.Emit(OpCodes.Ldc_I4, 31);
                il.Emit(OpCodes.Mul);
                variable.Read().Emit(il);
                il.Emit(OpCodes.Call, hash);
                il.Emit(OpCodes.Add);
                il.Emit(OpCodes.Stind_I4);
            }));
        }
    }

    Simple AtomicChange(AtomicMemory memory)
    {
        Expression offset = Below(memory.Count, 2), value = Of(memory.Element, 2);
        MethodInfo method = Method(typeof(Atomic), memory.Operation, memory.Element.MakeByRefType(), memory.Element);
        MethodInfo indexer = Method(memory.View.Type, "get_Item", typeof(int));
        return new Simple($"Atomic.{memory.Operation}(ref {memory.View.Name}[{memory.First} + {offset}], {value})", il =>
        {
            memory.View.Address().Emit(il);
            il.Emit(OpCodes.Ldc_I4, memory.First);
            offset.Emit(il);
            il.Emit(OpCodes.Add);
            il.Emit(OpCodes.Call, indexer);
            value.Emit(il);
            il.Emit(OpCodes.Call, method);
            il.Emit(OpCodes.Pop);
        });
    }

    // A method that changes what a reference means: a variable or an element.
    Simple Twisted()
    {
        Type type = choose.Of(typeof(int), typeof(float), typeof(long), typeof(Mixed));
        Memory[] own = [.. Memories.Where(m => m.Start != null && m.Element == type)];
        Variable[] variables = [.. writable.Where(v => v.Type == type)];
        // What is in memory must stay finite, so floats are twisted in variables only.
        Expression target = own.Length > 0 && type != typeof(float) && type != typeof(Mixed)
            && choose.OneIn(2) ? Element(choose.Of(own)) : choose.Of(variables).Address();
        MethodInfo method = type == typeof(Mixed)
            ? typeof(Mixed).GetMethod("Turn")! : Method(typeof(Canonical), "Twist", type.MakeByRefType(), type);
        Expression call = Expression.Call(method, target, Of(type == typeof(Mixed) ? typeof(int) : type, 2));
        return new Simple(call.Text, call.Emit);
    }
}
