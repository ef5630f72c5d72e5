using Dalle2.Data;
using Dalle2.Data.Text;
using Dalle2.Layers;
using Dalle2.Training.Drawing;
using Dalle2.Training.Loop;

namespace Dalle2.Training.Families;

/// <summary>
/// A model of a family, with its parameters on a device, and what can be done with it. What only some families can do is an interface beside this one:
/// <see cref="IRetrieval"/>, <see cref="IBoundsLikelihood"/>.
/// </summary>
public abstract class FamilyModel : IDisposable
{
    /// <summary>The memory of all parts.</summary>
    public abstract IReadOnlyList<ParameterStore> Stores { get; }

    /// <summary>The stages, in order, as the family describes them.</summary>
    public abstract IReadOnlyList<Stage> Stages { get; }

    /// <summary>Draws from text.</summary>
    public abstract ISampler Sampler { get; }

    /// <summary>Numbers that training changes, of all parts.</summary>
    public long TrainableCount => Stores.Sum(store => store.TrainableCount);

    /// <summary>Takes values from the files that the configuration names, word vectors for one, for parts that no checkpoint has.</summary>
    /// <param name="stored">Whether a stage has a checkpoint; what it trains is taken from there.</param>
    /// <param name="vocabulary">The words.</param>
    /// <param name="notice">Is told what was found.</param>
    /// <exception cref="UserInputException">A file cannot be read, or does not fit.</exception>
    public virtual void LoadInitialValues(Func<Stage, bool> stored, Vocabulary vocabulary, Action<string> notice)
    {
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Frees the parameters.</summary>
    protected virtual void Dispose(bool disposing)
    {
        foreach (ParameterStore store in Stores)
            store.Dispose();
    }
}
