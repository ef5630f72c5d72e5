using System.Reflection;
using System.Text.RegularExpressions;
using Dalle2.Gpu;
using Dalle2.Gpu.Ir;
using Dalle2.Gpu.Runtime;

namespace Dalle2.Tests.Gpu.Ptx;

/// <summary>Which neighboring accesses become one, and that those leave the bits of the method.</summary>
public class VectorAccessTests
{
    [TestCase(nameof(PtxKernels.Quad), true, "ld.v4 st.v4")]
    [TestCase(nameof(PtxKernels.Quad), false, "ld ld ld ld st st st st")]
    [TestCase(nameof(PtxKernels.Between), true, "ld st ld ld.v2 st")]
    [TestCase(nameof(PtxKernels.Rows), true, "ld ld st st")]
    [TestCase(nameof(PtxKernels.Walk), true, "ld.v2 ld.v2 st")]
    [TestCase(nameof(PtxKernels.Pairs), false, "ld ld st.v2 ld.v2 st")]
    public void Are_merged_where_their_address_is_known_to_be_a_multiple(string kernel, bool aligned, string accesses)
    {
        Function function = Dalle2.Gpu.Compiler.Optimize(typeof(PtxKernels).GetMethod(kernel, BindingFlags.Static | BindingFlags.Public)!);
        string text = Dalle2.Gpu.Compiler.Ptx(function, CompileOptions.Default, 60, aligned).Text;
        Assert.That(Regex.Matches(text, @"\b(ld|st)\.(?:global|shared)(\.v\d)?").Select(m => m.Groups[1].Value + m.Groups[2].Value),
            Is.EqualTo(accesses.Split(' ')));
    }

    [Test]
    public void Leave_the_bits_of_the_method()
    {
        using var device = new PtxDevice();
        using Buffer<float> floats = device.Allocate<float>(64);
        using Buffer<double> doubles = device.Allocate<double>(32);
        device.Stream.Write<float>(Enumerable.Range(0, 64).Select(i => i * 0.75f - 3f).ToArray(), floats.View);
        device.Stream.Write<double>(Enumerable.Range(0, 32).Select(i => i * 0.3 - 3).ToArray(), doubles.View);
        ArrayView<float> x = floats.View.SubView(0, 32), y = floats.View.SubView(32), shifted = floats.View.SubView(33);
        device.Stream.Launch(PtxKernels.Quad, 8, x, y);
        device.Stream.Launch(PtxKernels.Quad, 7, x, shifted);
        device.Stream.Launch(PtxKernels.Quad, 7, x, x);
        device.Stream.Launch(PtxKernels.Between, 8, x, y);
        device.Stream.Launch(PtxKernels.Between, 7, x, floats.View.SubView(1));
        device.Stream.Launch(PtxKernels.Rows, 8, x, y);
        device.Stream.Launch(PtxKernels.Walk, 3, doubles.View, doubles.View.SubView(28), 24);
        device.Stream.Launch(PtxKernels.Pairs, new KernelConfig((Index1D)1, 8), x);
        Assert.That(device.Launches, Is.EqualTo(8));
    }
}
