using System.CommandLine;
using System.CommandLine.Parsing;
using Dalle2.Training.Drawing;
using Dalle2.Training.Families;

namespace Dalle2.Cli;

/// <summary>The options of all families' samplers; whether the run's own takes them is known when it is open.</summary>
sealed class SamplerArguments
{
    readonly List<(string Name, Option<string?> Option)> options;

    public SamplerArguments()
    {
        options =
        [
            .. ModelFamily.All.SelectMany(family => family.SamplerOptions, (family, option) => (Family: family, Option: option))
                .GroupBy(pair => pair.Option.Name)
                .Select(group => (group.Key, Create([.. group.Select(pair => pair.Option)],
                group.Count() == ModelFamily.All.Count ? null : string.Join(", ", group.Select(pair => pair.Family.Name))))),
        ];
    }

    /// <summary>The options.</summary>
    public IEnumerable<Option> All => options.Select(option => option.Option);

    /// <summary>What was given, by name.</summary>
    public IReadOnlyDictionary<string, string> Given(ParseResult arguments) =>
        options.Where(option => arguments.GetValue(option.Option) is not null)
        .ToDictionary(option => option.Name, option => arguments.GetValue(option.Option)!);

    static Option<string?> Create(SamplerOption[] kinds, string? families)
    {
        string name = $"--{kinds[0].Name}";
        return new Option<string?>(name)
        {
            Description = $"{kinds[0].Description}{(families is null ? "" : $" Of {families} alone.")} [default: {kinds[0].Default}]",
            HelpName = kinds[0] is NumberOption ? "N" : "NAME",
            CustomParser = Parse,
        };

        string? Parse(ArgumentResult result)
        {
            string text = result.Tokens[0].Value;
            if (kinds.Select(kind => kind.Normalize(text)).FirstOrDefault(value => value is not null) is { } known)
                return known;
            result.AddError($"{name} {text}: give {string.Join(" or ", kinds.Select(kind => kind.Expected).Distinct())}.");
            return null;
        }
    }
}
