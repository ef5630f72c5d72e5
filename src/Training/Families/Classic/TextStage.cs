using Dalle2.Data.Text;
using Dalle2.Layers;
using Dalle2.Models.Classic;
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

    public override IReadOnlyList<KeyValuePair<string, double>> Step(Context context, Batch batch)
    {
        int read = batch.Time + 1, size = batch.Size;
        if (words.Length < read * size)
            (words, targets) = (new int[read * size], new int[read * size]);
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

        var (loss, accuracy) = autoencoder.Run(
            context, batch.UploadTokens(context), batch.UploadLengths(context),
            context.Upload(words.AsSpan(0, read * size), read, size), context.Upload(readLengths, size), context.Upload(targets.AsSpan(0, read * size), read, size));
        return Figures(new("loss", loss), new("wordAccuracy", accuracy));
    }

    public override void Abandon() => autoencoder.Abandon();
}
