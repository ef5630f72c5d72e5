using Dalle2.Gpu.Frontend.Meanings;

namespace Dalle2.Tests.Gpu.Mathematics;

/// <summary>The conversions of ILGPU's half against ILGPU's own tables.</summary>
public class HalfConversionTests
{
    [Test]
    public void Floats_are_cut_off_as_ilgpu_cuts_them()
    {
        // A stride that is prime, so that every exponent and all kinds of mantissas come by.
        for (ulong bits = 0; bits <= uint.MaxValue; bits += 1013)
        {
            float x = BitConverter.UInt32BitsToSingle((uint)bits);
            ushort half = Interop.FloatAsInt(HalfMeaning.op_Explicit(x)), expected = Interop.FloatAsInt((ILGPU.Half)x);
            if (half != expected)
                Assert.Fail($"{x:R} is {half:X4}, not {expected:X4}");
        }
    }

    [Test]
    public void All_halves_are_the_floats_of_ilgpu()
    {
        for (int bits = 0; bits <= ushort.MaxValue; bits++)
        {
            ILGPU.Half half = Interop.IntAsFloat((ushort)bits);
            float x = HalfMeaning.op_Implicit(half), expected = half;
            Assert.That(float.IsNaN(x) ? float.IsNaN(expected) : BitConverter.SingleToInt32Bits(x)
                == BitConverter.SingleToInt32Bits(expected), $"{bits:X4} is {x:R}, not {expected:R}");
        }
    }
}
