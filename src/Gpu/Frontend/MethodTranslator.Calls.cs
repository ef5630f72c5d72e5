using System.Reflection;
using System.Runtime.CompilerServices;
using Dalle2.Gpu.Frontend.Meanings;
using Dalle2.Gpu.Ir;

namespace Dalle2.Gpu.Frontend;

/// <content>Calls: of the members that are operations, of everything else in place.</content>
sealed partial class MethodTranslator
{
    internal SsaBuilder Builder => builder;

    /// <summary>Whether the call that is being translated stands in ILGPU, in .NET's library, or in what they mean here, not in the user's code.</summary>
    internal bool IsWithinLibrary =>
        method.Module.Assembly is var assembly && (assembly == typeof(Index1D).Assembly
        || assembly == typeof(ILGPU.Algorithms.XMath).Assembly || assembly == typeof(object).Assembly
        || assembly == typeof(Meaning).Assembly);

    void Call(MethodBase target)
    {
        int count = target.GetParameters().Length + (target.IsStatic ? 0 : 1);
        var values = new Item[count];
        for (int a = count - 1; a >= 0; a--)
            values[a] = Pop();
        if (constraint != null)
        {
            target = Implementation((MethodInfo)target, constraint);
            constraint = null;
        }

        if (target.DeclaringType is { } type && type.IsAssignableTo(typeof(Exception)))
            throw Foreign(builder.Position, target);
        if (values.Any(value => value is Text) && !Intrinsics.TakesText(target))
            throw Diagnostic.ManagedObject.At(builder.Position, "a string");
        if (Invoke(target, values) is { } result)
            Push(result);
    }

    void Construct(ConstructorInfo constructor)
    {
        if (constructor.DeclaringType is { IsArray: true } array)
        {
            Item[] extents = [.. constructor.GetParameters().Select(_ => Pop()).Reverse()];
            Push(NewArray(array.GetElementType()!, [.. extents.Select(Number)]));
            return;
        }

        if (constructor.DeclaringType!.IsSubclassOf(typeof(Exception)))
            throw Diagnostic.ExceptionHandling.At(builder.Position, $"a new {constructor.DeclaringType.Name}");
        if (!constructor.DeclaringType.IsValueType)
            throw NewObject(constructor.DeclaringType);
        Variable created = Declare(constructor.DeclaringType);
        Clear(created);
        var values = new Item[constructor.GetParameters().Length + 1];
        for (int a = values.Length - 1; a > 0; a--)
            values[a] = Pop();
        values[0] = new VariableAddress(created, 0);
        Invoke(constructor, values);
        Push(Read(created));
    }

    Item? Invoke(MethodBase target, Item[] values)
    {
        if (target.DeclaringType == typeof(DefaultInterpolatedStringHandler))
            throw Diagnostic.ManagedObject.At(builder.Position, "a string", Advice.For(typeof(string))!);
        if ((Intrinsics.Find(target) ?? (builder.Function.HasMatrixUnits ? Intrinsics.FindMatrix(target) : null)) is { } intrinsic)
            return intrinsic(this, target, [.. values.Take(values.Length - target.GetParameters().Length), .. Passed(target, values)]);
        if (Meaning.Find(target) is { } meaning)
            target = meaning;
        if (values.Length > 0 && !target.IsStatic && values[0] is ManagedArray)
            return CallOfArray(target, values);
        if (target.DeclaringType is not { } type)
            throw Foreign(builder.Position, target);
        if (!target.IsStatic && !type.IsValueType)
        {
            throw target.IsAbstract && type.IsInterface
                ? Diagnostic.Boxing.At(builder.Position, type.Name) : Diagnostic.OfType(builder.Position, type);
        }

        if (!target.IsStatic && values[0] is Data temporary)
            values[0] = Spill(type, temporary);
        if (!Intrinsics.IsForeign(type))
            return Inline(target, values);
        // What .NET's own library writes in plain C# (tuples, Nullable, operators of generic mathematics) is taken as any method; what it does not is the library's affair.
        SourcePosition call = builder.Position;
        try
        {
            return Inline(target, values);
        }
        catch (KernelDiagnosticException)
        {
            throw Foreign(call, target);
        }
    }

    KernelDiagnosticException NewObject(Type type) => SourceNames.IsCapture(type)
        ? Diagnostic.ManagedObject.At(builder.Position, $"a lambda that captures {string.Join(", ", SourceNames.Captured(type))}",
        Advice.For(typeof(Action))!)
        : Diagnostic.ManagedObject.At(builder.Position, $"a new {SourceNames.Of(type)}", Advice.For(type)
        ?? Diagnostic.ManagedObject.Instead);

    // Methods like ArgumentNullException.ThrowIfNull are throws by another name.
    static KernelDiagnosticException Foreign(SourcePosition call, MethodBase target) =>
        target.DeclaringType is { } type && type.IsAssignableTo(typeof(Exception))
        ? Diagnostic.ExceptionHandling.At(call, NameOf(target))
        : Diagnostic.ForeignCall.At(call, NameOf(target), (target.DeclaringType is { } owner ? Advice.For(owner) : null)
        ?? Diagnostic.ForeignCall.Instead);

    /// <summary>Translates a call in place.</summary>
    internal Item? Inline(MethodBase target, Item[] values) => new MethodTranslator(builder, target, values, this).Run();

    // The arguments without the instance, as values of the parameters' types.
    IEnumerable<Item> Passed(MethodBase target, Item[] values)
    {
        ParameterInfo[] parameters = target.GetParameters();
        return parameters.Zip(values.Skip(values.Length - parameters.Length), (parameter, value) => parameter.ParameterType.IsByRef
            || value is Text or ManagedArray or FieldToken ? value : Coerce(value, LayoutOf(parameter.ParameterType)));
    }

    VariableAddress Spill(Type type, Data value)
    {
        Variable variable = Declare(type);
        Write(variable, value);
        return new VariableAddress(variable, 0);
    }

    // The method of a struct type argument that an interface's method means.
    MethodInfo Implementation(MethodInfo target, Type type)
    {
        MethodInfo implementation = StructMembers.Implementation(target, type)
            ?? throw Diagnostic.NoBody.At(builder.Position, NameOf(target));
        if (target.DeclaringType is { IsInterface: true } && implementation.DeclaringType!.IsInterface && !implementation.IsStatic)
            throw Diagnostic.Boxing.At(builder.Position, type.Name);
        return implementation;
    }
}
