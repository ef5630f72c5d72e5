namespace Dalle2.Gpu.Runtime.Reference;

/// <summary>What a value on the evaluation stack is, as far as arithmetic tells values apart.</summary>
enum StackKind
{
    /// <summary>Nothing that is computed with: a struct or an object.</summary>
    Other,

    /// <summary>32 bits, smaller integers among them.</summary>
    Int,

    /// <summary>64 bits.</summary>
    Long,

    /// <summary>As wide as an address, addresses among them.</summary>
    Native,

    Float,
}
