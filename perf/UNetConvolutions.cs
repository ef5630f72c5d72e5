namespace Dalle2.Perf;

/// <summary>
/// The convolutions of a small diffusion U-Net (32x32, base 64, batch 32), as <c>peers/torch_unet.py --list</c> gives them: what a diffusion model's
/// step will mostly consist of.
/// </summary>
static class UNetConvolutions
{
    const int Batch = 32;

    // How many, side, inputs, outputs, kernel, stride, padding; in the order of the forward pass.
    static readonly int[][] List =
    [
        [1, 32, 3, 64, 3, 1, 1], [4, 32, 64, 64, 3, 1, 1], [1, 32, 64, 64, 3, 2, 1],
        [1, 16, 64, 128, 3, 1, 1], [1, 16, 64, 128, 1, 1, 0], [4, 16, 128, 128, 3, 1, 1], [1, 16, 128, 128, 3, 2, 1],
        [8, 8, 128, 128, 3, 1, 1], [1, 8, 128, 384, 1, 1, 0], [1, 8, 128, 128, 1, 1, 0], [2, 8, 256, 128, 3, 1, 1],
        [2, 8, 256, 128, 1, 1, 0],
        [1, 16, 256, 128, 3, 1, 1], [1, 16, 256, 128, 1, 1, 0], [1, 16, 192, 128, 3, 1, 1], [1, 16, 192, 128, 1, 1, 0],
        [1, 32, 128, 128, 3, 1, 1], [1, 32, 192, 64, 3, 1, 1], [1, 32, 192, 64, 1, 1, 0], [1, 32, 128, 64, 3, 1, 1],
        [1, 32, 128, 64, 1, 1, 0], [1, 32, 64, 3, 3, 1, 1],
    ];

    /// <summary>How many convolutions of each size, the size as the case of Conv2d understands it.</summary>
    public static IReadOnlyList<(int Count, int[] Shape)> All { get; } =
        [.. List.Select(c => (c[0], (int[])[Batch, c[1], c[1], c[2], c[3], c[4], c[4], c[5], c[5], c[6], c[6], 1, 1, 0]))];
}
