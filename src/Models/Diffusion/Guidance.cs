namespace Dalle2.Models.Diffusion;

/// <summary>Classifier-free guidance (Ho and Salimans, 2022, arXiv 2207.12598) by batches that go through a network twice: with their condition, and without.</summary>
public static class Guidance
{
    /// <summary>The batch twice, <c>[2 B, ...]</c>.</summary>
    public static Tensor Twice(Context context, Tensor x)
    {
        Tensor both = WithAndWithout(context, x);
        context.Stream.Copy(x.View, both.Slice(x.Shape[0], x.Shape[0]).View);
        return both;
    }

    /// <summary>The batch's condition, and behind it zeros, which stand for none: <c>[2 B, ...]</c>.</summary>
    public static Tensor WithAndWithout(Context context, Tensor condition)
    {
        Tensor both = context.Allocate(condition.Shape.With(0, 2 * condition.Shape[0]));
        context.Stream.Copy(condition.View, both.Slice(0, condition.Shape[0]).View);
        context.Stream.Clear(both.Slice(condition.Shape[0], condition.Shape[0]).View);
        return both;
    }

    /// <summary>What is predicted with and without the condition made one, <c>[B, ...]</c>.</summary>
    /// <param name="context">The step.</param>
    /// <param name="both">Predictions, <c>[2 B, ...]</c>.</param>
    /// <param name="guidance">0 without the condition, 1 with it, more to overdo it.</param>
    public static Tensor Combine(Context context, Tensor both, float guidance)
    {
        Tensor prediction = context.Allocate(both.Shape.With(0, both.Shape[0] / 2));
        ClassifierFreeGuidanceOp.Combine(context.Stream, both, prediction, guidance);
        return prediction;
    }
}
