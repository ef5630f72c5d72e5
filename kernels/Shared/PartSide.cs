namespace Dalle2.Kernels.Shared;

/// <summary>A side from some k on, a multiple of 4.</summary>
readonly struct PartSide<TSide>(TSide side, int first) : IMatrixSide
    where TSide : unmanaged, IMatrixSide
{
    public bool IsByDepth => side.IsByDepth;

    public bool IsInFours => side.IsInFours;

    public int High => side.High;

    public int Wide => side.Wide;

    public MatrixPlace Row(int row) => side.Row(row);

    public MatrixPlace Depth(int k) => side.Depth(first + k);
}
