using System.Collections.Concurrent;
using System.Reflection;
using System.Text.RegularExpressions;
using System.Xml;
using System.Xml.Linq;

namespace Dalle2.Training.Runs;

/// <summary>What a setting is: the first words of its property's documentation, which lies beside the assembly.</summary>
static partial class SettingHelp
{
    static readonly ConcurrentDictionary<Assembly, Dictionary<string, string>> Read = [];

    /// <summary>The help of a property; nothing where the documentation is not there.</summary>
    public static string Of(PropertyInfo property) => Read.GetOrAdd(property.DeclaringType!.Assembly, ReadAll)
        .GetValueOrDefault($"P:{property.DeclaringType!.FullName}.{property.Name}", "");

    static Dictionary<string, string> ReadAll(Assembly assembly)
    {
        string path = Path.ChangeExtension(assembly.Location, ".xml");
        try
        {
            return XDocument.Load(path).Descendants("member").Where(member => member.Element("summary") is not null)
                .ToDictionary(member => (string)member.Attribute("name")!, member => Text(member.Element("summary")!));
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException or XmlException or ArgumentException)
        {
            return [];
        }
    }

    // Where a value is not stored is of no use to who sets it.
    static string Text(XElement summary)
    {
        string text = string.Concat(summary.DescendantNodes().Select(node => node switch
        {
            XText plain => plain.Value,
            XElement { Name.LocalName: "see" } reference => LastName((string?)reference.Attribute("cref") ?? ""),
            _ => "",
        }));
        return LeftOut().Replace(Spaces().Replace(text, " "), "").Trim();
    }

    static string LastName(string reference) => reference[(reference.LastIndexOf('.') + 1)..];

    [GeneratedRegex(@"\s+")]
    private static partial Regex Spaces();

    [GeneratedRegex(@"Left out of config\.json [^.]*\.|, and is left out of config\.json(?=\.)")]
    private static partial Regex LeftOut();
}
