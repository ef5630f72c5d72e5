using Dalle2.Data.Text;
using Dalle2.Layers;
using Dalle2.Models.Classic;
using Dalle2.Tensors;
using Dalle2.Training.Loop;

namespace Dalle2.Training.Families.Classic;

/// <summary>Trains the text encoder, as one half of a sequence-to-sequence model that says each caption again.</summary>
sealed class TextStage(StageDescription description, ClassicModel model, ClassicConfig config)
    : Stage(description, config.TextSteps, model.StoresOf(model.TextEncoder, model.CaptionDecoder))
{
    readonly CaptionAutoencoder autoencoder = new(model);
    int[] words = [];
    int[] targets = [];
    int[] readLengths = [];
    readonly TokenBatch read = new();
    TokenBatch? tokens;
    IntTensor? lengths;
    IntTensor? steps;
    IntTensor? said;

    public override void Upload(Context context, Batch batch)
    {
        int time = batch.Time + 1, size = batch.Size;
        if (words.Length < time * size)
            (words, targets) = (new int[time * size], new int[time * size]);
        if (readLengths.Length != size)
            readLengths = new int[size];
        Array.Clear(words);
        Array.Fill(targets, SoftmaxCrossEntropy.Ignored);
        for (int b = 0; b < size; b++)
        {
            words[b] = Vocabulary.Bos;
            for (int t = 0; t < batch.Lengths[b]; t++)
            {
                int word = batch.Tokens[t * size + b];
                words[(t + 1) * size + b] = word;
                targets[t * size + b] = word;
            }

            targets[batch.Lengths[b] * size + b] = Vocabulary.Eos;
            readLengths[b] = batch.Lengths[b] + 1;
        }

        read.Set(words.AsSpan(0, time * size));
        (tokens, lengths) = (batch.UploadTokens(context), batch.UploadLengths(context));
        read.Upload(context, time, size);
        (said, steps) = (context.Upload(targets.AsSpan(0, time * size), time, size), context.Upload(readLengths, size));
    }

    public override Tensor Run(Context context)
    {
        var (loss, counted, correct) = autoencoder.Run(context, tokens!, lengths!, read, steps!, said!);
        return Gather(context, loss, counted, correct);
    }

    // The loss is a mean of words, and each caption has an end that is one more.
    public override float WeightOf(Batch batch)
    {
        long words = batch.Size;
        foreach (int length in batch.Lengths)
            words += length;
        return (float)((double)words / (batch.StepWords + batch.StepSize) * batch.StepSize / batch.Size);
    }

    protected internal override IReadOnlyList<KeyValuePair<string, double>> Describe(ReadOnlySpan<float> values) =>
        Figures(new("loss", values[0]), new("wordAccuracy", values[2] / values[1]));

    public override void Abandon() => autoencoder.Abandon();
}
