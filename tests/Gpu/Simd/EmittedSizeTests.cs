using System.Reflection;
using Dalle2.Gpu.Frontend;
using Dalle2.Gpu.Ir;
using Dalle2.Gpu.Runtime.Cpu;
using Dalle2.Kernels;

namespace Dalle2.Tests.Gpu.Simd;

/// <summary>No kernel is larger than what the just-in-time compiler optimizes, whatever the width.</summary>
public class EmittedSizeTests
{
    static IEnumerable<MethodInfo> Kernels() => typeof(GemmOp).Assembly.GetTypes()
        .SelectMany(type => type.GetMethods(BindingFlags.Static | BindingFlags.NonPublic | BindingFlags.Public))
        .Where(method => method.Name.EndsWith("Kernel") && !method.IsGenericMethod);

    [Test]
    public void Kernels_are_small_enough_to_be_optimized([Values(128, 256, 512)] int bits, [Values] bool isMasked)
    {
        foreach (MethodInfo method in Kernels())
        {
            SimdKernel kernel = SimdKernel.Unremembered(new SpecializedKernel(method), bits,
                KernelFrontend.IndexRank(method) == 0 ? new GroupExtent(bits / 32, 1, 1) : null, isChecked: false);
            Assert.That(isMasked ? kernel.Masked : kernel.Whole, Is.Not.Null);
            Assert.That(kernel.Size.IsTooLarge, Is.False, $"{method.DeclaringType!.Name}.{method.Name}: {kernel.Size}");
            Assert.That(kernel.Size.Bytes, Is.Positive);
        }
    }
}
