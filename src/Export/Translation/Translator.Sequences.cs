using Dalle2.Export.Graphs;
using Dalle2.Layers;

namespace Dalle2.Export.Translation;

// Layers of rows and of sequences.
sealed partial class Translator
{
    // In place of minus infinity: where no key was seen at all, that would give NaN.
    const float Unseen = -1e30f;

    // The order in which ONNX wants the gates, i, o, f, c and z, r, h, by their places here: i, f, g, o and r, z, n.
    static readonly int[] LstmGates = [0, 3, 1, 2], GruGates = [1, 0, 2];

    // Vectors of tokens; the padding's are zeros.
    Value Embed(Embedding layer, Value tokens)
    {
        float[] table = ValuesOf(layer.Weight);
        if (layer.HasPadding)
            Array.Clear(table, 0, layer.Weight.Shape[1]);
        return graph.Gather(graph.Constant(layer.Weight.Name, layer.Weight.Shape.ToArray(), table), tokens, 0);
    }

    Value LayerNormalize(LayerNorm layer, Value x) => OnLastAxis(x, value => graph.Node(
        "LayerNormalization", value.Rank, [value, Constant(layer, "gamma"), Constant(layer, "beta")], ("axis", -1),
        ("epsilon", layer.Epsilon)));

    Value RmsNormalize(RmsNorm layer, Value x) => OnLastAxis(x, value =>
    {
        Value square = graph.Node("ReduceMean", value.Rank, [graph.Multiply(value, value)], ("axes", (long[])[-1]), ("keepdims", 1));
        Value root = graph.Each("Sqrt", graph.Add(square, graph.Constant(layer.Epsilon)));
        return graph.Multiply(graph.Divide(value, root), Constant(layer, "gamma"));
    });

    Value ToUnitLength(Value x) => OnLastAxis(x, value =>
    {
        Value square = graph.Node("ReduceSumSquare", value.Rank, [value], ("axes", (long[])[-1]), ("keepdims", 1));
        return graph.Divide(value, graph.Each("Sqrt", graph.Add(square, graph.Constant(L2Normalize.Epsilon))));
    });

    // Of a sequence as long as the table or shorter.
    Value AddPositions(Layer layer, Value x) => graph.Add(
        x, graph.First(Constant(layer, "table"), graph.Unsqueeze(graph.Extent(x, 1), 0), 0));

    // States [time, batch, features], zeros behind each sequence, and the last ones, [batch, features].
    (Value States, Value Final) Recur(Recurrent layer, Value x, Value lengths)
    {
        (string op, int[] gates, (string, object)[] more) = layer switch
        {
            Lstm => ("LSTM", LstmGates, ((string, object)[])[]),
            Gru => ("GRU", GruGates, [("linear_before_reset", 1)]),
            _ => throw new NotSupportedException(
                $"{layer.Name}: a recurrent layer {layer.GetType().Name} has no ONNX form here; take --format safetensors"),
        };
        Value inputs = Panels(ParameterOf(layer, "weight"), gates, layer.Hidden),
            states = Panels(ParameterOf(layer, "recurrentWeight"), gates, layer.Hidden);
        Parameter bias = ParameterOf(layer, "bias");
        float[] first = PanelsOf(ValuesOf(bias), 1, gates, layer.Hidden);
        float[] second = FindParameter(layer, "recurrentBias") is { } recurrent
            ? PanelsOf(ValuesOf(recurrent), 1, gates, layer.Hidden) : new float[first.Length];
        Value biases = graph.Constant(bias.Name, [1, 2 * first.Length], [.. first, .. second]);
        Value[] outputs = graph.Node(
            op, [4, 3], [x, inputs, states, biases, graph.CastToInt(lengths)], [("hidden_size", layer.Hidden), .. more]);
        return (graph.Node("Squeeze", 3, [outputs[0], graph.Whole([1L])]), graph.Node("Squeeze", 2, [outputs[1], graph.Whole([0L])]));
    }

    Value Panels(Parameter weight, int[] gates, int hidden)
    {
        int rows = weight.Shape[0];
        return graph.Constant(weight.Name, [1, gates.Length * hidden, rows], PanelsOf(ValuesOf(weight), rows, gates, hidden));
    }

    // From [rows, panels x hidden] to [panels in another order x hidden, rows].
    static float[] PanelsOf(float[] values, int rows, int[] gates, int hidden)
    {
        int columns = gates.Length * hidden;
        var turned = new float[values.Length];
        for (int panel = 0; panel < gates.Length; panel++)
        {
            for (int unit = 0; unit < hidden; unit++)
            {
                for (int row = 0; row < rows; row++)
                    turned[(panel * hidden + unit) * rows + row] = values[row * columns + gates[panel] * hidden + unit];
            }
        }

        return turned;
    }

    // Of a sequence that looks at itself; of each only so many places are seen as its length says, where lengths are given.
    Value Attend(MultiHeadAttention layer, Value x, Value? lengths)
    {
        string before = graph.Scope;
        graph.Scope = layer.Name;
        int width = ParameterOf(Part(layer, "query"), "weight").Shape[1], size = width / layer.Heads;
        Value queries = Heads("query", 0, 2, 1, 3), keys = Heads("key", 0, 2, 3, 1), values = Heads("value", 0, 2, 1, 3);
        Value scores = graph.Multiply(graph.MatMul(queries, keys), graph.Constant(1f / MathF.Sqrt(size)));
        if (Mask(layer, x, lengths) is { } seen)
            scores = graph.Where(seen, scores, graph.Constant(Unseen));
        Value mixed = graph.MatMul(graph.Node("Softmax", 4, [scores], ("axis", -1)), values);
        Value y = Apply(Part(layer, "output"), graph.Reshape(graph.Transpose(mixed, 0, 2, 1, 3), 0, 0, width));
        graph.Scope = before;
        return y;

        Value Heads(string projection, params long[] order) =>
            graph.Transpose(graph.Reshape(Apply(Part(layer, projection), x), 0, 0, layer.Heads, size), order);
    }

    // Which keys are seen, to be spread over [batch, heads, queries, keys]; null for all.
    Value? Mask(MultiHeadAttention layer, Value x, Value? lengths)
    {
        if (!layer.IsCausal && lengths == null)
            return null;
        Value places = graph.Range(graph.Extent(x, 1));
        Value? causal = layer.IsCausal ? graph.Node("LessOrEqual", 2, [places, graph.Unsqueeze(places, 1)]) : null;
        if (lengths is not { } known)
            return causal;
        Value within = graph.Less(places, graph.Unsqueeze(known, 1, 2, 3));
        return causal is { } before ? graph.And(before, within) : within;
    }
}
