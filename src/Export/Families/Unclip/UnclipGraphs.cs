using System.Text.Json.Nodes;
using Dalle2.Export.Graphs;
using Dalle2.Export.Translation;
using Dalle2.Gpu.Runtime;
using Dalle2.Models.Diffusion;
using Dalle2.Models.Parts;
using Dalle2.Models.Unclip;
using Dalle2.Training.Families;
using Dalle2.Training.Families.Unclip;
using Dalle2.Training.Runs;

namespace Dalle2.Export.Families.Unclip;

/// <summary>The unCLIP model: CLIP's encoders, the prior, the decoder's network and those of the upsamplers. Embeddings are scaled as all parts know them: vectors of the length sqrt(features).</summary>
sealed class UnclipGraphs
{
    readonly FamilyModel model;
    readonly UnclipConfig config;
    readonly Device device;
    readonly bool readsWords;
    readonly int side;

    UnclipGraphs(FamilyModel model, UnclipConfig config, Device device)
    {
        (this.model, this.config, this.device) = (model, config, device);
        readsWords = config.Prior == PriorKind.Transformer;
        side = config.ImageSide >> config.Upsamplers;
    }

    public static OnnxModel Of(TrainedRun run, UnclipConfig config, Device device)
    {
        var graphs = new UnclipGraphs(run.Model, config, device);
        var numbers = new JsonObject
        {
            ["decoderSide"] = graphs.side,
            ["embedding"] = config.Embedding,
            ["upsamplers"] = config.Upsamplers,
            ["prior"] = config.Prior.ToString().ToLowerInvariant(),
            ["candidates"] = UnclipFamily.PriorCandidates,
            ["schedule"] = new JsonObject
            {
                ["name"] = "cosine",
                ["offset"] = NoiseSchedule.CosineOffset,
                ["leastLog"] = NoiseSchedule.LeastLog,
            },
        };
        List<Graph> all = [graphs.TextEncoder(), graphs.ImageEncoder()];
        if (config.Prior == PriorKind.Autoregressive)
            all.AddRange(graphs.CodePrior(numbers));
        else
            all.Add(graphs.Prior());
        all.Add(graphs.Decoder());
        all.AddRange(Enumerable.Range(1, config.Upsamplers).Select(graphs.Upsampler));
        return new OnnxModel(all, numbers);
    }

    Graph TextEncoder()
    {
        var graph = new Graph("text-encoder", "CLIP's embeddings of captions.");
        var translator = new Translator(graph, device.Stream);
        (Value text, Value words) = translator.EncodeCaptions(
            model.Part<CaptionEncoder>("text"), graph.Input(OnnxModel.Tokens(config.MaxWords)));
        graph.Output(
            Embedding("embedding", "embeddings of captions"),
            Scaled(graph, translator.EmbedFeatures(model.Part<ContrastiveHead>("contrast"), "text", text)));
        if (readsWords)
            graph.Output(Words("the features of each word"), Padded(graph, words));
        return graph;
    }

    Graph ImageEncoder()
    {
        var graph = new Graph("image-encoder", "CLIP's embeddings of pictures, to draw from or to compare with captions.");
        var translator = new Translator(graph, device.Stream);
        Value picture = graph.ToChannelsFirst(graph.Input(
            new("picture", ["batch", $"{config.ImageSide}", $"{config.ImageSide}", "3"], "pictures in [0, 1]")));
        if (side < config.ImageSide)
            picture = translator.Pool(picture, config.ImageSide / side);
        Value features = translator.Apply(model.Part<ResidualEncoder>("image"), picture);
        graph.Output(
            Embedding("embedding", "embeddings of pictures"),
            Scaled(graph, translator.EmbedFeatures(model.Part<ContrastiveHead>("contrast"), "image", features)));
        return graph;
    }

    Graph Prior()
    {
        var graph = new Graph("prior", "A diffusion of image embeddings: one evaluation.");
        Value noisy = graph.Input(Embedding("noisy", "noisy image embeddings"));
        Value text = graph.Input(Embedding("text", "the captions' embeddings; zeros for no caption"));
        Value? words = readsWords ? graph.Input(Words("the features of the captions' words; zeros for no caption")) : null;
        Value time = graph.Input(OnnxModel.Time);
        Value clean = new Translator(graph, device.Stream).Predict(model.Part<PriorNetwork>("prior"), noisy, text, words, time);
        graph.Output(Embedding("clean", "the image embeddings without noise, as predicted"), clean);
        return graph;
    }

    IEnumerable<Graph> CodePrior(JsonObject numbers)
    {
        var network = model.Part<CodePriorNetwork>("prior");
        EmbeddingCodes codes = network.ReadCodes(device.Stream)
            ?? throw new NotSupportedException("what the prior's codes mean is not known; train the prior's stage on with --resume");
        (numbers["codes"], numbers["buckets"]) = (codes.Count, codes.Buckets);
        var graph = new Graph("prior", "An autoregressive prior of image embeddings: the next of an embedding's codes.");
        Value text = graph.Input(Embedding("text", "the captions' embeddings; zeros for no caption"));
        Value before = graph.Input(new(
            "before", ["batch", "places"], "0, then the codes so far, counted from 1", IsWhole: true));
        graph.Output(
            new("logits", ["batch", $"{codes.Buckets}"], "the logits of the next code"),
            new Translator(graph, device.Stream).PredictCode(network, text, before));
        yield return graph;

        var decode = new Graph("prior-codes", "The image embeddings that codes stand for.");
        Value all = decode.Input(new("codes", ["batch", $"{codes.Count}"], "the codes, counted from 0", IsWhole: true));
        decode.Output(
            Embedding("embedding", "the embeddings, not yet scaled to their length"),
            new Translator(decode, device.Stream).DecodeCodes(network, codes, all));
        yield return decode;
    }

    Graph Decoder()
    {
        var graph = new Graph("decoder", "A diffusion of pictures, given the embedding of an image: one evaluation of the U-Net.");
        string[] extents = ["batch", $"{side}", $"{side}", "3"];
        Value noisy = graph.ToChannelsFirst(graph.Input(new("noisy", extents, "noisy pictures, in [-1, 1] without noise")));
        Value embedding = graph.Input(Embedding("embedding", "embeddings of images; zeros for none"));
        Value velocity = new Translator(graph, device.Stream).Predict(
            model.Part<UNet>("decoder"), noisy, embedding, graph.Input(OnnxModel.Time));
        graph.Output(Velocity(extents), graph.ToChannelsLast(velocity));
        return graph;
    }

    Graph Upsampler(int number)
    {
        var graph = new Graph(
            $"upsampler-{number}", "A diffusion of pictures, given those of half the side: one evaluation of a local U-Net.");
        var translator = new Translator(graph, device.Stream);
        string[] extents = ["batch", "height", "width", "3"];
        Value noisy = graph.ToChannelsFirst(graph.Input(
            new("noisy", extents, "noisy pictures, in [-1, 1] without noise; of sides that the network's levels halve")));
        Value small = graph.ToChannelsFirst(graph.Input(
            new("small", ["batch", "smallHeight", "smallWidth", "3"], "pictures of half the side, in [-1, 1]")));
        Value both = graph.Concatenate(1, noisy, translator.ResizeBy(small, Models.Unclip.Upsampler.Factor));
        Value velocity = translator.Predict(model.Part<UNet>($"upsampler{number}"), both, null, graph.Input(OnnxModel.Time));
        graph.Output(Velocity(extents), graph.ToChannelsLast(velocity));
        return graph;
    }

    Value Scaled(Graph graph, Value unit) => graph.Multiply(unit, graph.Constant(MathF.Sqrt(config.Embedding)));

    // As many places as the prior reads.
    Value Padded(Graph graph, Value words)
    {
        Value lacking = graph.Unsqueeze(graph.Subtract(graph.Whole(config.MaxWords), graph.Extent(words, 1)), 0);
        return graph.Node(
            "Pad", 3, [words, graph.Concatenate(0, graph.Whole([0L, 0, 0, 0]), lacking, graph.Whole([0L]))], ("mode", "constant"));
    }

    GraphPort Embedding(string name, string meaning) => new(name, ["batch", $"{config.Embedding}"], meaning);

    GraphPort Words(string meaning) => new(
        "words", ["batch", $"{config.MaxWords}", $"{config.TextFeatures}"], $"{meaning}; zeros behind each caption");

    static GraphPort Velocity(string[] extents) => new(
        "velocity", extents, "v = alpha noise - sigma picture, as predicted: picture = alpha noisy - sigma v");
}
