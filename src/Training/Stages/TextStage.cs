using Dalle2.Data;
using Dalle2.Layers;
using Dalle2.Models;

namespace Dalle2.Training.Stages;

/// <summary>Trains the text encoder, as one half of a sequence-to-sequence model that says each caption again.</summary>
sealed class TextStage(ClassicModel model, TrainingConfig config)
    : Stage(StageNames.Text, "text encoder (sequence to sequence)", config.TextSteps, model.StoresOf(model.TextEncoder, model.CaptionDecoder))
{
    readonly CaptionAutoencoder autoencoder = new(model);

    public override IReadOnlyList<KeyValuePair<string, double>> Step(Context context, Batch batch)
    {
        int read = batch.Time + 1;
        var words = new int[read * batch.Size];
        var targets = new int[read * batch.Size];
        Array.Fill(targets, SoftmaxCrossEntropy.Ignored);
        for (int b = 0; b < batch.Size; b++)
        {
            words[b] = Vocabulary.Bos;
            for (int t = 0; t < batch.Lengths[b]; t++)
            {
                int word = batch.Tokens[t * batch.Size + b];
                words[(t + 1) * batch.Size + b] = word;
                targets[t * batch.Size + b] = word;
            }

            targets[batch.Lengths[b] * batch.Size + b] = Vocabulary.Eos;
        }

        var (loss, accuracy) = autoencoder.Run(
            context, batch.UploadTokens(context), batch.UploadLengths(context),
            context.Upload(words, read, batch.Size), context.Upload([.. batch.Lengths.Select(l => l + 1)], batch.Size), context.Upload(targets, read, batch.Size));
        return [new("loss", loss), new("wordAccuracy", accuracy)];
    }

    public override void Abandon() => autoencoder.Abandon();
}
