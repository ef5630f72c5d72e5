using System.Reflection;
using Dalle2.Cli;
using Dalle2.Gpu;
using Dalle2.Gpu.Extensions;
using Dalle2.Gpu.Targets.Ilgpu;
using ILGPU.Algorithms;

namespace Dalle2.Tests.Gpu.Ilgpu;

/// <summary>What ILGPU's own compilers make of kernels, without a device.</summary>
public class IlgpuEmissionTests
{
    [Test]
    public void Every_kernel_becomes_ptx_with_the_instructions_that_ilgpu_lacks()
    {
        Assert.That(KernelCatalog.All, Has.Count.GreaterThan(60));
        foreach (var (op, name, kernel) in KernelCatalog.All)
        {
            string text = KernelText.IlgpuPtx(kernel);
            Assert.That(text, Does.Contain(".entry"), $"{op}.{name}");
            Assert.That((text.Contains("mma.sync"), text.Contains("cp.async"), text.Contains("ldmatrix")),
                Is.EqualTo((name.Contains("Matrix"), name.Contains("Matrix") || name.Contains("FloatTile"),
                text.Contains("ldmatrix") && name.Contains("Matrix"))),
                $"{op}.{name}");
        }

        Assert.That(KernelText.IlgpuPtx(KernelCatalog.Find("Gemm.Tile")[0].Method), Does.Contain("fma.rn.f32"));
    }

    [Test]
    public void Every_kernel_becomes_opencl_for_any_vendor()
    {
        foreach (var (op, name, kernel) in KernelCatalog.All)
        {
            string text = KernelText.IlgpuOpenCl(kernel);
            Assert.That(text, Does.Contain("kernel void"), $"{op}.{name}");
            Assert.That(text, Does.Not.Contain("sub_group"), $"{op}.{name}: sub-groups have as many threads as the vendor likes");
        }

        Assert.That(KernelText.IlgpuOpenCl(KernelCatalog.Find("Transpose.Transpose")[0].Method),
            Does.Contain("barrier").And.Contain("local float"), "shuffles go through shared memory");
    }

    [Test]
    public void A_fused_multiply_add_is_one_instruction()
    {
        Assert.That(KernelText.IlgpuPtx(Method(FusedKernel)), Does.Contain("fma.rn.f32").And.Not.Contain("mul.f32"));
        Assert.That(KernelText.IlgpuOpenCl(Method(FusedKernel)), Does.Contain("fma ("));
    }

    [Test]
    public void The_exponential_of_ilgpu_is_our_polynomial()
    {
        Assert.That(KernelText.IlgpuPtx(Method(ExpKernel)), Does.Not.Contain("ex2.approx").And.Contain("fma.rn.f32"));
        Assert.That(Body(KernelText.IlgpuOpenCl(Method(ExpKernel))), Is.EqualTo(Body(KernelText.IlgpuOpenCl(Method(StrictExpKernel)))));
    }

    [Test]
    public void What_ilgpu_refuses_is_said_with_the_kernels_name_and_the_next_kernel_is_taken()
    {
        Assert.That(() => KernelText.IlgpuPtx(Method(TextKernel)),
            Throws.TypeOf<IlgpuRefusalException>().With.Message.StartsWith("IlgpuEmissionTests.TextKernel: ILGPU makes no PTX of it: "));
        Assert.That(KernelText.IlgpuPtx(Method(FusedKernel)), Does.Contain("fma.rn.f32"));
    }

    // The kernel's name apart, and without the numbers that ILGPU gives to variables.
    static string Body(string text) =>
        System.Text.RegularExpressions.Regex.Replace(text[text.IndexOf('{', text.IndexOf("kernel void", StringComparison.Ordinal))..],
        "(var|L_|type_)[0-9]+", "$1");

    static MethodInfo Method(Delegate kernel) => kernel.Method;

    static void FusedKernel(Index1D i, ArrayView<float> x, float a, float b) => x[i] = Fused.MultiplyAdd(x[i], a, b);

    static void ExpKernel(Index1D i, ArrayView<float> x) => x[i] = XMath.Exp(x[i]);

    static void StrictExpKernel(Index1D i, ArrayView<float> x) => x[i] = StrictMath.Exp(x[i]);

    static void TextKernel(Index1D i, ArrayView<int> x) => x[i] = string.Concat("a", "b").Length;
}
