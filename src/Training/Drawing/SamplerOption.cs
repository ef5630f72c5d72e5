using System.Globalization;
using Dalle2.Data;

namespace Dalle2.Training.Drawing;

/// <summary>Something that a sampler can be told besides the seed: an option of <c>generate</c> and <c>eval</c>, and a text chunk of what was drawn.</summary>
/// <param name="Name">The name: of the option without its dashes, and of the text chunk.</param>
/// <param name="Description">What it does, in a sentence.</param>
/// <param name="Default">The value where none is given, as text.</param>
public abstract record SamplerOption(string Name, string Description, string Default)
{
    /// <summary>What may be given, in words.</summary>
    public abstract string Expected { get; }

    /// <summary>A value in the one form that is stored.</summary>
    /// <returns>The text, or null if it is no value of this option.</returns>
    public abstract string? Normalize(string text);

    /// <summary>A value in the one form that is stored.</summary>
    /// <param name="text">What was given.</param>
    /// <param name="where">Where it stood, for the message: the option with its dashes, a file's text chunk.</param>
    /// <exception cref="UserInputException">It is no value of this option.</exception>
    public string Require(string text, string where) =>
        Normalize(text) ?? throw new UserInputException($"{where} {VisibleText.Of(text)}: give {Expected}.");
}

/// <summary>An option that is a number of a range.</summary>
/// <param name="Name">As for <see cref="SamplerOption"/>.</param>
/// <param name="Description">As for <see cref="SamplerOption"/>.</param>
/// <param name="Value">The value where none is given.</param>
/// <param name="Low">The lowest value.</param>
/// <param name="High">The highest value.</param>
/// <param name="Whole">Whether only whole numbers are taken.</param>
public sealed record NumberOption(string Name, string Description, float Value, float Low, float High, bool Whole = false)
    : SamplerOption(Name, Description, Text(Value))
{
    /// <inheritdoc/>
    public override string Expected => $"a {(Whole ? "whole " : "")}number from {Text(Low)} to {Text(High)}";

    /// <inheritdoc/>
    public override string? Normalize(string text) =>
        float.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out float value) && value >= Low && value <= High
        && (!Whole || value == MathF.Truncate(value)) ? Text(value) : null;

    static string Text(float value) => value.ToString("R", CultureInfo.InvariantCulture);
}

/// <summary>An option that is one of some names.</summary>
/// <param name="Name">As for <see cref="SamplerOption"/>.</param>
/// <param name="Description">As for <see cref="SamplerOption"/>.</param>
/// <param name="Choices">The names; the first is taken where none is given.</param>
public sealed record ChoiceOption(string Name, string Description, IReadOnlyList<string> Choices)
    : SamplerOption(Name, Description, Choices[0])
{
    /// <inheritdoc/>
    public override string Expected => $"one of {string.Join(", ", Choices)}";

    /// <inheritdoc/>
    public override string? Normalize(string text) =>
        Choices.FirstOrDefault(choice => string.Equals(choice, text, StringComparison.OrdinalIgnoreCase));
}
