using System.Globalization;
using Dalle2.Data;
using Dalle2.Training.Families;

namespace Dalle2.Training.Drawing;

/// <summary>The values of a family's sampler options: what was given, and the defaults of the rest.</summary>
public sealed class SamplerSettings
{
    readonly KeyValuePair<string, string>[] values;

    SamplerSettings(IEnumerable<KeyValuePair<string, string>> values) => this.values = [.. values];

    /// <summary>The values by name in the family's order, each in the one form that is stored.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Values => values;

    /// <summary>Checks what was given for a family's sampler.</summary>
    /// <param name="family">The family.</param>
    /// <param name="given">Values by the option's name; none takes the defaults.</param>
    /// <param name="describe">Says where a value of a name stood, for messages; null takes the option with its dashes.</param>
    /// <exception cref="UserInputException">The family has no such option, or a value is not one of its option's.</exception>
    public static SamplerSettings Of(ModelFamily family, IReadOnlyDictionary<string, string>? given = null, Func<string,
        string>? describe = null)
    {
        describe ??= name => $"--{name}";
        if (given?.Keys.FirstOrDefault(name => family.SamplerOptions.All(option => option.Name != name)) is { } unknown)
        {
            string known = family.SamplerOptions.Count == 0
                ? "nothing" : string.Join(", ", family.SamplerOptions.Select(option => $"--{option.Name}"));
            throw new UserInputException($"{describe(unknown)}: the model {family.Name} is not drawn with it; it takes {known}");
        }

        return new SamplerSettings(family.SamplerOptions.Select(option => KeyValuePair.Create(
            option.Name, given?.TryGetValue(option.Name, out string? text) == true
            ? option.Require(text, describe(option.Name)) : option.Default)));
    }

    /// <summary>The value of a <see cref="NumberOption"/>.</summary>
    public float Number(string name) => float.Parse(Choice(name), CultureInfo.InvariantCulture);

    /// <summary>The value of a <see cref="ChoiceOption"/>.</summary>
    public string Choice(string name) => values.Single(value => value.Key == name).Value;
}
