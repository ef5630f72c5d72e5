using System.Globalization;
using System.Reflection;
using Dalle2.Data;
using Dalle2.Data.Text;

namespace Dalle2.Training.Runs;

/// <summary>A configuration's values by their names, as text.</summary>
public static class ConfigSettings
{
    /// <summary>The names that <see cref="Set"/> knows, with their values in a configuration: in the order of <c>config.json</c>.</summary>
    public static IReadOnlyList<(string Name, string Value)> Of(TrainingConfig config) =>
        [.. Properties(config).Select(p => (NameOf(p), Format(p.GetValue(config))))];

    /// <summary>The same with what each is, for a form.</summary>
    public static IReadOnlyList<SettingDescription> Describe(TrainingConfig config) =>
        [.. Properties(config).Select(property => new SettingDescription(
            NameOf(property), Format(property.GetValue(config)), SettingHelp.Of(property),
            property.PropertyType.IsEnum ? [.. Choices(property.PropertyType)] : property.PropertyType == typeof(bool) ? ["false",
                "true"] : [],
            property.IsDefined(typeof(FilePathAttribute))))];

    /// <summary>Changes one value.</summary>
    /// <param name="config">The configuration.</param>
    /// <param name="assignment"><c>name=value</c>; lists are separated by commas.</param>
    /// <exception cref="UserInputException">The text is not an assignment, there is no such name, or the value is not of its kind.</exception>
    public static TrainingConfig Set(TrainingConfig config, string assignment)
    {
        int equals = assignment.IndexOf('=');
        if (equals < 1)
            throw new UserInputException($"--set {assignment}: give name=value, for example --set batch=32");
        string name = assignment[..equals].Trim(), text = assignment[(equals + 1)..].Trim();
        IReadOnlyList<PropertyInfo> properties = Properties(config);
        PropertyInfo property = properties.FirstOrDefault(p => string.Equals(p.Name, name, StringComparison.OrdinalIgnoreCase))
            ?? throw new UserInputException(
            $"--set {name}: there is no such setting; nearest: "
            + $"{string.Join(", ", EditDistance.Nearest(name, properties.Select(NameOf), 3))}");
        TrainingConfig changed = config with { };
        property.SetValue(changed, Parse(property.PropertyType, name, text));
        return changed;
    }

    /// <summary>Makes the settings that name a file or a folder independent of the current folder: a run must find them from any.</summary>
    public static TrainingConfig WithFullPaths(TrainingConfig config)
    {
        TrainingConfig changed = config with { };
        foreach (PropertyInfo property in Properties(config).Where(p => p.IsDefined(typeof(FilePathAttribute))))
        {
            if (property.GetValue(config) is string { Length: > 0 } path)
                property.SetValue(changed, Path.GetFullPath(path));
        }

        return changed;
    }

    /// <summary>The settings that name a file or a folder, with what they name.</summary>
    public static IEnumerable<(string Name, string Path)> Files(TrainingConfig config) =>
        Properties(config).Where(p => p.IsDefined(typeof(FilePathAttribute))).Select(p => (NameOf(p), (string)p.GetValue(config)!))
        .Where(file => file.Item2.Length > 0);

    internal static string NameOf(PropertyInfo property) => CamelCase(property.Name);

    internal static IEnumerable<string> Choices(Type type) => Enum.GetNames(type).Select(CamelCase);

    // What is shared first, then what the family adds.
    static IReadOnlyList<PropertyInfo> Properties(TrainingConfig config) =>
        [.. config.GetType().GetProperties().Where(p => p.CanWrite)
        .OrderBy(p => p.GetCustomAttribute<System.Text.Json.Serialization.JsonPropertyOrderAttribute>()?.Order ?? 0)];

    static string CamelCase(string name) => char.ToLowerInvariant(name[0]) + name[1..];

    static string Format(object? value) =>
        value is IReadOnlyList<int> list ? string.Join(",", list) : Convert.ToString(value, CultureInfo.InvariantCulture)!;

    static object Parse(Type type, string name, string text)
    {
        CultureInfo culture = CultureInfo.InvariantCulture;
        object? value =
            type == typeof(string) ? text
            : type == typeof(int) ? (int.TryParse(text, NumberStyles.AllowLeadingSign, culture, out int i) ? i : null)
            : type == typeof(ulong) ? (ulong.TryParse(text, NumberStyles.None, culture, out ulong u) ? u : null)
            : type == typeof(float) ? (float.TryParse(text, NumberStyles.Float, culture, out float f) ? f : null)
            : type == typeof(bool) ? (bool.TryParse(text, out bool b) ? b : null)
            : type.IsEnum ? (Enum.TryParse(type, text, ignoreCase: true, out object? e) && Enum.IsDefined(type, e) ? e : null)
            : type == typeof(IReadOnlyList<int>) ? ParseList(text)
            : null;
        return value ?? throw new UserInputException($"--set {name}={text}: {Expected(type)}");
    }

    static int[]? ParseList(string text)
    {
        string[] parts = text.Split(',');
        var values = new int[parts.Length];
        for (int i = 0; i < parts.Length; i++)
        {
            if (!int.TryParse(parts[i], NumberStyles.AllowLeadingWhite | NumberStyles.AllowTrailingWhite, CultureInfo.InvariantCulture,
                out values[i]))
            {
                return null;
            }
        }

        return values;
    }

    static string Expected(Type type) =>
        type.IsEnum ? $"choose one of {string.Join(", ", Choices(type))}"
        : type == typeof(float) ? "give a number such as 0.002"
        : type == typeof(bool) ? "give true or false"
        : type == typeof(IReadOnlyList<int>) ? "give whole numbers separated by commas, such as 32,64,128"
        : "give a whole number";
}
