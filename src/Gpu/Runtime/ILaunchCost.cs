namespace Dalle2.Gpu.Runtime;

/// <summary>An argument of a launch, say the extents that its kernel is given, that can tell what the launch costs. Only profiles ask.</summary>
public interface ILaunchCost
{
    /// <summary>Floating-point operations of the launch; a multiply-add is two.</summary>
    double Flops { get; }
}
