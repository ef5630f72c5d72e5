namespace Dalle2.Perf;

/// <summary>A training step over the public API, with what it needs: run again and again.</summary>
interface IStep : IDisposable
{
    /// <summary>One step of training: the loss before it.</summary>
    float Step();
}
