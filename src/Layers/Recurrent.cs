namespace Dalle2.Layers;

/// <summary>
/// A recurrent layer over padded sequences, time first: x <c>[T, B, inputs]</c>, lengths <c>[B]</c> in 1..T. Past a sequence's length the state
/// is carried on unchanged, so that the last one is every sequence's final state, and nothing there adds to a gradient. A length above T
/// counts as T, one below 1 as an empty sequence.
/// </summary>
public abstract class Recurrent : Layer
{
    private protected Recurrent(int inputs, int hidden)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(inputs, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(hidden, 1);
        Inputs = inputs;
        Hidden = hidden;
    }

    /// <summary>Features in.</summary>
    public int Inputs { get; }

    /// <summary>The size of the hidden state.</summary>
    public int Hidden { get; }

    /// <summary>Whether the state has a cell beside the hidden part.</summary>
    public abstract bool HasCell { get; }

    /// <summary>The hidden state after the last step, <c>[B, hidden]</c>; of the last forward pass.</summary>
    public Tensor Final => final ?? throw new InvalidOperationException($"{Name}: there was no forward pass yet");

    /// <summary>The cell state after the last step, <c>[B, hidden]</c>; null in layers that have none.</summary>
    public Tensor? FinalCell { get; private protected set; }

    /// <summary>The gradient of the initial hidden state, <c>[B, hidden]</c>; of the last backward pass.</summary>
    public Tensor InitialHiddenGradient =>
        initialHiddenGradient ?? throw new InvalidOperationException($"{Name}: there was no backward pass yet");

    /// <summary>The gradient of the initial cell state, <c>[B, hidden]</c>; null in layers that have none.</summary>
    public Tensor? InitialCellGradient { get; private protected set; }

    Tensor? final;
    Tensor? initialHiddenGradient;
    int steps;
    int batch;

    /// <summary>All hidden states, <c>[T, B, hidden]</c>.</summary>
    /// <param name="context">The step.</param>
    /// <param name="x">The inputs <c>[T, B, inputs]</c>.</param>
    /// <param name="lengths">Steps of each sequence, <c>[B]</c>.</param>
    /// <param name="initialHidden">The hidden state before the first step, <c>[B, hidden]</c>; zeros if null.</param>
    /// <param name="initialCell">The cell state before the first step, <c>[B, hidden]</c>; zeros if null. Only for layers that have one.</param>
    /// <exception cref="ArgumentException">The extents do not fit.</exception>
    public Tensor Forward(Context context, Tensor x, IntTensor lengths, Tensor? initialHidden = null, Tensor? initialCell = null)
    {
        if (x.Shape.Rank != 3 || x.Cols != Inputs || x.Shape[0] < 1)
        {
            throw new ArgumentException(
                $"{Name}: the input has the shape {x.Shape}; it must be [steps, batch, {Inputs}] with a step at least");
        }

        if (lengths.Length != x.Shape[1])
            throw new ArgumentException($"{Name}: {lengths.Length} lengths were given for a batch of {x.Shape[1]}");
        RequireState(initialHidden, x.Shape[1], "initial hidden state");
        RequireState(initialCell, x.Shape[1], "initial cell state");
        RequireCell(initialCell);
        BeginForward(context);
        (steps, batch) = (x.Shape[0], x.Shape[1]);
        Tensor states = EndForward(context, Compute(context, x, lengths, initialHidden, initialCell));
        final = states.At(steps - 1);
        return states;
    }

    /// <summary>The gradient of x, <c>[T, B, inputs]</c>; those of the initial states are kept in properties; adds to the parameters' gradients.</summary>
    /// <param name="context">The step.</param>
    /// <param name="dstates">The gradient of all hidden states, <c>[T, B, hidden]</c>; zero if null.</param>
    /// <param name="dfinal">The gradient of <see cref="Final"/> on top of it, <c>[B, hidden]</c>; zero if null.</param>
    /// <param name="dfinalCell">The gradient of <see cref="FinalCell"/>, <c>[B, hidden]</c>; zero if null.</param>
    /// <exception cref="ArgumentException">The extents do not fit.</exception>
    /// <exception cref="InvalidOperationException">There was no forward pass in training.</exception>
    public Tensor Backward(Context context, Tensor? dstates, Tensor? dfinal, Tensor? dfinalCell = null)
    {
        if (dstates != null && dstates.Shape != new Shape(steps, batch, Hidden))
        {
            throw new ArgumentException(
                $"{Name}: the gradient of the states has the shape {dstates.Shape}; it must be [{steps}, {batch}, {Hidden}]");
        }

        RequireState(dfinal, batch, "gradient of the final state");
        RequireState(dfinalCell, batch, "gradient of the final cell state");
        RequireCell(dfinalCell);
        BeginBackward();
        Tensor dhidden = CopyOrZeros(context, dfinal);
        Tensor all = dstates ?? context.Zeros(steps, batch, Hidden);
        Tensor dx = EndBackward(context, Differentiate(context, all, dhidden, dfinalCell));
        initialHiddenGradient = dhidden;
        if (dstates == null)
            context.Release(all);
        return dx;
    }

    /// <summary>The forward pass over sizes that fit.</summary>
    private protected abstract Tensor Compute(Context context, Tensor x, IntTensor lengths, Tensor? initialHidden, Tensor? initialCell);

    /// <summary>The backward pass; <paramref name="dhidden"/> holds the gradient of the final state and becomes that of the initial one.</summary>
    private protected abstract Tensor Differentiate(Context context, Tensor dstates, Tensor dhidden, Tensor? dfinalCell);

    /// <summary>Room for the states before and after each step, <c>[T + 1, B, hidden]</c>, with the first in place.</summary>
    private protected Tensor BeginStates(Context context, Tensor? initial)
    {
        Tensor states = context.Allocate(steps + 1, batch, Hidden);
        if (initial == null)
            context.Stream.Clear(states.At(0).View);
        else
            context.Stream.Copy(initial.View, states.At(0).View);
        return states;
    }

    /// <summary>A weight with its rows and columns exchanged: each step back multiplies by it.</summary>
    private protected static Tensor Transposed(Context context, Parameter weight)
    {
        Tensor transposed = context.Allocate(weight.Value.Cols, weight.Value.Rows);
        TransposeOp.Transpose(context.Stream, weight.Value, transposed);
        return transposed;
    }

    /// <summary>A fresh copy of a state's gradient.</summary>
    private protected Tensor CopyOrZeros(Context context, Tensor? gradient)
    {
        Tensor copy = context.Allocate(batch, Hidden);
        if (gradient == null)
            context.Stream.Clear(copy.View);
        else
            context.Stream.Copy(gradient.View, copy.View);
        return copy;
    }

    void RequireCell(Tensor? cell)
    {
        if (cell != null && !HasCell)
            throw new ArgumentException($"{Name}: a {GetType().Name} has no cell state, but one or its gradient was given");
    }

    void RequireState(Tensor? state, int rows, string what)
    {
        if (state != null && state.Shape != new Shape(rows, Hidden))
            throw new ArgumentException($"{Name}: the {what} has the shape {state.Shape}; it must be [{rows}, {Hidden}]");
    }
}
