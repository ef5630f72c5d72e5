namespace Dalle2.Gpu.Ir;

/// <summary>What an instruction is told besides its operands; <see cref="OpRow.Immediate"/> says which operation has which.</summary>
abstract record Immediate;

/// <summary>
/// Which bytes an instruction means: those at base + index * stride + offset. Of a copy, in its target; its source has no offset.
/// </summary>
sealed record Access(MemoryType Type, int Stride, int Offset) : Immediate;

/// <summary>So many elements of shared or local memory.</summary>
sealed record Allocation(int ElementBytes, int Count) : Immediate
{
    /// <summary>Bytes of all elements.</summary>
    public long Bytes => (long)ElementBytes * Count;
}

/// <summary>For whom a memory fence orders accesses.</summary>
sealed record Fence(FenceScope Scope) : Immediate;

/// <summary>What a matrix product multiplies.</summary>
sealed record MatrixProduct(MatrixFormat Format) : Immediate;

/// <summary>Which of an instruction's four results it is; the first is the instruction itself.</summary>
sealed record ResultIndex(int Index) : Immediate;

/// <summary>How many groups of copies may stay under way; null where all are waited for.</summary>
sealed record PendingCopies(int? Groups) : Immediate;

/// <summary>The number of a check in <see cref="Function.Checks"/>.</summary>
sealed record CheckReference(int Number) : Immediate;
