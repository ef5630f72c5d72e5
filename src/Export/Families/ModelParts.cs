using Dalle2.Layers;
using Dalle2.Training.Families;

namespace Dalle2.Export.Families;

/// <summary>The parts of a model by the names of their stores.</summary>
static class ModelParts
{
    /// <summary>A part.</summary>
    /// <exception cref="NotSupportedException">There is none, or it is another layer.</exception>
    public static T Part<T>(this FamilyModel model, string name)
        where T : Layer => model.Stores.Select(store => store.Root).FirstOrDefault(root => root.Name == name) as T
        ?? throw new NotSupportedException(
            $"the model has no part '{name}' that is a {typeof(T).Name}, so its form is not known here; take --format safetensors");
}
