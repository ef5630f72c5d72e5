using System.Globalization;
using System.Runtime.InteropServices;
using Dalle2.Data;
using Dalle2.Export.Graphs.Format;
using Google.Protobuf;

namespace Dalle2.Export.Graphs;

/// <summary>
/// An ONNX model in the making (https://onnx.ai, opset 17): inputs, constants with their names, nodes in the order in which they are added, outputs. Weights lie inside.
/// </summary>
/// <param name="name">The graph's name.</param>
/// <param name="description">What it does, in a sentence.</param>
sealed partial class Graph(string name, string description)
{
    /// <summary>The version of the operators.</summary>
    public const int Opset = 17;

    // The version of the format that came with that one.
    const int FormatVersion = 8;

    // A protobuf message has 2 GiB at most; what is not a weight is small.
    const long MostBytes = int.MaxValue - (64L << 20);

    readonly GraphProto graph = new() { Name = name };
    readonly Dictionary<string, int> uses = [];
    readonly Dictionary<string, Value> constants = [];
    readonly List<GraphPort> inputs = [];
    readonly List<GraphPort> outputs = [];
    long bytes;

    /// <summary>The graph's name.</summary>
    public string Name => name;

    /// <summary>What it does, in a sentence.</summary>
    public string Description => description;

    /// <summary>The inputs, in order.</summary>
    public IReadOnlyList<GraphPort> Inputs => inputs;

    /// <summary>The outputs, in order.</summary>
    public IReadOnlyList<GraphPort> Outputs => outputs;

    /// <summary>The layer whose nodes are added: a prefix of their names.</summary>
    public string Scope { get; set; } = "";

    /// <summary>Adds an input.</summary>
    public Value Input(GraphPort port)
    {
        inputs.Add(port);
        graph.Input.Add(Describe(port));
        return new Value(port.Name, port.Extents.Count);
    }

    /// <summary>Adds an output.</summary>
    public void Output(GraphPort port, Value value)
    {
        outputs.Add(port);
        graph.Output.Add(Describe(port));
        var node = new NodeProto { OpType = "Identity", Name = $"output.{port.Name}" };
        node.Input.Add(value.Name);
        node.Output.Add(port.Name);
        graph.Node.Add(node);
    }

    /// <summary>A constant of floats, row-major; one that was added under the name before is given again.</summary>
    public Value Constant(string constant, IReadOnlyList<int> extents, ReadOnlySpan<float> values) =>
        Constant(constant, extents, MemoryMarshal.AsBytes(values), TensorProto.Types.DataType.Float);

    /// <summary>A single float.</summary>
    public Value Constant(float value) => Constant($"constant.{value.ToString("R", CultureInfo.InvariantCulture)}", [], [value]);

    /// <summary>A list of whole numbers.</summary>
    public Value Whole(params ReadOnlySpan<long> values) => Constant(
        $"constant.{string.Join('_', values.ToArray())}.list", [values.Length], MemoryMarshal.AsBytes(values),
        TensorProto.Types.DataType.Int64);

    /// <summary>A whole number.</summary>
    public Value Whole(long value) => Constant(
        $"constant.{value}.whole", [], MemoryMarshal.AsBytes([value]), TensorProto.Types.DataType.Int64);

    /// <summary>Adds a node with one output of a rank.</summary>
    public Value Node(string op, int rank, ReadOnlySpan<Value?> operands, params ReadOnlySpan<(string Name, object Value)> attributes) =>
        Node(op, [rank], operands, attributes)[0];

    /// <summary>Adds a node.</summary>
    /// <param name="op">The operator.</param>
    /// <param name="ranks">The rank of each output; below 0 for one that is not taken.</param>
    /// <param name="operands">The inputs; null for one that is left out.</param>
    /// <param name="attributes">Names and values: float, int, string or long[].</param>
    public Value[] Node(
        string op, ReadOnlySpan<int> ranks, ReadOnlySpan<Value?> operands, params ReadOnlySpan<(string Name, object Value)> attributes)
    {
        string own = Unique(Scope.Length == 0 ? op : $"{Scope}.{op}");
        var node = new NodeProto { OpType = op, Name = own };
        foreach (Value? operand in operands)
            node.Input.Add(operand?.Name ?? "");
        var values = new Value[ranks.Length];
        for (int i = 0; i < ranks.Length; i++)
        {
            values[i] = new Value(ranks.Length == 1 ? own : $"{own}.{i}", ranks[i]);
            node.Output.Add(ranks[i] < 0 ? "" : values[i].Name);
        }

        foreach (var (attribute, value) in attributes)
            node.Attribute.Add(Attribute(attribute, value));
        graph.Node.Add(node);
        return values;
    }

    /// <summary>Writes the model.</summary>
    /// <param name="path">The file.</param>
    /// <param name="producerVersion">The version of this program.</param>
    /// <exception cref="UserInputException">It cannot be written.</exception>
    public void Save(string path, string producerVersion)
    {
        var model = new ModelProto
        {
            IrVersion = FormatVersion,
            ProducerName = "Dalle2.Gpu",
            ProducerVersion = producerVersion,
            DocString = description,
            Graph = graph,
        };
        model.OpsetImport.Add(new OperatorSetIdProto { Domain = "", Version = Opset });
        AtomicFile.Write(path, stream => model.WriteTo(stream));
    }

    Value Constant(string constant, IReadOnlyList<int> extents, ReadOnlySpan<byte> content, TensorProto.Types.DataType type)
    {
        if (constants.TryGetValue(constant, out Value known))
            return known;
        bytes += content.Length;
        if (bytes > MostBytes)
        {
            throw new NotSupportedException(
                $"{name} has more than 2 GB of weights, which an ONNX file cannot hold inside; take --format safetensors");
        }

        var tensor = new TensorProto { Name = Unique(constant), DataType = (int)type, RawData = ByteString.CopyFrom(content) };
        tensor.Dims.Add(extents.Select(extent => (long)extent));
        graph.Initializer.Add(tensor);
        return constants[constant] = new Value(tensor.Name, extents.Count);
    }

    string Unique(string wanted)
    {
        int number = uses[wanted] = uses.GetValueOrDefault(wanted) + 1;
        return number == 1 ? wanted : $"{wanted}.{number}";
    }

    static AttributeProto Attribute(string attribute, object value)
    {
        var proto = new AttributeProto { Name = attribute };
        switch (value)
        {
            case float number:
                (proto.F, proto.Type) = (number, AttributeProto.Types.AttributeType.Float);
                break;
            case int number:
                (proto.I, proto.Type) = (number, AttributeProto.Types.AttributeType.Int);
                break;
            case string text:
                (proto.S, proto.Type) = (ByteString.CopyFromUtf8(text), AttributeProto.Types.AttributeType.String);
                break;
            case long[] numbers:
                proto.Type = AttributeProto.Types.AttributeType.Ints;
                proto.Ints.Add(numbers);
                break;
            default:
                throw new ArgumentException($"the attribute {attribute} is a {value.GetType().Name}, which is no kind of attribute here");
        }

        return proto;
    }

    static ValueInfoProto Describe(GraphPort port)
    {
        var shape = new TensorShapeProto();
        foreach (string extent in port.Extents)
        {
            shape.Dim.Add(
                long.TryParse(extent, out long number) ? new TensorShapeProto.Types.Dimension { DimValue = number }
                : new TensorShapeProto.Types.Dimension { DimParam = extent });
        }

        TensorProto.Types.DataType type = port.IsWhole ? TensorProto.Types.DataType.Int64 : TensorProto.Types.DataType.Float;
        var tensor = new TypeProto.Types.Tensor { ElemType = (int)type, Shape = shape };
        return new ValueInfoProto { Name = port.Name, DocString = port.Meaning, Type = new TypeProto { TensorType = tensor } };
    }
}
