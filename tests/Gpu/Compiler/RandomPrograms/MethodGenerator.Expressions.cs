using System.Reflection;
using System.Reflection.Emit;

namespace Dalle2.Tests.Gpu.Compiler.RandomPrograms;

/// <content>Expressions of each type.</content>
sealed partial class MethodGenerator
{
    public Expression Of(Type type, int depth)
    {
        if (depth <= 0 || choose.OneIn(6))
            return Leaf(type);
        if (choose.OneIn(9))
            return Select(type, depth);
        if (choose.OneIn(14) && Helped(type, depth) is { } call)
            return call;
        if (type == typeof(bool))
            return Condition(depth);
        if (type == typeof(Mixed))
        {
            return choose.OneIn(3) ? Expression.Call(typeof(Mixed).GetMethod(nameof(Mixed.Larger))!, Of(type, depth - 1),
                writable.First(v => v.Type == type).Address()) : Leaf(type);
        }

        if (choose.OneIn(5))
            return Converted(type, depth);
        if (type == typeof(System.Half))
            return HalfOperation(depth);
        return type == typeof(float) || type == typeof(double) ? FloatOperation(type, depth) : IntegerOperation(type, depth);
    }

    /// <summary>An int in 0..count-1.</summary>
    public Expression Below(int count, int depth)
    {
        Expression any = Of(typeof(int), depth);
        return (count & (count - 1)) == 0
            ? Expression.Of(typeof(int), $"({any} & {count - 1})", [any, Expression.Literal(count - 1)], OpCodes.And)
            : Expression.Of(typeof(int), $"(int)((uint){any} % {count})", [any, Expression.Literal(count)], OpCodes.Rem_Un);
    }

    Expression Leaf(Type type)
    {
        if (type == typeof(Mixed) || choose.Below(10) < 5)
            return Variable(type, Readable.Concat(counters)) ?? Literal(type);
        if (choose.OneIn(3) && FieldOf(type) is { } field)
            return field;
        return choose.OneIn(2) && Loaded(type) is { } element ? element : Literal(type);
    }

    Expression Literal(Type type)
    {
        object value = choose.Number(type);
        return type == typeof(System.Half)
            ? Expression.Call(HalfFrom(typeof(float)), Expression.Literal((float)(System.Half)value))
            : Expression.Literal(value);
    }

    Expression? FieldOf(Type type)
    {
        Variable[] structs = [.. Readable.Where(v => v.Type == typeof(Mixed) || v.Type == typeof(Nested))];
        if (structs.Length == 0)
            return null;
        Variable from = choose.Of(structs);
        FieldInfo[] path = Path(from.Type, type);
        if (path.Length == 0)
            return null;
        bool byAddress = choose.OneIn(2);
        return new Expression(type, $"{from.Name}.{string.Join(".", path.Select(f => f.Name))}", il =>
        {
            (byAddress ? from.Address() : from.Read()).Emit(il);
            foreach (FieldInfo field in path)
                il.Emit(byAddress && field != path[^1] ? OpCodes.Ldflda : OpCodes.Ldfld, field);
        });
    }

    // Fields to a leaf of a type; none if there is no such leaf.
    FieldInfo[] Path(Type from, Type type)
    {
        FieldInfo[][] paths =
        [
            .. from.GetFields().SelectMany(field => field.FieldType == typeof(Mixed) ? typeof(Mixed).GetFields()
            .Select(inner => new[] { field, inner }) : [[field]])
                .Where(path => RandomPrograms.Variable.Widened(path[^1].FieldType) == type),
        ];
        return paths.Length == 0 ? [] : choose.Of(paths);
    }

    /// <summary>The address of an element that the thread may read.</summary>
    Expression Element(Memory memory)
    {
        Expression index = memory.Start == null ? Below(memory.Length, 1)
            : Below(memory.Length, 1) is var offset ? Expression.Of(typeof(int), $"{memory.Start} + {offset}", [memory.Start, offset],
            OpCodes.Add) : null!;
        bool wide = choose.OneIn(4);
        Type view = typeof(ArrayView<>).MakeGenericType(memory.Element);
        MethodInfo indexer = Method(view, "get_Item", wide ? typeof(long) : typeof(int));
        return new Expression(memory.Element, $"{memory.View.Name}[{index}]", il =>
        {
            memory.View.Address().Emit(il);
            index.Emit(il);
            if (wide)
                il.Emit(OpCodes.Conv_I8);
            il.Emit(OpCodes.Call, indexer);
        });
    }

    Expression? Loaded(Type type)
    {
        Memory[] found = [.. Memories.Where(m => RandomPrograms.Variable.Widened(m.Element) == type)];
        if (found.Length == 0)
            return null;
        Expression address = Element(choose.Of(found));
        return new Expression(type, address.Text, il =>
        {
            address.Emit(il);
            il.Emit(OpCodes.Ldobj, address.Type);
        });
    }

    Expression Select(Type type, int depth)
    {
        Expression condition = Condition(depth - 1), then = Of(type, depth - 1), otherwise = Of(type, depth - 1);
        return new Expression(type, $"({condition} ? {then} : {otherwise})", il =>
        {
            Label no = il.DefineLabel(), end = il.DefineLabel();
            if (condition.BranchUnless is { } branch)
            {
                branch(il, no);
            }
            else
            {
                condition.Emit(il);
                il.Emit(OpCodes.Brfalse, no);
            }

            then.Emit(il);
            il.Emit(OpCodes.Br, end);
            il.MarkLabel(no);
            otherwise.Emit(il);
            il.MarkLabel(end);
        });
    }

    Expression? Helped(Type type, int depth)
    {
        Helper[] found = [.. helpers.Where(h => h.Returns == type)];
        if (found.Length == 0)
            return null;
        Helper helper = choose.Of(found);
        Expression[] arguments = [.. helper.Parameters.Select(p => Of(p, depth - 2))];
        return new Expression(type, $"{helper.Name}({string.Join<Expression>(", ", arguments)})", il =>
        {
            foreach (Expression argument in arguments)
                argument.Emit(il);
            il.Emit(OpCodes.Call, helper.Built!);
        });
    }

    Expression Condition(int depth)
    {
        switch (choose.Below(8))
        {
            case 0:
                Expression inner = Of(typeof(bool), depth - 1);
                return Expression.Of(typeof(bool), $"!{inner}", [inner, Expression.Literal(0)], OpCodes.Ceq);
            case 1:
                Expression a = Of(typeof(bool), depth - 1), b = Of(typeof(bool), depth - 1);
                var (sign, code) = choose.Of(("&", OpCodes.And), ("|", OpCodes.Or), ("^", OpCodes.Xor));
                return Expression.Of(typeof(bool), $"({a} {sign} {b})", [a, b], code);
            case 2:
                return Leaf(typeof(bool));
            default:
                return Comparison(depth);
        }
    }

    Expression Comparison(int depth)
    {
        Type type = choose.Of(typeof(int), typeof(int), typeof(uint), typeof(long), typeof(ulong), typeof(float), typeof(double));
        Expression a = Of(type, depth - 1), b = Of(type, depth - 1);
        bool unsigned = type == typeof(uint) || type == typeof(ulong), real = type == typeof(float) || type == typeof(double);
        // The value, and the branch if it does not hold: of floats, that is taken for NaN too.
        var (sign, codes, unless) = choose.Below(6) switch
        {
            0 => ("==", new[] { OpCodes.Ceq }, OpCodes.Bne_Un),
            1 => ("!=", [OpCodes.Ceq, OpCodes.Ldc_I4_0, OpCodes.Ceq], OpCodes.Beq),
            2 => ("<", [unsigned ? OpCodes.Clt_Un : OpCodes.Clt], unsigned || real ? OpCodes.Bge_Un : OpCodes.Bge),
            3 => (">", [unsigned ? OpCodes.Cgt_Un : OpCodes.Cgt], unsigned || real ? OpCodes.Ble_Un : OpCodes.Ble),
            4 =>
            ("<=", [unsigned != real ? OpCodes.Cgt_Un : OpCodes.Cgt, OpCodes.Ldc_I4_0, OpCodes.Ceq], unsigned
            || real ? OpCodes.Bgt_Un : OpCodes.Bgt),
            _ =>
            (">=", new[] { unsigned != real ? OpCodes.Clt_Un : OpCodes.Clt, OpCodes.Ldc_I4_0, OpCodes.Ceq }, unsigned
            || real ? OpCodes.Blt_Un : OpCodes.Blt),
        };
        return Expression.Of(typeof(bool), $"({a} {sign} {b})", [a, b], codes) with
        {
            BranchUnless = (il, label) =>
            {
                a.Emit(il);
                b.Emit(il);
                il.Emit(unless, label);
            },
        };
    }
}
