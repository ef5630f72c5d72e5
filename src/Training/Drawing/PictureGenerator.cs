using Dalle2.Data;
using Dalle2.Data.Text;
using Dalle2.Gpu.Runtime;
using Dalle2.Training.Families;
using Dalle2.Training.Loop;
using Dalle2.Training.Runs;

namespace Dalle2.Training.Drawing;

/// <summary>Draws pictures from text with a trained run. Picture i of a seed is the same whether it is drawn alone or with others.</summary>
public sealed class PictureGenerator : IDisposable
{
    const int BatchSize = 64;

    readonly FamilyModel model;
    readonly Layers.Context context;
    FamilyModel? judge;
    bool isPrepared;

    PictureGenerator(string run, TrainedRun trained, Device device)
    {
        (Run, Config, Family, Tokenizer, RunHash, Stage) =
            (run, trained.Config, trained.Family, trained.Tokenizer, trained.Hash, trained.Stages[^1]);
        model = trained.Model;
        context = new Layers.Context(device);
    }

    /// <summary>The run's folder.</summary>
    public string Run { get; }

    /// <summary>The run's configuration.</summary>
    public TrainingConfig Config { get; }

    /// <summary>The run's words.</summary>
    public WordTokenizer Tokenizer { get; }

    /// <summary>Twelve hexadecimal digits that name the parameters: the same digits draw the same pictures.</summary>
    public string RunHash { get; }

    /// <summary>The newest stage whose parameters are used.</summary>
    public string Stage { get; }

    /// <summary>The run's family of models.</summary>
    public ModelFamily Family { get; }

    /// <summary>What products of matrices multiply where it draws.</summary>
    public Precision Precision => context.Device.Precision;

    /// <summary>Opens a run; the newest checkpoint of each stage counts.</summary>
    /// <param name="run">The run's folder.</param>
    /// <param name="device">Where to draw; not owned.</param>
    /// <param name="notice">Is told of files that were read besides; null for nobody.</param>
    /// <exception cref="UserInputException">There is no run, or what draws is not trained yet.</exception>
    public static PictureGenerator Open(string run, Device device, Action<string>? notice = null)
    {
        using RunFolder folder = RunFolder.Open(run);
        return new PictureGenerator(run, TrainedRun.LoadToDraw(folder, device, notice ?? (_ => { })), device);
    }

    /// <summary>Reads a prompt: what the run understands of it, what it does not know, and what lies behind its length.</summary>
    /// <exception cref="UserInputException">The prompt is empty, or the run knows none of the words that it reads; the message names near
    /// ones.</exception>
    public PromptReading Read(string prompt)
    {
        PromptReading reading = Tokenizer.Read(prompt, Config.MaxWords);
        if (reading.Words.Count == 0)
        {
            throw new UserInputException(
                "the prompt is empty; give some words, for example \"a small red star at the top left on a navy background\"");
        }

        if (!reading.IsUnderstood)
        {
            IEnumerable<string> near = reading.Unknown.Take(5)
                .Select(word => $"'{word}' (near: {string.Join(", ", Tokenizer.Vocabulary.Nearest(word, 3))})");
            string words = reading.IsCut ? $"of the first {reading.Words.Count} words of the prompt, which are all that it reads"
                : "of the prompt's words";
            throw new UserInputException($"the run {Run} knows none {words}: {string.Join("; ", near)}. "
                + $"Its {Tokenizer.Vocabulary.WordCount} words are in {Path.Combine(Run, "vocabulary.txt")}");
        }

        return reading;
    }

    /// <summary>Draws pictures.</summary>
    /// <param name="prompts">A prompt for each picture.</param>
    /// <param name="seed">With the picture's number, decides its noise.</param>
    /// <param name="firstNumber">The number of the first picture.</param>
    /// <param name="settings">The values of the family's sampler options; null takes the defaults.</param>
    /// <param name="progress">Sees the pictures emerge, batch by batch, of a sampler that draws in steps; null for nobody.</param>
    /// <returns>Pictures, <c>[side, side, 3]</c>, in [0, 1] or a little out of it, each.</returns>
    /// <exception cref="UserInputException">A prompt cannot be read.</exception>
    public IReadOnlyList<float[]> Draw(
        IReadOnlyList<string> prompts, ulong seed, int firstNumber = 0, SamplerSettings? settings = null, DrawingProgress? progress = null)
    {
        settings ??= SamplerSettings.Of(Family);
        var pictures = new List<float[]>(prompts.Count);
        for (int start = 0; start < prompts.Count; start += BatchSize)
        {
            int[][] tokens = [.. prompts.Skip(start).Take(BatchSize).Select(prompt => Read(prompt).Ids.ToArray())];
            var batch = new Batch(tokens, [], Config.ImageSide);
            Tensors.Tensor drawn = DrawPrepared(
                (step, shown) => model.Sampler.Draw(step, batch, seed, firstNumber + start, settings, shown), progress);
            pictures.AddRange(drawn.ToArray(context.Stream).Chunk(Config.ImageSide * Config.ImageSide * 3));
        }

        return pictures;
    }

    /// <summary>The embeddings of pictures, which <see cref="Draw(IReadOnlyList{float[]}, ulong, IReadOnlyList{int}, SamplerSettings, SourcePicture, DrawingProgress)"/> draws from.</summary>
    /// <param name="pictures"><c>[side, side, 3]</c> in [0, 1] each.</param>
    /// <exception cref="UserInputException">The run's model does not draw from embeddings.</exception>
    public IReadOnlyList<float[]> Embed(IReadOnlyList<float[]> pictures)
    {
        IDrawsFromEmbeddings drawing = RequireEmbeddings();
        context.BeginStep(0, training: false);
        return drawing.EmbedPictures(context, [.. pictures]);
    }

    /// <summary>The embeddings of prompts themselves, in the space of the pictures'.</summary>
    /// <param name="prompts">The prompts.</param>
    /// <exception cref="UserInputException">A prompt cannot be read, or the run's model does not draw from embeddings.</exception>
    public IReadOnlyList<float[]> EmbedTexts(IReadOnlyList<string> prompts)
    {
        IDrawsFromEmbeddings drawing = RequireEmbeddings();
        int[][] tokens = [.. prompts.Select(prompt => Read(prompt).Ids.ToArray())];
        context.BeginStep(0, training: false);
        return drawing.EmbedTexts(context, new Batch(tokens, [], Config.ImageSide));
    }

    /// <summary>The image embeddings that prompts are drawn from, one each.</summary>
    /// <param name="prompts">The prompts.</param>
    /// <param name="seed">With the number, decides them.</param>
    /// <param name="firstNumber">The number of the first.</param>
    /// <param name="settings">The values of the family's sampler options.</param>
    /// <exception cref="UserInputException">A prompt cannot be read, or the run's model does not draw from embeddings.</exception>
    public IReadOnlyList<float[]> EmbedPrompts(IReadOnlyList<string> prompts, ulong seed, int firstNumber, SamplerSettings settings)
    {
        IDrawsFromEmbeddings drawing = RequireEmbeddings();
        int[][] tokens = [.. prompts.Select(prompt => Read(prompt).Ids.ToArray())];
        context.BeginStep(0, training: false);
        return drawing.EmbedPrompts(context, new Batch(tokens, [], Config.ImageSide), seed, firstNumber, settings);
    }

    /// <summary>Draws pictures from image embeddings.</summary>
    /// <param name="embeddings">One for each picture.</param>
    /// <param name="seed">With a picture's number, decides its noise.</param>
    /// <param name="numbers">The number of each picture; equal numbers begin from the same noise.</param>
    /// <param name="settings">The values of the family's sampler options.</param>
    /// <param name="source">The picture that they come from; null draws from noise alone. What its mask keeps stays exactly as it is.</param>
    /// <param name="progress">Sees the pictures emerge, batch by batch; null for nobody.</param>
    /// <returns>Pictures, <c>[side, side, 3]</c>, in [0, 1] or a little out of it, each.</returns>
    /// <exception cref="UserInputException">The run's model does not draw from embeddings or has others, or its sampler, as it is set, does not draw from a picture.</exception>
    public IReadOnlyList<float[]> Draw(
        IReadOnlyList<float[]> embeddings, ulong seed, IReadOnlyList<int> numbers, SamplerSettings settings, SourcePicture? source = null,
        DrawingProgress? progress = null)
    {
        IDrawsFromEmbeddings drawing = RequireEmbeddings();
        if (embeddings.FirstOrDefault(one => one.Length != drawing.EmbeddingLength) is { } other)
        {
            throw new UserInputException(
                $"{Run}: its embeddings have {drawing.EmbeddingLength} numbers, and one of {other.Length} is to be drawn");
        }

        int pixels = Config.ImageSide * Config.ImageSide;
        if (source != null && (source.Pixels.Length != 3 * pixels || (source.Mask is { } mask && mask.Length != pixels)))
            throw new UserInputException($"{Run}: its pictures have {pixels} pixels, and that to be drawn from, or its mask, has others");
        var pictures = new List<float[]>(embeddings.Count);
        for (int start = 0; start < embeddings.Count; start += BatchSize)
        {
            float[][] own = [.. embeddings.Skip(start).Take(BatchSize)];
            int[] ownNumbers = [.. numbers.Skip(start).Take(BatchSize)];
            Tensors.Tensor drawn = DrawPrepared((step, shown) => drawing.Draw(step, own, seed, ownNumbers, settings, source, shown),
                progress);
            IEnumerable<float[]> values = drawn.ToArray(context.Stream).Chunk(Config.ImageSide * Config.ImageSide * 3);
            pictures.AddRange(source == null ? values : values.Select(source.Composite));
        }

        return pictures;
    }

    /// <summary>How near pictures are to a prompt: the cosines of their embeddings, as the run's stage for retrieval left its encoders.</summary>
    /// <param name="prompt">The prompt.</param>
    /// <param name="pictures"><c>[side, side, 3]</c> in [0, 1] or a little out of it each.</param>
    /// <exception cref="UserInputException">The prompt cannot be read, or the run has no such encoders yet.</exception>
    public float[] Score(string prompt, IReadOnlyList<float[]> pictures)
    {
        IRetrieval encoders = RequireJudge();
        int[] ids = Read(prompt).Ids.ToArray();
        var scores = new List<float>(pictures.Count);
        for (int start = 0; start < pictures.Count; start += BatchSize)
        {
            float[][] own = [.. pictures.Skip(start).Take(BatchSize)];
            var batch = new Batch([.. own.Select(_ => ids)], [.. own.SelectMany(picture => picture)], Config.ImageSide);
            context.BeginStep(0, training: false);
            Tensors.Tensor captions = encoders.EmbedCaptions(context, batch), images = encoders.EmbedImages(context, batch);
            int features = captions.Cols;
            scores.AddRange(captions.ToArray(context.Stream).Chunk(features).Zip(images.ToArray(context.Stream).Chunk(features),
                (caption, image) => caption.Zip(image, (x, y) => x * y).Sum()));
        }

        return [.. scores];
    }

    // Draws; before the first time, what will be launched is compiled side by side.
    Tensors.Tensor DrawPrepared(Func<Layers.Context, DrawingProgress?, Tensors.Tensor> draw, DrawingProgress? progress)
    {
        if (!isPrepared)
        {
            isPrepared = true;
            using Device? ahead = context.Device.ForPreparing();
            if (ahead != null)
            {
                using var planned = new Layers.Context(ahead);
                planned.BeginStep(0, training: false);
                draw(planned, null);
            }
        }

        context.BeginStep(0, training: false);
        return draw(context, progress);
    }

    // Later stages may have moved the encoders on.
    IRetrieval RequireJudge()
    {
        if (model is not IRetrieval known)
            throw new UserInputException($"{Run}: its model, {Family.Name}, has no common space of captions and pictures to rank by");
        if (judge == null)
        {
            using RunFolder folder = RunFolder.Open(Run);
            TrainedRun trained = TrainedRun.Load(folder, context.Device, _ => { }, known.RetrievalStage);
            judge = trained.Model;
            if (!trained.Stages.Contains(known.RetrievalStage))
                throw new UserInputException($"{Run}: its stage {known.RetrievalStage}, which ranks drawings, is not trained");
        }

        return (IRetrieval)judge;
    }

    IDrawsFromEmbeddings RequireEmbeddings() => model as IDrawsFromEmbeddings ?? throw new UserInputException(
        $"{Run}: its model, {Family.Name}, does not draw from the embeddings of pictures; train another one with --model");

    /// <inheritdoc/>
    public void Dispose()
    {
        context.Dispose();
        judge?.Dispose();
        model.Dispose();
    }
}
