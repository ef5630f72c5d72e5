namespace Dalle2.Gpu.Ir;

/// <summary>The threads for which a memory fence orders accesses.</summary>
enum FenceScope
{
    Group,
    Device,
    System,
}
