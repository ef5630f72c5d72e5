using System.Security.Cryptography;
using System.Text;
using Dalle2.Data;
using Dalle2.Data.Text;
using Dalle2.Gpu.Runtime;
using Dalle2.Layers;
using Dalle2.Training.Families;
using Dalle2.Training.Loop;

namespace Dalle2.Training.Runs;

/// <summary>A run's model with the newest parameters of each stage that has any, later stages over earlier ones, up to a last stage.</summary>
/// <param name="Config">The run's configuration.</param>
/// <param name="Family">Its family of models.</param>
/// <param name="Tokenizer">Its words.</param>
/// <param name="Model">The model; who has the run disposes of it.</param>
/// <param name="Stages">The stages that have a checkpoint, in order.</param>
/// <param name="Hash">Twelve hexadecimal digits that name the parameters.</param>
public sealed record TrainedRun(TrainingConfig Config, ModelFamily Family, WordTokenizer Tokenizer, FamilyModel Model,
    IReadOnlyList<string> Stages, string Hash)
{
    /// <summary>The stage that is still to be trained before it draws, one or another where either will do; null if it draws.</summary>
    public string? LackingStage => Model.Sampler.NeededStages.FirstOrDefault(stage => !Stages.Contains(stage))
        ?? (Model.Sampler.Stages.Any(Stages.Contains) ? null : string.Join(" or ", Model.Sampler.Stages));

    /// <summary>Loads a run that draws.</summary>
    /// <param name="folder">The run.</param>
    /// <param name="device">Where its parameters shall lie; not owned.</param>
    /// <param name="notice">Is told of files that were read besides.</param>
    /// <exception cref="UserInputException">What draws is not trained yet, or as <see cref="Load"/>.</exception>
    public static TrainedRun LoadToDraw(RunFolder folder, Device device, Action<string> notice)
    {
        TrainedRun trained = Load(folder, device, notice);
        if (trained.LackingStage is not { } needed)
            return trained;
        string done = trained.Stages.Count == 0 ? "no stage has a checkpoint" : "trained so far: " + string.Join(", ", trained.Stages);
        trained.Model.Dispose();
        throw new UserInputException($"{folder.FolderPath}: its stage {needed}, which draws, is not trained yet ({done}); run: "
            + $"{ShellCommand.Of("dalle2", "train", "--out", folder.FolderPath, "--resume")}");
    }

    /// <summary>Loads a run, trained or not.</summary>
    /// <param name="folder">The run.</param>
    /// <param name="device">Where its parameters shall lie; not owned.</param>
    /// <param name="notice">Is told of files that were read besides.</param>
    /// <param name="lastStage">The last stage whose parameters are taken; null for the last of all.</param>
    /// <exception cref="UserInputException">A file of the run is missing or damaged; the message names it.</exception>
    public static TrainedRun Load(RunFolder folder, Device device, Action<string> notice, string? lastStage = null)
    {
        TrainingConfig config = RunConfig.Read(folder);
        ModelFamily family = ModelFamily.Get(config.Model);
        if (!File.Exists(folder.VocabularyPath))
        {
            throw new UserInputException($"{folder.FolderPath}: the run has no vocabulary yet, its training was stopped too early; run: "
                + $"{ShellCommand.Of("dalle2", "train", "--out", folder.FolderPath, "--resume")}");
        }

        var tokenizer = new WordTokenizer(Vocabulary.Load(folder.VocabularyPath));
        new DataRecord(folder).Check(tokenizer.Vocabulary);
        FamilyModel model = family.Create(device, config, tokenizer.Vocabulary, seed: null);
        try
        {
            var stages = new List<string>();
            var hashes = new StringBuilder();
            int last = lastStage == null ? -1 : model.Stages.Select(stage => stage.Name).ToList().IndexOf(lastStage);
            (Stage Stage, Task<FoundCheckpoint?> Reading)[] read =
            [
                .. model.Stages.Take(last >= 0 ? last + 1 : model.Stages.Count).Select(stage =>
                    (stage, Task.Run(() => folder.Checkpoints(stage.Name).Latest(config.Model, Trainer.NamesToDraw(stage).Contains)))),
            ];
            foreach ((Stage stage, Task<FoundCheckpoint?> reading) in read)
            {
                if (reading.GetAwaiter().GetResult() is { } found)
                {
                    Trainer.Load(found.Checkpoint, stage);
                    stages.Add(stage.Name);
                    hashes.Append(found.Checkpoint.FullHash);
                }
            }

            // What no stage has trained yet is as it would be at the start.
            foreach (ParameterStore store in model.Stores.Except(
                model.Stages.Where(stage => stages.Contains(stage.Name)).SelectMany(stage => stage.Trained)))
            {
                store.SetInitialValues(config.Seed);
            }

            model.LoadInitialValues(stage => stages.Contains(stage.Name), tokenizer.Vocabulary, notice);
            string hash = Convert.ToHexStringLower(SHA256.HashData(Encoding.ASCII.GetBytes(hashes.ToString())))[..12];
            return new TrainedRun(config, family, tokenizer, model, stages, hash);
        }
        catch
        {
            model.Dispose();
            throw;
        }
    }
}
