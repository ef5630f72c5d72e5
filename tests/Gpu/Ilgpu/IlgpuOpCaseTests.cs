using Dalle2.Cli;
using Dalle2.Gpu.Runtime;
using Dalle2.Gpu.Runtime.Cuda;
using Dalle2.Ops;
using Dalle2.Tensors;
using Dalle2.Tests.Gpu.Cuda;

namespace Dalle2.Tests.Gpu.Ilgpu;

/// <summary>Every launch of every op, forward and backward, compiled by ILGPU: its PTX leaves the same bits as the device <c>cpu</c>.</summary>
public class IlgpuOpCaseTests
{
    static IEnumerable<TestCaseData> Cases() =>
        OpCaseRun.All.Select(c => new TestCaseData(c.Type,
        c.Shape).SetName($"{OpCase.NameOf(c.Type)} {string.Join("x", c.Shape)} as ptx of ILGPU"));

    [TestCaseSource(nameof(Cases))]
    public void Leaves_the_bits_of_the_processor(Type type, int[] s)
    {
        using var device = new ComparingDevice(new IlgpuPtxDevice(), Device.Open("cpu", threads: 1), TestDevices.Card);
        using var context = new Context(device, seed: 3);
        OpCase op = OpCase.Create(type);
        context.BeginStep(1, training: true);
        var args = new DeviceArguments([.. op.Arguments(s).Select(a => Upload(context, a))]);
        Tensor[] outputs = op.Forward(context, s, args);
        Tensor[] gradients = [.. outputs.Select((o, i) => (Tensor)Upload(context, Argument.Normal($"weight {i}", 1, o.Shape.ToArray())))];
        op.Backward(context, s, args, gradients);
        Assert.That(device.Launches, Is.Positive.Or.EqualTo(s.Min()), "nothing is launched over nothing alone");
    }

    // Their instructions are the interpreter's in both texts; what is around them is each compiler's own.
    static IEnumerable<TestCaseData> MatrixCases() =>
        from type in (Type[])[typeof(GemmCase), typeof(LinearCase), typeof(Conv2dCase), typeof(ConvTranspose2dCase)]
        from s in OpCase.Create(type).Shapes
        from precision in (Precision[])[Precision.Tf32, Precision.Bf16]
        select new TestCaseData(type, s, precision).SetName(
        $"{OpCase.NameOf(type)} {string.Join("x", s)} on matrix units as ptx of ILGPU, {precision}");

    [TestCaseSource(nameof(MatrixCases))]
    public void Leaves_the_bits_of_our_own_text_on_matrix_units(Type type, int[] s, Precision precision)
    {
        using var device = new IlgpuPtxDevice { Precision = precision };
        using CudaDevice own = StandInDevice.Open(new StandInDriver { Capability = 80 });
        own.Precision = precision;
        OpCaseRun.RequireEqualBits(device, own, type, s);
    }

    [Test]
    public void Every_kernel_of_the_catalog_has_a_text_that_the_interpreter_reads()
    {
        Assert.That(KernelCatalog.All, Has.Count.GreaterThan(60));
        foreach (var (_, name, kernel) in KernelCatalog.All)
        {
            IlgpuPtxKernel compiled = IlgpuPtxKernel.Of(kernel);
            Assert.That(compiled.Entry, Does.EndWith(kernel.Name));
            Assert.That(compiled.Text.Contains("mma.sync"), Is.EqualTo(name.Contains("Matrix")), name);
        }
    }

    static object Upload(Context context, Argument argument) => argument.IsInteger
        ? context.Upload([.. argument.Draw(7).Select(v => (int)v)], argument.Extents)
        : context.Upload([.. argument.Draw(7).Select(v => (float)v)], argument.Extents);
}
