using Dalle2.Data;
using Dalle2.Data.Text;
using Dalle2.Gpu.Runtime;
using Dalle2.Models;
using Dalle2.Training.Stages;

namespace Dalle2.Training;

/// <summary>Draws pictures from text with a trained run. Picture i of a seed is the same whether it is drawn alone or with others.</summary>
public sealed class PictureGenerator : IDisposable
{
    const int BatchSize = 64;

    readonly ClassicModel model;
    readonly TextToImage textToImage;
    readonly Layers.Context context;

    PictureGenerator(string run, TrainingConfig config, WordTokenizer tokenizer, ClassicModel model, Device device, string runHash, string stage)
    {
        Run = run;
        Config = config;
        Tokenizer = tokenizer;
        RunHash = runHash;
        Stage = stage;
        this.model = model;
        textToImage = new TextToImage(model, config.CreateLoss());
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

    /// <summary>Opens a run; the newest checkpoint of each stage counts.</summary>
    /// <param name="run">The run's folder.</param>
    /// <param name="device">Where to draw; not owned.</param>
    /// <exception cref="UserInputException">There is no run, or its decoder is not trained yet.</exception>
    public static PictureGenerator Open(string run, Device device)
    {
        using RunFolder folder = RunFolder.Open(run);
        TrainedRun trained = TrainedRun.Load(folder, device);
        if (!trained.Stages.Any(s => s is StageNames.Decoder or StageNames.FineTune))
        {
            trained.Model.Dispose();
            throw new UserInputException(
                $"{run}: its decoder is not trained yet ({(trained.Stages.Count == 0 ? "no stage has a checkpoint" : "trained so far: " + string.Join(", ", trained.Stages))}); run 'dalle2 train --out {run} --resume'");
        }

        return new PictureGenerator(run, trained.Config, trained.Tokenizer, trained.Model, device, trained.Hash, trained.Stages[^1]);
    }

    /// <summary>Reads a prompt: what the run understands of it, what it does not know, and what lies behind its length.</summary>
    /// <exception cref="UserInputException">The prompt is empty, or the run knows none of the words that it reads; the message names near
    /// ones.</exception>
    public PromptReading Read(string prompt)
    {
        PromptReading reading = Tokenizer.Read(prompt, Config.MaxWords);
        if (reading.Words.Count == 0)
            throw new UserInputException("the prompt is empty; give some words, for example \"a small red star at the top left on a navy background\"");
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
    /// <param name="temperature">The factor on the prior's deviation: 1 samples it, 0 takes its mean.</param>
    /// <returns>Pictures, <c>[side, side, 3]</c> in [0, 1] each.</returns>
    /// <exception cref="UserInputException">A prompt cannot be read.</exception>
    public IReadOnlyList<float[]> Draw(IReadOnlyList<string> prompts, ulong seed, int firstNumber = 0, float temperature = 1f)
    {
        var pictures = new List<float[]>(prompts.Count);
        for (int start = 0; start < prompts.Count; start += BatchSize)
        {
            int[][] tokens = [.. prompts.Skip(start).Take(BatchSize).Select(prompt => Read(prompt).Ids.ToArray())];
            pictures.AddRange(Draw(tokens, seed, firstNumber + start, temperature));
        }

        return pictures;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        context.Dispose();
        model.Dispose();
    }

    IEnumerable<float[]> Draw(int[][] tokens, ulong seed, int firstNumber, float temperature)
    {
        context.BeginStep(0, training: false);
        var batch = new Batch(tokens, Config.ImageSide);
        float[] noise = LatentNoise.Draw(seed, firstNumber, batch.Size, model.Sizes.Latent, temperature);
        Tensors.Tensor picture = textToImage.Draw(context, batch.UploadTokens(context), batch.UploadLengths(context), context.Upload(noise, batch.Size, model.Sizes.Latent));
        return picture.ToArray(context.Stream).Chunk(Config.ImageSide * Config.ImageSide * 3);
    }
}
