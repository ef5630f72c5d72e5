using Dalle2.Gpu.Runtime;
using Dalle2.Layers;
using Dalle2.Training.Loop;

namespace Dalle2.Training.Ranks;

/// <summary>
/// In which order the backward passes of a stage's layers end, found by going through a step on a device that runs nothing: from the last end of a layer's passes on the
/// gradients of its parameters are whole, and can be on their way to other ranks while the rest is computed.
/// </summary>
sealed class BackwardOrder
{
    readonly List<Layer> ends = [];

    /// <summary>Goes through a step.</summary>
    /// <param name="device">Where it shall run.</param>
    /// <param name="stage">The stage; nothing of it is changed.</param>
    /// <param name="batch">A batch.</param>
    public BackwardOrder(Device device, Stage stage, Batch batch)
    {
        using Device plan = device.ForPlanning();
        using var context = new Context(plan);
        context.BackwardQueued = ends.Add;
        context.BeginStep(0, training: true);
        using (context.GatherUploads())
            stage.Upload(context, batch);
        if (stage is IContrastiveStage contrastive)
        {
            var (text, image) = contrastive.Embed(context);
            contrastive.Differentiate(context, text, image);
            stage.Abandon();
        }
        else
        {
            stage.Run(context);
        }
    }

    /// <summary>Checks that a step goes as it was gone through.</summary>
    /// <exception cref="InvalidOperationException">Another layer's backward pass has ended.</exception>
    public void Require(int at, Layer layer)
    {
        if (at >= ends.Count || ends[at] != layer)
        {
            throw new InvalidOperationException($"'{layer.Name}': its backward pass ends at another place than in the step that was "
                + "planned");
        }
    }

    /// <summary>Of each bucket, behind how many ends its gradients are whole; those of a parameter that no pass ends for are whole behind all.</summary>
    public int[] WholeBehind(IReadOnlyList<ParameterStore> stores, GradientBucket[] buckets)
    {
        var last = new Dictionary<Parameter, int>();
        for (int at = 0; at < ends.Count; at++)
        {
            foreach (Parameter parameter in ends[at].Parameters)
                last[parameter] = at + 1;
        }

        return [.. buckets.Select(bucket => stores[bucket.Store].Parameters.Where(parameter => parameter.Trainable)
            .Where(parameter => stores[bucket.Store].OffsetOf(parameter) is var offset
                && offset < bucket.Offset + bucket.Length && offset + parameter.Shape.Length > bucket.Offset)
            .Select(parameter => last.GetValueOrDefault(parameter, ends.Count)).DefaultIfEmpty(0).Max())];
    }
}
