using Dalle2.Export.Graphs;
using Dalle2.Layers;
using Dalle2.Models.Parts;

namespace Dalle2.Export.Translation;

// What the models of both families are made of; each as its Forward says.
sealed partial class Translator
{
    /// <summary>Features of captions, <c>[batch, features]</c>, and of their words, <c>[batch, words, features]</c>, zeros behind each caption.</summary>
    /// <param name="encoder">The encoder.</param>
    /// <param name="tokens">Word numbers, <c>[batch, words]</c>, 0 behind each caption.</param>
    public (Value Text, Value Words) EncodeCaptions(CaptionEncoder encoder, Value tokens)
    {
        graph.Scope = encoder.Name;
        Value counted = graph.CastToLong(graph.Less(graph.Whole(0), tokens));
        Value sums = graph.Node("ReduceSum", 1, [counted, graph.Whole([1L])], ("keepdims", 0));
        Value lengths = graph.Node("Max", 1, [sums, graph.Whole(1)]);
        var embedding = (Embedding)Part(encoder, "embedding");
        if (FindPart(encoder, "recurrent") is Recurrent recurrent)
        {
            (Value states, Value final) = Recur(recurrent, Embed(embedding, graph.Transpose(tokens, 1, 0)), lengths);
            return (final, graph.Transpose(states, 1, 0, 2));
        }

        Value x = Apply(Part(encoder, "positions"), Embed(embedding, tokens));
        foreach (Layer block in Parts(encoder, "block"))
            x = TransformBlock(block, x, lengths);
        Layer norm = Part(encoder, "norm");
        Value last = graph.Unsqueeze(graph.Subtract(lengths, graph.Whole(1)), 1);
        Value text = Apply(norm, graph.Node("GatherND", 2, [x, last], ("batch_dims", 1)));
        Value within = graph.CastToFloat(graph.Less(graph.Range(graph.Extent(tokens, 1)), graph.Unsqueeze(lengths, 1)));
        return (text, graph.Multiply(Apply(norm, x), graph.Unsqueeze(within, 2)));
    }

    /// <summary>Unit vectors of features, by the half of a contrastive head: text or image.</summary>
    public Value EmbedFeatures(ContrastiveHead head, string half, Value features) => Apply(Part(head, half), features);

    /// <summary>Mean and log-variance of a latent.</summary>
    public (Value Mean, Value LogVariance) DrawLatent(TextPrior prior, Value text)
    {
        Layer head = Part(prior, "head");
        Value hidden = Apply(Part(prior, "hidden"), text);
        return (Apply(Part(head, "mean"), hidden), Apply(Part(head, "logVariance"), hidden));
    }

    /// <summary>The logits of pictures, a map.</summary>
    public Value DecodePictures(ImageDecoder decoder, Value code, Value condition)
    {
        Value map = Apply(Part(decoder, "unflatten"), Apply(Part(decoder, "project"), code));
        foreach (Layer level in Parts(decoder, "level"))
        {
            Layer conditions = Part(level, "condition");
            Value modulation = Apply(conditions, condition);
            graph.Scope = level.Name;
            map = Modulate(map, modulation, ParameterOf(conditions, "bias").Shape[0] / 2);
            map = Apply(Part(level, "convolution"), Apply(Part(level, "activation"), map));
        }

        return map;
    }

    Value EncodeResidually(Layer encoder, Value map)
    {
        foreach (var (halve, block) in Parts(encoder, "halve").Zip(Parts(encoder, "block")))
            map = ResidualBlock(block, Apply(halve, map), null);
        return Apply(Part(encoder, "flatten"), Apply(Part(encoder, "norm"), map));
    }

    Value ResidualBlock(Layer block, Value x, Value? condition)
    {
        Value? modulation = FindPart(block, "modulate") is { } modulate ? Apply(modulate, condition!.Value) : null;
        Value y = Apply(Part(block, "firstConvolution"), Apply(Part(block, "firstNorm"), x));
        graph.Scope = block.Name;
        y = ModulatedGroupNorm((GroupNormActivation)Part(block, "secondNorm"), y, modulation);
        y = Apply(Part(block, "secondConvolution"), y);
        return graph.Add(y, FindPart(block, "shortcut") is { } shortcut ? Apply(shortcut, x) : x);
    }

    Value Transform(Layer transformer, Value x) => Parts(transformer, "block").Aggregate(
        Apply(Part(transformer, "positions"), x), (value, block) => TransformBlock(block, value, null));

    Value TransformBlock(Layer block, Value x, Value? lengths)
    {
        Value seen = graph.Add(
            Attend((MultiHeadAttention)Part(block, "attention"), Apply(Part(block, "attentionNorm"), x), lengths), x);
        return graph.Add(Apply(Part(block, "perceptron"), seen), seen);
    }
}
