namespace Dalle2.Ops;

/// <summary>
/// One op: its inputs, its definition in double precision, and how to run it. Found by reflection; drives the forward check, the gradient
/// check and <c>gradcheck</c>. An instance serves one run: Forward may keep in fields what Backward needs.
/// </summary>
public abstract class OpCase
{
    /// <summary>All cases, by name.</summary>
    public static IReadOnlyList<Type> All { get; } =
    [
        .. typeof(OpCase).Assembly.GetTypes()
            .Where(type => type.IsSubclassOf(typeof(OpCase)) && !type.IsAbstract)
            .OrderBy(type => type.Name, StringComparer.Ordinal),
    ];

    /// <summary>The op's name: the class's without "Case".</summary>
    public string Name => NameOf(GetType());

    /// <summary>Sizes to check: one element, ragged, exact, several passes. What the numbers mean is the case's own business.</summary>
    public abstract int[][] Shapes { get; }

    /// <summary>Sizes to time.</summary>
    public virtual int[][] BenchShapes => [];

    /// <summary>Largest error allowed, relative to the largest value of the tensor that is compared.</summary>
    public virtual double Tolerance => 2e-5;

    public static string NameOf(Type type) => type.Name[..^"Case".Length];

    public static OpCase Create(Type type) => (OpCase)Activator.CreateInstance(type)!;

    /// <summary>Floating-point operations of the forward pass, and the bytes that it has to move: each operand read once, each result written once.</summary>
    public virtual (double Flops, double Bytes) Cost(int[] s) => (0, 0);

    /// <summary>Bytes of memory that the forward pass has its data in: fewer than it moves, where results lie in the place of operands.</summary>
    public virtual double Footprint(int[] s) => Cost(s).Bytes;

    /// <summary>The cost of the backward pass: the gradients of all arguments and parameters.</summary>
    public virtual (double Flops, double Bytes) BackwardCost(int[] s) => (0, 0);

    /// <summary>The inputs of a size.</summary>
    public abstract Argument[] Arguments(int[] s);

    /// <summary>The definition: the outputs, from the arguments, in plain double C#.</summary>
    public abstract double[][] Reference(int[] s, double[][] args);

    /// <summary>Runs the op on the device and gives the outputs that the reference gives.</summary>
    public abstract Tensor[] Forward(Context context, int[] s, DeviceArguments args);

    /// <summary>Readies the op for runs of its passes in turn, again and again, as <c>bench</c> times them. Each turn begins with a fresh step of the context.</summary>
    public virtual OpPasses Prepare(Context context, int[] s, DeviceArguments args) =>
        new(() => Forward(context, s, args), gradients => Backward(context, s, args, gradients));

    /// <summary>Frees what <see cref="Prepare"/> made.</summary>
    public virtual void Release()
    {
    }

    /// <summary>Runs the backward pass: the gradient of each argument, in their order, null where none flows.</summary>
    public abstract Tensor?[] Backward(Context context, int[] s, DeviceArguments args, Tensor[] gradients);
}

/// <summary>The arguments in the device's memory.</summary>
public sealed class DeviceArguments(object[] tensors)
{
    public int Count => tensors.Length;

    public Tensor this[int index] => (Tensor)tensors[index];

    public IntTensor Integers(int index) => (IntTensor)tensors[index];
}
