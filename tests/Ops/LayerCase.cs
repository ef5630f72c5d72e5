namespace Dalle2.Ops;

/// <summary>A case that runs a layer: its arguments are the inputs, then the layer's parameters in order of declaration.</summary>
public abstract class LayerCase<T> : OpCase
    where T : Layer
{
    T? layer;
    ParameterStore? store;

    /// <summary>The inputs without the parameters.</summary>
    public abstract Argument[] Inputs(int[] s);

    /// <summary>The layer of a size.</summary>
    public abstract T Create(int[] s);

    /// <summary>Runs the layer; the first arguments are the inputs.</summary>
    protected abstract Tensor[] Forward(Context context, T layer, DeviceArguments args);

    /// <summary>Runs it backward: the gradients of the inputs, null where none flows.</summary>
    protected abstract Tensor?[] Backward(Context context, T layer, DeviceArguments args, Tensor[] gradients);

    public sealed override Argument[] Arguments(int[] s) =>
        [.. Inputs(s), .. Create(s).AllParameters.Where(p => p.Trainable)
        .Select((p, i) => Argument.Normal($"{i}:{p.Name}", 0.5, p.Shape.ToArray()))];

    public sealed override Tensor[] Forward(Context context, int[] s, DeviceArguments args)
    {
        CreateLayer(context, s, args);
        return Forward(context, layer!, args);
    }

    public sealed override OpPasses Prepare(Context context, int[] s, DeviceArguments args)
    {
        CreateLayer(context, s, args);
        return new OpPasses(() => Forward(context, layer!, args), gradients => Backward(context, layer!, args, gradients));
    }

    public sealed override void Release() => store?.Dispose();

    void CreateLayer(Context context, int[] s, DeviceArguments args)
    {
        layer = Create(s);
        store = new ParameterStore(context.Device, "case", layer, seed: 1);
        int inputs = Inputs(s).Length;
        Parameter[] trainable = [.. layer.AllParameters.Where(p => p.Trainable)];
        for (int p = 0; p < trainable.Length; p++)
            context.Stream.Copy(args[inputs + p].View, trainable[p].Value.View);
    }

    public sealed override Tensor?[] Backward(Context context, int[] s, DeviceArguments args, Tensor[] gradients)
    {
        // Gradients of parameters are added to: what was there before must still be in.
        const float before = 0.25f;
        foreach (Parameter parameter in store!.Parameters)
            parameter.Gradient.Write(context.Stream, Enumerable.Repeat(before, parameter.Shape.Length).ToArray());
        Tensor?[] inputs = Backward(context, layer!, args, gradients);
        Tensor[] parameters =
        [
            .. layer!.AllParameters.Where(p => p.Trainable).Select(p =>
                context.Upload([.. p.Gradient.ToArray(context.Stream).Select(g => g - before)], p.Shape.ToArray())),
        ];
        store.Dispose();
        return [.. inputs, .. parameters];
    }
}

/// <summary>A case that runs a layer from one tensor to one tensor.</summary>
public abstract class UnaryLayerCase : LayerCase<UnaryLayer>
{
    protected sealed override Tensor[] Forward(Context context, UnaryLayer layer, DeviceArguments args) =>
        [layer.Forward(context, args[0])];

    protected sealed override Tensor?[] Backward(Context context, UnaryLayer layer, DeviceArguments args, Tensor[] gradients) =>
        [layer.Backward(context, gradients[0])];
}
