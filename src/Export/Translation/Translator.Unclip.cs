using Dalle2.Export.Graphs;
using Dalle2.Kernels;
using Dalle2.Layers;
using Dalle2.Models.Unclip;

namespace Dalle2.Export.Translation;

// The networks of unCLIP; each as its Forward says.
sealed partial class Translator
{
    /// <summary>What a U-Net predicts of a noisy map; the embedding is null for a local one.</summary>
    public Value Predict(UNet network, Value noisy, Value? embedding, Value times)
    {
        Value condition = Apply(Part(network, "time"), Frequencies(network.Times, times));
        if (embedding is { } known)
            condition = graph.Add(condition, Apply(Part(network, "embed"), known));
        condition = Apply(Part(network, "activateCondition"), condition);
        Value map = Apply(Part(network, "first"), Apply(Part(network, "unshuffle"), noisy));
        if (FindPart(network, "positions") is { } positions)
            map = graph.Add(map, PlacesOf(positions));
        var skips = new Stack<Value>();
        foreach (Layer down in Parts(network, "down"))
        {
            map = Parts(down, "block").Aggregate(map, (value, block) => ResidualBlock(block, value, condition));
            skips.Push(map);
            if (FindPart(down, "halve") is { } halve)
                map = Apply(halve, map);
        }

        Layer middle = Part(network, "middle");
        map = embedding is { } told ? Look(network, middle, map, told, condition) : ResidualBlock(middle, map, condition);
        foreach (Layer up in Parts(network, "up").Reverse())
        {
            map = graph.Concatenate(1, map, skips.Pop());
            map = Parts(up, "block").Aggregate(map, (value, block) => ResidualBlock(block, value, condition));
            if (FindPart(up, "twice") is { } twice)
                map = Apply(twice, map);
        }

        return Apply(Part(network, "shuffle"), Apply(Part(network, "last"), Apply(Part(network, "lastNorm"), map)));
    }

    /// <summary>The clean embeddings that a diffusion prior predicts.</summary>
    /// <param name="network">The network.</param>
    /// <param name="noisy">Noisy embeddings.</param>
    /// <param name="text">The captions' embeddings.</param>
    /// <param name="words">The features of the captions' words, of a transformer.</param>
    /// <param name="times">How far each is noise.</param>
    public Value Predict(PriorNetwork network, Value noisy, Value text, Value? words, Value times) => network switch
    {
        PriorPerceptron => PredictByPerceptron(network, noisy, text, times),
        PriorTransformer => PredictByTransformer(network, noisy, text, words!.Value, times),
        _ => throw new NotSupportedException(
            $"{network.Name}: a prior of the kind {network.GetType().Name} has no ONNX form here; take --format safetensors"),
    };

    /// <summary>The logits of the next code of the autoregressive prior, <c>[batch, buckets]</c>.</summary>
    public Value PredictCode(CodePriorNetwork network, Value text, Value before)
    {
        Value x = Embed((Embedding)Part(network, "code"), before);
        int width = ParameterOf(Part(network, "code"), "weight").Shape[1];
        Value told = graph.Reshape(Apply(Part(network, "text"), text), 0, network.Components, width);
        x = graph.Add(x, graph.First(told, graph.Unsqueeze(graph.Extent(before, 1), 0), 1));
        return Apply(Part(network, "end"), Apply(Part(network, "last"), Apply(Part(network, "transformer"), x)));
    }

    /// <summary>The embeddings in the middle of their codes' buckets.</summary>
    public Value DecodeCodes(CodePriorNetwork network, EmbeddingCodes codes, Value numbers)
    {
        float[] starts = [.. codes.Lows.ToArray().Zip(codes.Widths.ToArray(), (low, width) => low + .5f * width)];
        Value values = graph.Add(
            graph.Multiply(graph.CastToFloat(numbers), graph.Constant($"{network.Name}.widths", [codes.Count], codes.Widths)),
            graph.Constant($"{network.Name}.middles", [codes.Count], starts));
        Value basis = graph.Constant($"{network.Name}.basis", [codes.Count, codes.Mean.Length], codes.Basis);
        return graph.Add(graph.MatMul(values, basis), graph.Constant($"{network.Name}.mean", [codes.Mean.Length], codes.Mean));
    }

    // Cosines, then sines.
    Value Frequencies(TimeEmbedding embedding, Value times)
    {
        int half = embedding.Width / 2;
        float[] frequencies =
        [
            .. Enumerable.Range(0, half)
                .Select(i => (float)(embedding.Factor * Math.Pow(TimeEmbeddingOp.LongestPeriod, -(double)i / half))),
        ];
        Value angles = graph.Multiply(graph.Unsqueeze(times, 1), graph.Constant("frequencies", [1, half], frequencies));
        return graph.Concatenate(1, graph.Each("Cos", angles), graph.Each("Sin", angles));
    }

    // Learned positions of a square map's pixels, which come row by row.
    Value PlacesOf(Layer positions)
    {
        Parameter table = ParameterOf(positions, "table");
        int side = (int)Math.Round(Math.Sqrt(table.Shape[0]));
        return Turned(table.Name, [1, side, side, table.Shape[1]], ValuesOf(table), [0, 3, 1, 2]);
    }

    // The lowest level of a network that is not local.
    Value Look(UNet network, Layer middle, Value map, Value embedding, Value condition)
    {
        Layer place = Part(network, "place");
        int channels = ParameterOf(Part(network, "attentionNorm"), "gamma").Shape[0];
        int side = (int)Math.Round(Math.Sqrt(ParameterOf(place, "bias").Shape[0] / channels));
        Value places = graph.ToChannelsFirst(graph.Reshape(Apply(place, embedding), 0, side, side, channels));
        Value low = ResidualBlock(middle, graph.Add(places, map), condition);
        Value sequence = graph.Transpose(graph.Reshape(Apply(Part(network, "attentionNorm"), low), 0, channels, -1), 0, 2, 1);
        Value seen = Attend((MultiHeadAttention)Part(network, "attention"), sequence, null);
        return graph.Add(graph.ReshapeAs(graph.Transpose(seen, 0, 2, 1), low), low);
    }

    Value PredictByPerceptron(PriorNetwork network, Value noisy, Value text, Value times)
    {
        Value encoded = Apply(Part(network, "time"), Frequencies(network.Times, times));
        Value h = graph.Add(Apply(Part(network, "start"), graph.Concatenate(1, noisy, text)), encoded);
        foreach (Layer block in Parts(network, "block"))
        {
            Value told = graph.Add(Apply(Part(block, "norm"), h), Apply(Part(block, "condition"), encoded));
            h = graph.Add(Apply(Part(block, "branch"), told), h);
        }

        return Apply(Part(network, "end"), h);
    }

    Value PredictByTransformer(PriorNetwork network, Value noisy, Value text, Value words, Value times)
    {
        Value known = graph.Unsqueeze(Apply(Part(network, "text"), text), 1);
        Value time = graph.Unsqueeze(Apply(Part(network, "time"), Frequencies(network.Times, times)), 1);
        Value changed = graph.Unsqueeze(Apply(Part(network, "noisy"), noisy), 1);
        // The last place is nothing but a learned position.
        Value empty = graph.Node("Expand", 3, [graph.Constant("empty", [1, 1, 1], [0f]), graph.Shape(known)]);
        Value joined = graph.Concatenate(1, Apply(Part(network, "word"), words), known, time, changed, empty);
        return Apply(Part(network, "end"), Apply(Part(network, "transformer"), joined));
    }
}
