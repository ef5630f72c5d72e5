using System.IO.Hashing;
using System.Runtime.InteropServices;
using Dalle2.Data;
using Dalle2.Data.Text;
using Dalle2.Gpu.Runtime;
using Dalle2.Layers;
using Dalle2.Training.Families;
using Dalle2.Training.Loop;
using Dalle2.Training.Runs;

namespace Dalle2.Cli;

/// <summary>A stage's steps as a training takes them, without a run folder: no log, no checkpoints, parameters as they are at the start.</summary>
sealed class ProfiledTraining : IDisposable
{
    readonly FamilyModel model;
    readonly Stage stage;
    readonly StepLoop loop;

    /// <summary>Readies a stage.</summary>
    /// <param name="device">Where it runs.</param>
    /// <param name="config">The configuration; of the data only as many samples are read as it says.</param>
    /// <param name="stageName">The stage; null takes the last that trains something.</param>
    /// <exception cref="UserInputException">The data cannot be read, or there is no such stage.</exception>
    public ProfiledTraining(Device device, TrainingConfig config, string? stageName = null)
    {
        ModelFamily family = ModelFamily.Get(config.Model);
        string? name = stageName is null ? null
            : Known.Require($"stage of {config.Model}", stageName, family.Stages.Select(one => one.Name));
        var nobody = new SilentObserver();
        var data = TrainingData.Read(config, int.MaxValue, nobody);
        var tokenizer = new WordTokenizer(data.BuildVocabulary());
        model = family.Create(device, config, tokenizer.Vocabulary, config.Seed);
        stage = name is null ? model.Stages.Last(one => one.Trained.Count > 0) : model.Stages.First(one => one.Name == name);
        if (stage.Trained.Count == 0)
            throw new UserInputException($"stage '{name}' trains nothing with these settings");
        loop = new StepLoop(device, config, stage,
            BatchSampler.Of(stage, config, data.Data, data.Encode(tokenizer, config, nobody)));
        stage.Begin();
    }

    /// <summary>The stage's name.</summary>
    public string StageName => stage.Name;

    /// <summary>The step of a number: in turn, from 0.</summary>
    /// <param name="profiler">Hears where the host is, in a step launched kernel by kernel; null: the step is replayed, as in a training.</param>
    /// <param name="number">The number.</param>
    public void Step(StepProfiler? profiler, int number) => loop.Step(number, profiler);

    /// <summary>All bits of the parameters that the stage trains, as a hash.</summary>
    public string Fingerprint()
    {
        var hash = new XxHash128();
        foreach (Parameter parameter in stage.Trained.SelectMany(store => store.Parameters))
            hash.Append(MemoryMarshal.AsBytes(parameter.Value.ToArray(loop.Context.Stream).AsSpan()));
        return Convert.ToHexStringLower(hash.GetCurrentHash());
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        loop.Dispose();
        model.Dispose();
    }
}
