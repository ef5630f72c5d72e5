namespace Dalle2.Training.Loop;

/// <summary>Hears in which part of a step the host is; the parts do not overlap.</summary>
public interface IStepProfiler
{
    /// <summary>A part begins.</summary>
    /// <param name="part">Its name, the same in each step.</param>
    void Begin(string part);

    /// <summary>The part that began last is over.</summary>
    void End();
}
