using System.Globalization;
using System.IO;

namespace Dalle2.Gpu.Runtime;

/// <summary>
/// What the environment says: seven variables, read once. Unset they cost nothing; a value that makes no sense is an error, not a default.
/// </summary>
public sealed class Settings
{
    /// <summary>The highest level of <see cref="Debug"/>.</summary>
    public const int MostDebug = 6;

    static Settings? current;

    Settings(Func<string, string?> read)
    {
        string? Get(string name) => read(name) is { Length: > 0 } value ? value : null;
        DefaultDevice = Get("D2_DEVICE") ?? "cpu";
        Debug = Get("D2_DEBUG") is not { } level ? 0
            : int.TryParse(level, NumberStyles.None, CultureInfo.InvariantCulture, out int parsed) && parsed <= MostDebug ? parsed
            : throw new InvalidSettingException($"D2_DEBUG={level}: give a level from 0 to {MostDebug}");
        IsChecked = Get("D2_CHECK") switch
        {
            null or "0" => false,
            "1" => true,
            { } other => throw new InvalidSettingException($"D2_CHECK={other}: give 1 for checked mode, or 0"),
        };
        Replays = Get("D2_REPLAY") switch
        {
            null or "1" => true,
            "0" => false,
            { } other => throw new InvalidSettingException($"D2_REPLAY={other}: give 0 to queue each step launch by launch, or 1"),
        };
        DumpFolder = Folder("D2_DUMP", Get("D2_DUMP"), create: true);
        OverrideFolder = Folder("D2_OVERRIDE", Get("D2_OVERRIDE"), create: false);
        CacheFolder = Folder("D2_CACHE", Get("D2_CACHE"), create: true);
    }

    /// <summary>Every variable: its name, its values, what it does.</summary>
    public static IReadOnlyList<(string Name, string Values, string Does)> Variables { get; } =
    [
        ("D2_DEVICE", "a device's name", "the device that verbs take without --device"),
        ("D2_DEBUG", "1 to 6", "tells on standard error, each level with those below: 1 devices, and where an error came from; 2 a line "
        + "per launch; 3 a line per pass; "
            + "4 emitted text; 5 the IR after each pass; 6 minimum, maximum and NaNs of what a launch wrote"),
        ("D2_DUMP", "a folder", "the IR, the PTX and the device's own code of every kernel that is compiled are written there"),
        ("D2_OVERRIDE", "a folder", "a text with the name that D2_DUMP gives it, edited by hand, is compiled in place of the emitted one"),
        ("D2_CHECK", "1", "checked mode on every device: indices, divisions, NaN and infinity, barriers"),
        ("D2_REPLAY", "0", "training steps are queued launch by launch, not recorded and replayed; the bits are the same"),
        ("D2_CACHE", "a folder", "where drivers' compiled programs are kept, instead of the user's cache folder"),
    ];

    /// <summary>What the environment said when it was first asked for, or last <see cref="Read()">read</see>.</summary>
    /// <exception cref="InvalidSettingException">A variable has a value that makes no sense.</exception>
    public static Settings Current => current ?? Read();

    /// <summary>The name of the device to take where none is named; <c>cpu</c> if nothing is said. It may not exist.</summary>
    public string DefaultDevice { get; }

    /// <summary>How much is told on standard error, from 0, nothing, to 6.</summary>
    public int Debug { get; }

    /// <summary>Whether every device is opened in checked mode.</summary>
    public bool IsChecked { get; }

    /// <summary>Whether training steps are recorded and replayed.</summary>
    public bool Replays { get; }

    /// <summary>Where texts of compiled kernels are written; null for nowhere.</summary>
    public string? DumpFolder { get; }

    /// <summary>Where texts lie that replace emitted ones; null for nowhere.</summary>
    public string? OverrideFolder { get; }

    /// <summary>Where compiled programs are kept; null for the user's cache folder.</summary>
    public string? CacheFolder { get; }

    /// <summary>Reads the environment again: for programs that change it, such as tests.</summary>
    /// <exception cref="InvalidSettingException">A variable has a value that makes no sense.</exception>
    public static Settings Read() => current = Of(Environment.GetEnvironmentVariable);

    /// <summary>The settings of any set of variables.</summary>
    internal static Settings Of(Func<string, string?> read) => new(read);

    /// <summary>Makes these the current ones, until the environment is read again.</summary>
    internal static void Use(Settings settings) => current = settings;

    static string? Folder(string name, string? path, bool create)
    {
        if (path == null)
            return null;
        try
        {
            if (create)
                Directory.CreateDirectory(path);
            else if (!Directory.Exists(path))
                throw new InvalidSettingException($"{name}={path}: there is no such folder");
            return Path.GetFullPath(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            throw new InvalidSettingException($"{name}={path}: the folder cannot be used ({e.Message})");
        }
    }
}

/// <summary>An environment variable has a value that makes no sense; the message says which.</summary>
public sealed class InvalidSettingException(string message) : Exception(message);
