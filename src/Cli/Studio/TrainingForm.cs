using Dalle2.Data;
using Dalle2.Data.Sets;
using Dalle2.Training.Loop;
using Dalle2.Training.Runs;

namespace Dalle2.Cli.Studio;

/// <summary>What a page asks to be trained, or profiled.</summary>
/// <param name="Run">The name of the run: a new one, or with <paramref name="Resume"/> one that is there.</param>
/// <param name="Resume">Whether a run is continued; nothing of the settings is given then.</param>
/// <param name="Model">The model; null takes the default.</param>
/// <param name="Preset">The preset; null takes the one that suits the data.</param>
/// <param name="Data">The name of data that the studio offers; null takes the preset's.</param>
/// <param name="Stage">One stage alone; null for all.</param>
/// <param name="Minutes">For about how long; null for the settings' steps.</param>
/// <param name="Settings">Settings that differ from the preset's.</param>
/// <param name="Anyway">Goes on behind a stage at chance.</param>
/// <param name="AcceptChangedData">Accepts that the data have changed.</param>
/// <param name="Device">The device; null takes the studio's.</param>
/// <param name="CacheBytes">Bytes of pictures that are kept in memory at most, such as 500MB; null keeps all.</param>
/// <param name="TensorBoard">Whether event files for TensorBoard are written beside the log.</param>
/// <param name="Warmup">Of a profile: steps before.</param>
/// <param name="Steps">Of a profile: steps that count.</param>
sealed record TrainingForm(
    string? Run = null, bool Resume = false, string? Model = null, string? Preset = null, string? Data = null, string? Stage = null,
    double? Minutes = null, Dictionary<string, string>? Settings = null, bool Anyway = false, bool AcceptChangedData = false,
    string? Device = null, string? CacheBytes = null, bool TensorBoard = false, int Warmup = 30, int Steps = 20)
{
    /// <summary>The configuration that the form describes.</summary>
    /// <exception cref="UserInputException">A name or a value is none that there is.</exception>
    public TrainingConfig Configure(StudioOptions options)
    {
        if (Data is not null)
            Known.Require("data set of this studio", Data, options.Data.Select(one => one.Name));
        string? spec = options.Data.FirstOrDefault(one => one.Name == Data)?.Spec;
        TrainingConfig config = Known.Preset(Known.Family(Model), Preset, spec);
        config = config with { Data = spec ?? config.Data };
        foreach (var (name, value) in Settings ?? [])
        {
            if (!SettingJson.IsOpen(config, name))
                throw new UserInputException($"the setting '{VisibleText.Of(name)}' is not one that a page can change");
            config = Change(config, name, value);
        }

        if (Path.IsPathRooted(config.Data) && Settings?.ContainsKey("fit") != true)
            config = config with { Fit = PictureAspects.Of(DataSets.Open(config.Data, TrainingData.Options(config))).Suggested };
        config.Validate();
        return config;
    }

    /// <summary>The request of a training.</summary>
    /// <exception cref="UserInputException">Something given cannot be used.</exception>
    /// <exception cref="StudioFaultException">There is no such run.</exception>
    public TrainingRequest ToRequest(StudioOptions options, RunLibrary library)
    {
        if (Minutes is { } minutes && minutes is not (>= 0.1 and <= 100_000))
            throw new UserInputException("give minutes from 0.1 to 100000");
        if (Resume && ((Model ?? Preset ?? Data) is not null || Minutes is not null || Settings is { Count: > 0 }))
            throw new UserInputException("a run that is continued has its own data, settings and steps");
        TrainingConfig? config = Resume ? null : Configure(options);
        return new TrainingRequest
        {
            Config = config,
            OutputFolder = Resume ? library.Find(Run) : library.Reserve(Run ?? ""),
            Resume = Resume,
            Stage = Stage,
            Device = Known.Device(Device ?? options.Device),
            Threads = options.Threads,
            Minutes = Minutes,
            Anyway = Anyway,
            AcceptChangedData = AcceptChangedData,
            TensorBoard = TensorBoard,
            CacheBytes = CacheBytes is null ? null : ByteCount.TryParse(CacheBytes, out long bytes) ? bytes
                : throw new UserInputException($"pictures in memory: give {ByteCount.Form}"),
        };
    }

    static TrainingConfig Change(TrainingConfig config, string name, string value)
    {
        try
        {
            return ConfigSettings.Set(config, $"{name}={value}");
        }
        catch (UserInputException fault)
        {
            throw new UserInputException(fault.Message.Replace("--set ", "", StringComparison.Ordinal), fault);
        }
    }
}
