namespace Dalle2.Training.Runs;

/// <summary>The element types that a checkpoint stores; the names are those of the safetensors format.</summary>
public enum SafeTensorType
{
    /// <summary>IEEE single precision, 4 bytes.</summary>
    F32,

    /// <summary>Signed 32-bit integer.</summary>
    I32,

    /// <summary>Signed 64-bit integer.</summary>
    I64,

    /// <summary>Unsigned byte.</summary>
    U8,
}
