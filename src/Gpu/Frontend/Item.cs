using System.Reflection;
using Dalle2.Gpu.Ir;

namespace Dalle2.Gpu.Frontend;

/// <summary>What an entry of the evaluation stack, a local or an argument is known to be.</summary>
abstract record Item;

/// <summary>A primitive or a struct, as the values of its leaves.</summary>
sealed record Data(Value[] Values) : Item;

/// <summary>The address of an element of device memory, or of a field in it.</summary>
sealed record ElementAddress(Value Base, Value Index, int Stride, int Offset) : Item;

/// <summary>The address of a variable, or of a field in it: its leaves from <paramref name="First"/> on.</summary>
sealed record VariableAddress(Variable Variable, int First) : Item;

/// <summary>A text that the kernel's code names. Nothing takes it but what tells of an assertion.</summary>
sealed record Text(string Words) : Item;

/// <summary>A field that the kernel's code names, whose bytes an array begins with.</summary>
sealed record FieldToken(FieldInfo Field) : Item;

/// <summary>A managed array of constant extents: local memory of the thread, row-major.</summary>
/// <param name="Base">Its address.</param>
/// <param name="Element">The element type.</param>
/// <param name="Extents">Along each axis.</param>
/// <param name="IsConstant">Whether it stands for a static field's array, which kernels do not change.</param>
sealed record ManagedArray(Value Base, Type Element, int[] Extents, bool IsConstant) : Item;

/// <summary>A local or an argument of one inlined call.</summary>
sealed class Variable
{
    /// <summary>The layout of what it holds; null if it holds an address.</summary>
    public TypeLayout? Layout { get; init; }

    /// <summary>The first of its slots; the others follow.</summary>
    public int Slot { get; set; }

    /// <summary>If it holds an address, the first one that it was given: the others differ in base and index only.</summary>
    public Item? Shape { get; set; }
}
