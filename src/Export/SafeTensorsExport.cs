using System.Globalization;
using System.Text;
using Dalle2.Data;
using Dalle2.Gpu.Runtime;
using Dalle2.Layers;
using Dalle2.Training.Runs;

namespace Dalle2.Export;

/// <summary>The weights of a model: a safetensors file for each of its parts, and a page that tells names, shapes and meanings.</summary>
static class SafeTensorsExport
{
    public static void Write(RunFolder source, TrainedRun run, Device device, string folder, string version)
    {
        var page = new StringBuilder();
        page.Append(Head(source, run, version));
        foreach (ParameterStore store in run.Model.Stores)
        {
            string name = store.Root.Name;
            NamedTensor[] tensors =
            [
                .. store.Parameters.Select(one => new NamedTensor(one.Name, one.Shape.ToArray(), one.Value.ToArray(device.Stream))),
            ];
            SafeTensorsFile.Write(Path.Combine(folder, $"{name}.safetensors"), tensors, new Dictionary<string, string>
            {
                ["format"] = "dalle2.gpu.weights",
                ["model"] = run.Family.Name,
                ["part"] = name,
                ["run_hash"] = run.Hash,
                ["version"] = version,
            });
            page.Append(Section(store));
        }

        AtomicFile.WriteText(Path.Combine(folder, "README.md"), page.ToString());
    }

    static string Head(RunFolder source, TrainedRun run, string version)
    {
        string kinds = string.Concat(run.Model.Stores.SelectMany(store => Leaves(store.Root)).Select(LayerText.FormOf).Distinct()
            .Order(StringComparer.Ordinal).Select(form => $"- {form}\n"));
        return $"""
            # Weights of a {run.Family.Name} model

            {ModelExport.Origin(source, run, version)}
            These are the parameters that drawing uses, moving averages where it draws with those, in float32; nothing of the optimizer.
            Encoders are as the last stage that trained them left them.

            One `.safetensors` file for each part; a tensor's name is its layer's, which begins with the part's, and its own. `config.json` has all sizes and settings of the run,
            `vocabulary.txt` its words: a word a line, whose number is the line's from 0 (0 fills a batch behind a shorter caption, 3 is any unknown word).

            ## Layers

            Maps are `[batch, height, width, channels]`, vectors are rows that matrices are multiplied to from the right: `y = x W + b`.

            {kinds.TrimEnd()}

            """;
    }

    static string Section(ParameterStore store)
    {
        var text = new StringBuilder();
        string numbers = store.Parameters.Sum(parameter => (long)parameter.Shape.Length).ToString("N0", CultureInfo.InvariantCulture);
        text.Append($"\n## {store.Root.Name}.safetensors\n\n{store.Root.GetType().Name}, {numbers} numbers.\n\n");
        text.Append("| tensor | shape | of |\n|-|-|-|\n");
        foreach (Layer layer in Leaves(store.Root))
        {
            foreach (Parameter parameter in layer.Parameters)
                text.Append($"| `{parameter.Name}` | {string.Join(" x ", parameter.Shape.ToArray())} | {LayerText.SettingsOf(layer)} |\n");
        }

        return text.ToString();
    }

    // Layers that have parameters of their own.
    static IEnumerable<Layer> Leaves(Layer layer) =>
        (layer.Parameters.Count > 0 ? (IEnumerable<Layer>)[layer] : []).Concat(layer.Children.SelectMany(child => Leaves(child.Layer)));
}
