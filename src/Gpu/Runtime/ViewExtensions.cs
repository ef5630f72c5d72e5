namespace Dalle2.Gpu.Runtime;

/// <summary>What hosts do with ILGPU's views.</summary>
public static class ViewExtensions
{
    /// <summary>
    /// The <paramref name="count"/> elements from <paramref name="start"/> on. As ILGPU's <see cref="ArrayView{T}.SubView(long, long)"/>, which ends the process where the part lies
    /// outside and refuses an empty part at the end.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">The part lies outside of the view.</exception>
    public static ArrayView<T> Part<T>(this ArrayView<T> view, long start, long count)
        where T : unmanaged
    {
        if (start < 0 || count < 0 || start > view.Length - count)
        {
            throw new ArgumentOutOfRangeException(nameof(start),
                $"the part [{start}, {start + count}) lies outside a view of {view.Length} elements");
        }

        return view.SubView(count == 0 ? 0 : start, count);
    }
}
