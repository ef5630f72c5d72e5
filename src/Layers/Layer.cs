namespace Dalle2.Layers;

/// <summary>
/// A piece of a model with a hand-written backward pass. Forward keeps what Backward needs; Backward gives the gradient of its input and
/// adds to the gradients of its parameters. In training each Forward is followed by one Backward before the next Forward.
/// </summary>
public abstract class Layer
{
    readonly List<Parameter> parameters = [];
    readonly List<(string Name, Layer Layer)> children = [];
    bool pending;

    /// <summary>The full name, given by the <see cref="ParameterStore"/>: it keys random numbers and appears in messages.</summary>
    public string Name { get; private set; } = "";

    /// <summary>The layer's own parameters, in order of declaration.</summary>
    public IReadOnlyList<Parameter> Parameters => parameters;

    /// <summary>The layers it is made of.</summary>
    public IReadOnlyList<(string Name, Layer Layer)> Children => children;

    /// <summary>All parameters below this layer, depth first.</summary>
    public IEnumerable<Parameter> AllParameters => parameters.Concat(children.SelectMany(child => child.Layer.AllParameters));

    /// <summary>Declares a parameter; called in constructors.</summary>
    protected Parameter Declare(string name, Shape shape, Initializer initializer, bool trainable = true)
    {
        var parameter = new Parameter(name, shape, initializer, trainable);
        parameters.Add(parameter);
        return parameter;
    }

    /// <summary>Declares a part; called in constructors.</summary>
    protected T Compose<T>(string name, T layer)
        where T : Layer
    {
        children.Add((name, layer));
        return layer;
    }

    /// <summary>Adds <c>x^T dy</c> to the gradient of a matrix of weights.</summary>
    private protected static void AddWeightGradient(Context context, Tensor x, Tensor dy, Parameter weight)
    {
        ElementType type = x.Type == dy.Type ? x.Type : ElementType.Float32;
        Tensor left = context.Converted(x, type), right = context.Converted(dy, type),
            workspace = context.Workspace(GemmOp.WorkspaceLength(context.Device.Precision, x.Cols, dy.Cols, x.Rows));
        GemmOp.Multiply(context.Stream, left, right, weight.Gradient, transposeA: true, accumulate: true, workspace: workspace);
        context.Release(workspace);
        context.ReleaseConverted(dy, right);
        context.ReleaseConverted(x, left);
    }

    /// <summary>Called first in Forward.</summary>
    /// <exception cref="InvalidOperationException">A forward pass in training is still to be followed by its backward pass.</exception>
    protected void BeginForward(Context context)
    {
        if (context.Training && pending)
        {
            throw new InvalidOperationException(
                $"{Describe()}: Forward was called again before Backward; a layer keeps the state of one forward pass");
        }

        pending = context.Training;
    }

    /// <summary>Called first in Backward.</summary>
    /// <exception cref="InvalidOperationException">There was no forward pass in training.</exception>
    protected void BeginBackward()
    {
        if (!pending)
            throw new InvalidOperationException($"{Describe()}: Backward was called without a Forward in training before it");
        pending = false;
    }

    /// <summary>Called last in Forward: examines the output and the parameters if the context asks for it.</summary>
    protected Tensor EndForward(Context context, Tensor output)
    {
        if (context.CheckFinite)
        {
            foreach (Parameter parameter in parameters)
                RequireFinite(context, parameter.Value, $"its parameter '{parameter.Name}'");
            RequireFinite(context, output, "its output");
        }

        return output;
    }

    /// <summary>Called last in Backward: examines the gradient if the context asks for it.</summary>
    protected Tensor EndBackward(Context context, Tensor gradient)
    {
        EndBackward(context);
        if (context.CheckFinite)
            RequireFinite(context, gradient, "the gradient of its input");
        return gradient;
    }

    /// <summary>Called last in a backward pass that has no gradient of the input: examines those of the parameters if the context asks for it.</summary>
    protected void EndBackward(Context context)
    {
        context.BackwardQueued?.Invoke(this);
        if (!context.CheckFinite)
            return;
        foreach (Parameter parameter in parameters.Where(p => p.Trainable))
            RequireFinite(context, parameter.Gradient, $"the gradient of its parameter '{parameter.Name}'");
    }

    /// <summary>Forgets a forward pass that no backward pass will follow, here and in all parts.</summary>
    public void Abandon()
    {
        pending = false;
        foreach (var (_, child) in children)
            child.Abandon();
    }

    internal void Adopt(string fullName)
    {
        Name = fullName;
        foreach (Parameter parameter in parameters)
            parameter.Name = Join(fullName, parameter.Name[(parameter.Name.LastIndexOf('.') + 1)..]);
        foreach (var (name, child) in children)
            child.Adopt(Join(fullName, name));
    }

    static string Join(string prefix, string name) => prefix.Length == 0 ? name : $"{prefix}.{name}";

    string Describe() => Name.Length == 0 ? GetType().Name : $"{Name} ({GetType().Name})";

    void RequireFinite(Context context, Tensor tensor, string what)
    {
        int bad = tensor.ToArray(context.Stream).Count(v => !float.IsFinite(v));
        if (bad > 0)
            throw new NonFiniteException(Describe(), $"{what} {tensor.Shape} has {bad} value{(bad == 1 ? "" : "s")} that are not finite");
    }
}
