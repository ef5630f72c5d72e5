using System.Security.Cryptography;
using System.Text;
using Dalle2.Data;
using Dalle2.Gpu.Runtime;
using Dalle2.Models;
using Dalle2.Training.Stages;

namespace Dalle2.Training;

/// <summary>A run's model with the newest parameters of each stage that has any, later stages over earlier ones, up to a last stage.</summary>
sealed record TrainedRun(TrainingConfig Config, WordTokenizer Tokenizer, ClassicModel Model, IReadOnlyList<string> Stages, string Hash)
{
    public static TrainedRun Load(RunFolder folder, Device device, string lastStage = StageNames.FineTune)
    {
        TrainingConfig config = folder.ReadConfig<TrainingConfig>();
        Presets.Validate(config);
        if (!File.Exists(folder.VocabularyPath))
            throw new UserInputException($"{folder.FolderPath}: the run has no vocabulary yet, its training was stopped too early; run 'dalle2 train --out {folder.FolderPath} --resume'");
        var tokenizer = new WordTokenizer(Vocabulary.Load(folder.VocabularyPath));
        var model = new ClassicModel(device, config.Architecture(tokenizer.Vocabulary.Count), config.Seed);
        try
        {
            var stages = new List<string>();
            var hashes = new StringBuilder();
            foreach (Stage stage in StageNames.Create(model, config))
            {
                if (folder.Checkpoints(stage.Name).Latest(config.Model) is { } found)
                {
                    Trainer.Load(found.Checkpoint, stage.Trained);
                    stages.Add(stage.Name);
                    hashes.Append(found.Checkpoint.FullHash);
                }

                if (stage.Name == lastStage)
                    break;
            }

            string hash = Convert.ToHexStringLower(SHA256.HashData(Encoding.ASCII.GetBytes(hashes.ToString())))[..12];
            return new TrainedRun(config, tokenizer, model, stages, hash);
        }
        catch
        {
            model.Dispose();
            throw;
        }
    }
}
