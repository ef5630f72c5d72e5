using ILGPU;

namespace Dalle2.Kernels.Shared;

/// <summary>Two neighbors in bfloat16, the first in the lower half of a word, which lies in a view of floats.</summary>
/// <param name="First">The first.</param>
/// <param name="Second">The second.</param>
readonly record struct BrainFloatPair(float First, float Second)
{
    /// <summary>Neighbors 2 i and 2 i + 1, of floats or, where <paramref name="isBrainFloat"/> is not 0, of bfloat16.</summary>
    public static BrainFloatPair Load(ArrayView<float> view, int i, int isBrainFloat)
    {
        if (isBrainFloat == 0)
            return new BrainFloatPair(view[2 * i], view[2 * i + 1]);
        uint word = Interop.FloatAsInt(view[i]);
        return new BrainFloatPair(Interop.IntAsFloat(word << 16), Interop.IntAsFloat(word & 0xFFFF0000));
    }

    /// <summary>One element.</summary>
    public static float LoadOne(ArrayView<float> view, int i) =>
        Interop.IntAsFloat((i & 1) == 0 ? Interop.FloatAsInt(view[i >> 1]) << 16 : Interop.FloatAsInt(view[i >> 1]) & 0xFFFF0000);

    /// <summary>Writes neighbors 2 i and 2 i + 1.</summary>
    public void Store(ArrayView<float> view, int i, int isBrainFloat)
    {
        if (isBrainFloat == 0)
        {
            view[2 * i] = First;
            view[2 * i + 1] = Second;
        }
        else
        {
            view[i] = Of(First, Second);
        }
    }

    /// <summary>The word, to nearest, halves to even.</summary>
    public static float Of(float first, float second) => Interop.IntAsFloat(Matrix.ToBrainFloats(first, second));
}
