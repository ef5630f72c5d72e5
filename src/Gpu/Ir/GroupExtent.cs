namespace Dalle2.Gpu.Ir;

/// <summary>The threads of a group along each axis, where they are known when a kernel is compiled.</summary>
readonly record struct GroupExtent(int X, int Y, int Z)
{
    public int Size => X * Y * Z;
}
