using System.Reflection.Emit;
using System.Text;

namespace Dalle2.Tests.Gpu.Compiler.RandomPrograms;

/// <summary>Where break and continue go while a method is emitted.</summary>
sealed record Emission(ILGenerator Il)
{
    public Stack<(Label Break, Label Continue)> Loops { get; } = new();
}

/// <summary>One statement of a random program. Bodies can be shortened afterwards, to make a failing program small.</summary>
abstract class Statement
{
    public virtual IEnumerable<List<Statement>> Bodies => [];

    /// <summary>Without it, threads would meet at the same elements, write through a view of nothing, or leave a function at its end without a value.</summary>
    public bool IsNeeded { get; init; }

    public abstract void Emit(Emission to);

    public abstract void Write(StringBuilder text, int depth);

    public static void Emit(List<Statement> statements, Emission to) => statements.ForEach(statement => statement.Emit(to));

    protected static void Write(StringBuilder text, int depth, string line, List<Statement>? body = null)
    {
        text.Append(' ', 4 * depth).Append(line).Append('\n');
        body?.ForEach(statement => statement.Write(text, depth + 1));
    }
}

/// <summary>A statement without others in it.</summary>
sealed class Simple(string line, Action<ILGenerator> emit) : Statement
{
    public override void Emit(Emission to) => emit(to.Il);

    public override void Write(StringBuilder text, int depth) => Write(text, depth, line + ";");
}

/// <summary>Statements that make sense only together.</summary>
sealed class Sequence(List<Statement> statements) : Statement
{
    public override void Emit(Emission to) => Emit(statements, to);

    public override void Write(StringBuilder text, int depth) => statements.ForEach(statement => statement.Write(text, depth));
}

/// <summary>break and continue.</summary>
sealed class Jump(bool leaves) : Statement
{
    public override void Emit(Emission to) => to.Il.Emit(OpCodes.Br, leaves ? to.Loops.Peek().Break : to.Loops.Peek().Continue);

    public override void Write(StringBuilder text, int depth) => Write(text, depth, leaves ? "break;" : "continue;");
}

sealed class If(Expression condition, List<Statement> then, List<Statement> otherwise) : Statement
{
    public override IEnumerable<List<Statement>> Bodies => [then, otherwise];

    public override void Emit(Emission to)
    {
        Label no = to.Il.DefineLabel(), end = to.Il.DefineLabel();
        if (condition.BranchUnless is { } branch)
        {
            branch(to.Il, no);
        }
        else
        {
            condition.Emit(to.Il);
            to.Il.Emit(OpCodes.Brfalse, no);
        }

        Emit(then, to);
        if (otherwise.Count > 0)
            to.Il.Emit(OpCodes.Br, end);
        to.Il.MarkLabel(no);
        Emit(otherwise, to);
        to.Il.MarkLabel(end);
    }

    public override void Write(StringBuilder text, int depth)
    {
        Write(text, depth, $"if ({condition})", then);
        if (otherwise.Count > 0)
            Write(text, depth, "else", otherwise);
    }
}

sealed class Switch(Expression value, List<Statement>[] cases) : Statement
{
    // The last case is the default.
    public override IEnumerable<List<Statement>> Bodies => cases;

    public override void Emit(Emission to)
    {
        Label[] labels = [.. cases.Select(_ => to.Il.DefineLabel())];
        Label end = to.Il.DefineLabel();
        value.Emit(to.Il);
        to.Il.Emit(OpCodes.Switch, labels[..^1]);
        to.Il.Emit(OpCodes.Br, labels[^1]);
        for (int c = 0; c < cases.Length; c++)
        {
            to.Il.MarkLabel(labels[c]);
            Emit(cases[c], to);
            // Every other case falls through to the next.
            if (c % 2 == 0)
                to.Il.Emit(OpCodes.Br, end);
        }

        to.Il.MarkLabel(end);
    }

    public override void Write(StringBuilder text, int depth)
    {
        Write(text, depth, $"switch ({value})");
        for (int c = 0; c < cases.Length; c++)
            Write(text, depth + 1, c == cases.Length - 1 ? "default:" : $"case {c}:{(c % 2 == 0 ? "" : " // falls through")}", cases[c]);
    }
}

enum LoopStyle
{
    For,
    DoWhile,
    Endless,
    Down,
}

/// <summary>A loop of at most as many turns as the limit says, which is read anew for each.</summary>
sealed class Loop(LoopStyle style, Variable counter, Expression limit, List<Statement> body) : Statement
{
    public override IEnumerable<List<Statement>> Bodies => [body];

    public override void Emit(Emission to)
    {
        ILGenerator il = to.Il;
        Label top = il.DefineLabel(), next = il.DefineLabel(), test = il.DefineLabel(), end = il.DefineLabel();
        bool down = style == LoopStyle.Down;
        if (down)
            limit.Emit(il);
        else
            il.Emit(OpCodes.Ldc_I4_0);
        counter.Write(il);
        if (style is LoopStyle.For or LoopStyle.Down)
            il.Emit(OpCodes.Br, test);
        il.MarkLabel(top);
        if (style == LoopStyle.Endless)
        {
            counter.Read().Emit(il);
            limit.Emit(il);
            il.Emit(OpCodes.Bge, end);
        }

        to.Loops.Push((end, next));
        Emit(body, to);
        to.Loops.Pop();
        il.MarkLabel(next);
        counter.Read().Emit(il);
        il.Emit(down ? OpCodes.Ldc_I4_M1 : OpCodes.Ldc_I4_1);
        il.Emit(OpCodes.Add);
        counter.Write(il);
        il.MarkLabel(test);
        if (style == LoopStyle.Endless)
        {
            il.Emit(OpCodes.Br, top);
        }
        else
        {
            counter.Read().Emit(il);
            if (down)
                il.Emit(OpCodes.Ldc_I4_0);
            else
                limit.Emit(il);
            il.Emit(down ? OpCodes.Bgt : OpCodes.Blt, top);
        }

        il.MarkLabel(end);
    }

    public override void Write(StringBuilder text, int depth) => Write(text, depth, $"{style} ({counter.Name} up to {limit})", body);
}
