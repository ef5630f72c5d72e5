using Dalle2.Export.Graphs.Format;

namespace Dalle2.Export.Graphs;

// ONNX's operators, as they are used here; https://onnx.ai/onnx/operators.
sealed partial class Graph
{
    public Value Add(Value x, Value y) => Both("Add", x, y);

    public Value Subtract(Value x, Value y) => Both("Sub", x, y);

    public Value Multiply(Value x, Value y) => Both("Mul", x, y);

    public Value Divide(Value x, Value y) => Both("Div", x, y);

    public Value MatMul(Value x, Value y) => Both("MatMul", x, y);

    public Value Less(Value x, Value y) => Both("Less", x, y);

    public Value And(Value x, Value y) => Both("And", x, y);

    /// <summary>A function of each element: Sigmoid, Exp, Sqrt...</summary>
    public Value Each(string op, Value x) => Node(op, x.Rank, [x]);

    public Value Sigmoid(Value x) => Each("Sigmoid", x);

    public Value Where(Value condition, Value x, Value y) =>
        Node("Where", Math.Max(condition.Rank, Math.Max(x.Rank, y.Rank)), [condition, x, y]);

    public Value Transpose(Value x, params long[] order) => Node("Transpose", x.Rank, [x], ("perm", order));

    /// <summary>Other extents; 0 for one as it was, -1 for one that follows.</summary>
    public Value Reshape(Value x, params ReadOnlySpan<long> extents) => Node("Reshape", extents.Length, [x, Whole(extents)]);

    /// <summary>The extents of another value of a rank.</summary>
    public Value ReshapeAs(Value x, Value other) => Node("Reshape", other.Rank, [x, Shape(other)]);

    public Value Shape(Value x) => Node("Shape", 1, [x]);

    /// <summary>One extent, as a number without axes.</summary>
    public Value Extent(Value x, int axis) => Node("Gather", 0, [Shape(x), Whole(axis)]);

    public Value Unsqueeze(Value x, params ReadOnlySpan<long> axes) => Node("Unsqueeze", x.Rank + axes.Length, [x, Whole(axes)]);

    public Value Concatenate(int axis, params ReadOnlySpan<Value> values) =>
        Node("Concat", values[0].Rank, [.. values.ToArray().Select(value => (Value?)value)], ("axis", axis));

    public Value[] SplitInTwo(Value x, int axis, int each) =>
        Node("Split", [x.Rank, x.Rank], [x, Whole([each, each])], ("axis", axis));

    /// <summary>The first places of an axis; the end is a list of one number.</summary>
    public Value First(Value x, Value end, int axis) => Node("Slice", x.Rank, [x, Whole([0L]), end, Whole([(long)axis])]);

    public Value Gather(Value x, Value indices, int axis) =>
        Node("Gather", x.Rank - 1 + indices.Rank, [x, indices], ("axis", axis));

    public Value CastToFloat(Value x) => Node("Cast", x.Rank, [x], ("to", (int)TensorProto.Types.DataType.Float));

    public Value CastToInt(Value x) => Node("Cast", x.Rank, [x], ("to", (int)TensorProto.Types.DataType.Int32));

    public Value CastToLong(Value x) => Node("Cast", x.Rank, [x], ("to", (int)TensorProto.Types.DataType.Int64));

    /// <summary>0, 1, ... below a number without axes.</summary>
    public Value Range(Value end) => Node("Range", 1, [Whole(0), end, Whole(1)]);

    /// <summary>A map in the order of the world outside, <c>[batch, height, width, channels]</c>.</summary>
    public Value ToChannelsLast(Value map) => Transpose(map, 0, 2, 3, 1);

    /// <summary>A map in the order of this graph.</summary>
    public Value ToChannelsFirst(Value map) => Transpose(map, 0, 3, 1, 2);

    Value Both(string op, Value x, Value y) => Node(op, Math.Max(x.Rank, y.Rank), [x, y]);
}
