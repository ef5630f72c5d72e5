namespace Dalle2.Ops;

/// <summary>A function of one float as kernels call it, and what it is to compute.</summary>
public interface IFunction
{
    /// <summary>What kernels get.</summary>
    float Value(float x);

    /// <summary>The definition in double precision.</summary>
    double Definition(double x);
}
