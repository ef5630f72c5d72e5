using System.Text;

namespace Dalle2.Gpu.Targets.OpenCl;

/// <summary>The functions that a text calls besides OpenCL's own, in the order of their first use.</summary>
sealed class Prelude
{
    readonly HashSet<string> names = [];
    readonly StringBuilder text = new();

    /// <summary>Adds a function unless one of its name is there, and gives the name.</summary>
    /// <param name="name">The name.</param>
    /// <param name="define">The definition for this name.</param>
    public string Require(string name, Func<string, string> define)
    {
        if (!names.Contains(name))
        {
            // First, so that what it calls itself comes before it.
            string definition = define(name);
            names.Add(name);
            text.Append(definition).Append("\n\n");
        }

        return name;
    }

    public override string ToString() => text.ToString();
}
