using Dalle2.Data;
using Dalle2.Data.Sets;
using Dalle2.Data.Text;
using Dalle2.Gpu.Runtime;
using Dalle2.Training.Drawing;
using Dalle2.Training.Runs;

namespace Dalle2.Training.Families;

/// <summary>
/// A kind of model: its settings, presets, stages and sampler. A family is a folder of classes; the one that derives from this one, with a constructor
/// without arguments, is found in every loaded assembly that refers to this one, and from then on <c>train</c>, <c>generate</c>, <c>eval</c>, <c>profile</c>
/// and the report know it.
/// </summary>
public abstract class ModelFamily
{
    /// <summary>The family that is taken where none is named.</summary>
    public const string DefaultName = "classic";

    static readonly Lazy<IReadOnlyList<ModelFamily>> Found = new(() =>
        [.. Discovery.Of<ModelFamily>().OrderBy(family => family.Name != DefaultName)
        .ThenBy(family => family.Name, StringComparer.Ordinal)]);

    /// <summary>All families, the default one first.</summary>
    public static IReadOnlyList<ModelFamily> All => Found.Value;

    /// <summary>The family of <see cref="DefaultName"/>.</summary>
    public static ModelFamily Default => Get(DefaultName);

    /// <summary>The name: of <c>--model</c>, and of a configuration's <c>model</c>.</summary>
    public abstract string Name { get; }

    /// <summary>What it is made of, in a few words.</summary>
    public abstract string Summary { get; }

    /// <summary>The starting points. The first is the smallest: every stage in seconds.</summary>
    public abstract IReadOnlyList<Preset> Presets { get; }

    /// <summary>The name of the preset that is taken where none is named.</summary>
    public abstract string DefaultPreset { get; }

    /// <summary>The name of the preset for pictures that a person brings along.</summary>
    public virtual string OwnPicturesPreset => DefaultPreset;

    /// <summary>The stages, in order.</summary>
    public abstract IReadOnlyList<StageDescription> Stages { get; }

    /// <summary>What its sampler takes, besides a seed.</summary>
    public abstract IReadOnlyList<SamplerOption> SamplerOptions { get; }

    /// <summary>Whether its models are <see cref="IDrawsFromEmbeddings"/>.</summary>
    public virtual bool DrawsFromEmbeddings => false;

    /// <summary>The type of its settings.</summary>
    public Type ConfigType => Presets[0].Config.GetType();

    /// <summary>The stages of all families, by name.</summary>
    public static IReadOnlyList<string> AllStageNames =>
        [.. All.SelectMany(family => family.Stages).Select(stage => stage.Name).Distinct()];

    /// <summary>The presets of all families, by name.</summary>
    public static IReadOnlyList<string> AllPresetNames =>
        [.. All.SelectMany(family => family.Presets).Select(preset => preset.Name).Distinct()];

    /// <summary>The family of a name.</summary>
    /// <exception cref="UserInputException">There is none.</exception>
    public static ModelFamily Get(string name) =>
        All.FirstOrDefault(family => family.Name == name)
        ?? throw new UserInputException(
        $"there is no model '{name}'; this program has {string.Join(", ", All.Select(family => family.Name))}");

    /// <summary>A preset's configuration.</summary>
    /// <exception cref="UserInputException">This family has no such preset.</exception>
    public TrainingConfig Preset(string name) =>
        Presets.FirstOrDefault(preset => preset.Name == name)?.Config is { } config
            ? config with { Model = Name, Preset = name }
            : throw new UserInputException(
            $"there is no preset '{name}' of {Name}; choose one of {string.Join(", ", Presets.Select(preset => preset.Name))}");

    /// <summary>The preset where none is named: that of the data set's name if there is one, for a folder or a file <see cref="OwnPicturesPreset"/>, else <see cref="DefaultPreset"/>.</summary>
    /// <param name="data">The data set, or null.</param>
    public TrainingConfig PresetFor(string? data) => Preset(
        Presets.FirstOrDefault(preset => preset.Name == data)?.Name
        ?? (data is null || DataSets.BuiltIn.Any(set => set.Name == data) ? DefaultPreset : OwnPicturesPreset));

    /// <summary>Its parts, to be drawn; null where there is nothing to see.</summary>
    /// <param name="config">The settings: of <see cref="ConfigType"/>.</param>
    public virtual ModelDiagram? Diagram(TrainingConfig config) => null;

    /// <summary>A model with fresh parameters.</summary>
    /// <param name="device">Where the parameters live; not owned.</param>
    /// <param name="config">The settings: of <see cref="ConfigType"/>, and valid.</param>
    /// <param name="vocabulary">The words that it reads.</param>
    /// <param name="seed">Decides the parameters' first values; null leaves zeros, for what is read from a file next.</param>
    public abstract FamilyModel Create(Device device, TrainingConfig config, Vocabulary vocabulary, ulong? seed);
}
