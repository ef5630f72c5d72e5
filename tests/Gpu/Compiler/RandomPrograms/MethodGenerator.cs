using System.Reflection;
using System.Reflection.Emit;
using System.Text;

namespace Dalle2.Tests.Gpu.Compiler.RandomPrograms;

/// <summary>Memory that a method may use: a view in a variable, and which of its elements belong to the running thread.</summary>
/// <param name="Element">The element type.</param>
/// <param name="View">The view.</param>
/// <param name="Length">The number of elements.</param>
/// <param name="Start">The first one that belongs to the thread; null if all are read and none written.</param>
sealed record Memory(Type Element, Variable View, int Length, Expression? Start);

/// <summary>A helper of the program: its signature, and the method once it has been emitted.</summary>
sealed class Helper(string name, Type returns, Type[] parameters)
{
    public string Name { get; } = name;

    public Type Returns { get; } = returns;

    public Type[] Parameters { get; } = parameters;

    public MethodBuilder? Built { get; set; }
}

/// <summary>Where a statement stands.</summary>
/// <param name="Depth">Statements around it.</param>
/// <param name="Loops">Loops around it.</param>
/// <param name="MayLeaveLoop">Whether break and continue may stand there.</param>
/// <param name="MayReturn">Whether return may stand there: not before a place where threads meet.</param>
readonly record struct Place(int Depth, int Loops, bool MayLeaveLoop, bool MayReturn);

/// <summary>Generates the body of one method: variables of every type, statements over them.</summary>
sealed partial class MethodGenerator(Choices choose, List<Helper> helpers, int budget)
{
    static readonly Type[] Scalars = [typeof(int), typeof(int), typeof(uint), typeof(long), typeof(float), typeof(float), typeof(double),
        typeof(ulong), typeof(bool)];

    readonly List<Variable> locals = [];
    readonly List<Variable> writable = [];
    readonly List<Variable> counters = [];
    int left = budget;

    public List<Statement> Body { get; } = [];

    public List<Memory> Memories { get; } = [];

    public List<AtomicMemory> Atomics { get; } = [];

    public Type Returns { get; init; } = typeof(void);

    /// <summary>Arguments and locals that expressions read.</summary>
    public List<Variable> Readable { get; } = [];

    public Variable Local(Type type, string name)
    {
        var variable = new Variable(type, name);
        locals.Add(variable);
        return variable;
    }

    /// <summary>A few variables of each type, all of them zero at first.</summary>
    public void DeclareVariables()
    {
        Type[] types = [typeof(int), typeof(int), typeof(uint), typeof(long), typeof(ulong), typeof(float), typeof(float), typeof(double),
            typeof(bool), choose.Of(typeof(byte), typeof(sbyte), typeof(short), typeof(ushort)), typeof(System.Half), typeof(Mixed),
            typeof(Nested)];
        foreach (Type type in types)
        {
            Variable variable = Local(type, $"{type.Name.ToLowerInvariant()}{locals.Count}");
            writable.Add(variable);
            Readable.Add(variable);
        }
    }

    public void Parameter(Type type, int place)
    {
        var parameter = new Variable(type, $"a{place}", place);
        Readable.Add(parameter);
        if (!type.IsGenericType)
            writable.Add(parameter);
    }

    /// <summary>A variable of a type that may be changed.</summary>
    public Variable Of(Type type) => choose.Of([.. writable.Where(v => v.Type == type)]);

    /// <summary>Emits the body; it may be emitted again, for a shortened program.</summary>
    public void Emit(ILGenerator il)
    {
        locals.ForEach(local => local.Declare(il));
        Statement.Emit(Body, new Emission(il));
        if (Returns == typeof(void))
            il.Emit(OpCodes.Ret);
    }

    public string Text()
    {
        var text = new StringBuilder();
        Body.ForEach(statement => statement.Write(text, 1));
        return text.ToString();
    }

    Expression? Variable(Type type, IEnumerable<Variable> from)
    {
        Variable[] found = [.. from.Where(v => v.Type == type || RandomPrograms.Variable.Widened(v.Type) == type)];
        return found.Length == 0 ? null : choose.Of(found).Read();
    }

    static MethodInfo Method(Type type, string name, params Type[] parameters) =>
        type.GetMethod(name, parameters) ?? throw new InvalidOperationException($"{type.Name}.{name}");
}

/// <summary>Elements that threads change at the same time, each by one operation in whatever order.</summary>
sealed record AtomicMemory(Type Element, Variable View, string Operation, int First, int Count);
