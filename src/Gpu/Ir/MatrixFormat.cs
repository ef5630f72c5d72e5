namespace Dalle2.Gpu.Ir;

/// <summary>The numbers that <see cref="Op.MatrixMultiplyAdd"/> multiplies.</summary>
enum MatrixFormat
{
    /// <summary>TensorFloat-32, one in each word.</summary>
    TensorFloat,

    /// <summary>Bfloat16, two in each word.</summary>
    BrainFloat,
}
