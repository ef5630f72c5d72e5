using System.Text.Json.Nodes;
using Dalle2.Data.Text;
using Dalle2.Training.Drawing;

namespace Dalle2.Cli.Studio;

/// <summary>Opens a run that a person is about to draw with, and draws a word that is kept nowhere, so that kernels are compiled by the first click.</summary>
sealed class OpeningJob(string folder, string run, string device, WordTokenizer words, GeneratorCache generators)
    : Job("open", $"opening '{run}'", run, device)
{
    private protected override JsonNode? Work(CancellationToken cancellation)
    {
        PictureGenerator generator = generators.Open(folder, Device, default, Notice);
        if (words.Vocabulary.PlainWords.FirstOrDefault(WordTokenizer.HasWords) is { } word)
            generator.Draw([word], 1, 0, null, (_, _, _, _) => cancellation.ThrowIfCancellationRequested());
        return null;
    }
}
