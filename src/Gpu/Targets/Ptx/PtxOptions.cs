namespace Dalle2.Gpu.Targets.Ptx;

/// <summary>What the text is for.</summary>
/// <param name="SmVersion">The compute capability without its dot: 60, 70, 80, 90 or 100. Devices of later ones run it too.</param>
/// <param name="AlignedViews">The launch promises that every view begins at a multiple of 16 bytes, so that wide loads and stores are allowed.</param>
/// <param name="MaxThreads">The most threads that a group has, which lets the driver plan registers; 0 says nothing.</param>
/// <param name="Checked">The function's checks were written out, and the entry takes the address of a report.</param>
sealed record PtxOptions(int SmVersion = 60, bool AlignedViews = false, int MaxThreads = 0, bool Checked = false)
{
    /// <summary>The versions that have a header, the first language version that knows them and all that is emitted, and the first CUDA whose driver reads it.</summary>
    public static readonly (int Sm, string Version, int Driver)[] Versions =
        [(60, "6.0", 9000), (70, "6.0", 9000), (80, "7.0", 11000), (90, "7.8", 11080), (100, "8.6", 12070)];

    /// <summary>The first compute capability whose matrix units take TensorFloat-32 and bfloat16.</summary>
    public const int MatrixSm = 80;

    /// <summary>Whether functions for a compute capability may be translated with matrix units.</summary>
    public static bool HasMatrixUnits(int smVersion) => smVersion >= MatrixSm;

    /// <summary>The version of the language.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is no header for this compute capability.</exception>
    public string Version
    {
        get
        {
            int sm = SmVersion;
            return Versions.FirstOrDefault(v => v.Sm == sm).Version
                ?? throw new ArgumentOutOfRangeException(nameof(SmVersion),
                $"there is no header for sm_{sm}; take one of {string.Join(", ", Versions.Select(v => v.Sm))}");
        }
    }
}
