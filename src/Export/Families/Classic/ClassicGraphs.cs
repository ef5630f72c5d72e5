using System.Text.Json.Nodes;
using Dalle2.Export.Graphs;
using Dalle2.Export.Translation;
using Dalle2.Gpu.Runtime;
using Dalle2.Models.Parts;
using Dalle2.Training.Families;
using Dalle2.Training.Families.Classic;
using Dalle2.Training.Runs;

namespace Dalle2.Export.Families.Classic;

/// <summary>The classic model: text encoder, prior and decoder as they draw; both encoders as the joint stage left them, to find one by the other.</summary>
sealed class ClassicGraphs : FamilyGraphs
{
    public override Type ConfigType => typeof(ClassicConfig);

    public override OnnxModel Of(RunFolder folder, TrainedRun run, Device device, Action<string> notice)
    {
        var config = (ClassicConfig)run.Config;
        List<Graph> graphs =
        [
            TextEncoder(run.Model, config, device), Prior(run.Model, config, device), Decoder(run.Model, config, device),
        ];
        if (run.Stages.Contains(ClassicFamily.Joint))
        {
            using FamilyModel joint = TrainedRun.Load(folder, device, _ => { }, ClassicFamily.Joint).Model;
            graphs.AddRange([ClipText(joint, config, device), ClipImage(joint, config, device)]);
        }
        else
        {
            notice($"its stage {ClassicFamily.Joint} is not trained, so the encoders of one space are left out: clip-text.onnx, "
                + "clip-image.onnx");
        }

        return new OnnxModel(graphs, new JsonObject { ["latent"] = config.Latent });
    }

    static Graph TextEncoder(FamilyModel model, ClassicConfig config, Device device)
    {
        var graph = new Graph("text-encoder", "The features of captions.");
        Value tokens = graph.Input(OnnxModel.Tokens(config.MaxWords));
        (Value text, _) = new Translator(graph, device.Stream).EncodeCaptions(model.Part<CaptionEncoder>("text"), tokens);
        graph.Output(Features(config), text);
        return graph;
    }

    static Graph Prior(FamilyModel model, ClassicConfig config, Device device)
    {
        var graph = new Graph("prior", "p(z | text): what the latent of a picture is like, given the features of its caption.");
        Value text = graph.Input(Features(config));
        (Value mean, Value logVariance) = new Translator(graph, device.Stream).DrawLatent(model.Part<TextPrior>("prior"), text);
        graph.Output(new("mean", ["batch", $"{config.Latent}"], "the latent's mean"), mean);
        graph.Output(
            new("logVariance", ["batch", $"{config.Latent}"], "the log of its variance; z = mean + exp(logVariance / 2) noise"),
            logVariance);
        return graph;
    }

    static Graph Decoder(FamilyModel model, ClassicConfig config, Device device)
    {
        var graph = new Graph("decoder", "Pictures from the features of captions and latents.");
        var translator = new Translator(graph, device.Stream);
        Value text = graph.Input(Features(config));
        Value latent = graph.Input(new("latent", ["batch", $"{config.Latent}"], "z, drawn from the prior"));
        Value map = translator.DecodePictures(model.Part<ImageDecoder>("decoder"), graph.Concatenate(1, text, latent), text);
        if (config.Loss == ReconstructionLoss.BinaryCrossEntropy)
            map = graph.Sigmoid(map);
        graph.Output(Pictures("picture", config, "pictures in [0, 1], or a little out of it"), graph.ToChannelsLast(map));
        return graph;
    }

    static Graph ClipText(FamilyModel joint, ClassicConfig config, Device device)
    {
        var graph = new Graph(
            "clip-text", "Unit vectors of captions, in the space of the pictures'; with the text encoder of the joint stage.");
        var translator = new Translator(graph, device.Stream);
        (Value text, _) = translator.EncodeCaptions(joint.Part<CaptionEncoder>("text"), graph.Input(OnnxModel.Tokens(config.MaxWords)));
        graph.Output(Embedding(config), translator.EmbedFeatures(joint.Part<ContrastiveHead>("contrast"), "text", text));
        return graph;
    }

    static Graph ClipImage(FamilyModel joint, ClassicConfig config, Device device)
    {
        var graph = new Graph(
            "clip-image", "Unit vectors of pictures, in the space of the captions'; with the image encoder of the joint stage.");
        var translator = new Translator(graph, device.Stream);
        Value picture = graph.ToChannelsFirst(graph.Input(Pictures("picture", config, "pictures in [0, 1]")));
        Value features = translator.Apply(joint.Part<ImageEncoder>("image"), picture);
        graph.Output(Embedding(config), translator.EmbedFeatures(joint.Part<ContrastiveHead>("contrast"), "image", features));
        return graph;
    }

    static GraphPort Features(ClassicConfig config) => new("features", ["batch", $"{config.TextFeatures}"], "the features of captions");

    static GraphPort Embedding(ClassicConfig config) => new(
        "embedding", ["batch", $"{config.JointFeatures}"],
        "unit vectors; the nearer a caption and a picture, the larger their scalar product");

    static GraphPort Pictures(string name, ClassicConfig config, string meaning) => new(
        name, ["batch", $"{config.ImageSide}", $"{config.ImageSide}", "3"], meaning);
}
