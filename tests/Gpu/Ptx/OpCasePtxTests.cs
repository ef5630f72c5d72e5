using Dalle2.Cli;
using Dalle2.Gpu;
using Dalle2.Gpu.Ir;
using Dalle2.Gpu.Targets.Ptx;
using Dalle2.Ops;
using Dalle2.Tensors;

namespace Dalle2.Tests.Gpu.Ptx;

/// <summary>Every launch of every op, forward and backward: the PTX leaves the same bits as the .NET method.</summary>
public class OpCasePtxTests
{
    static IEnumerable<TestCaseData> Cases() =>
        from type in OpCase.All
        where type != typeof(ReshapeCase) // which launches nothing
        from s in OpCase.Create(type).Shapes
        select new TestCaseData(type, s).SetName($"{OpCase.NameOf(type)} {string.Join("x", s)} as ptx");

    [TestCaseSource(nameof(Cases))]
    public void Leaves_the_bits_of_the_method(Type type, int[] s)
    {
        using var device = new PtxDevice();
        using var context = new Context(device, seed: 3);
        OpCase op = OpCase.Create(type);
        context.BeginStep(1, training: true);
        var args = new DeviceArguments([.. op.Arguments(s).Select(a => Upload(context, a))]);
        Tensor[] outputs = op.Forward(context, s, args);
        Tensor[] gradients = [.. outputs.Select((o, i) => (Tensor)Upload(context, Argument.Normal($"weight {i}", 1, o.Shape.ToArray())))];
        op.Backward(context, s, args, gradients);
        Assert.That(device.Launches, Is.Positive.Or.EqualTo(s.Min()), "nothing is launched over nothing alone");
    }

    [Test]
    public void Every_kernel_of_the_catalog_has_a_text_for_each_target_that_the_interpreter_reads()
    {
        Assert.That(KernelCatalog.All, Has.Count.GreaterThan(60));
        Parallel.ForEach(KernelCatalog.All, one =>
        {
            var (_, name, kernel) = one;
            Function plain = Dalle2.Gpu.Compiler.Optimize(kernel),
                matrix = Dalle2.Gpu.Compiler.Optimize(kernel, new CompileOptions(HasMatrixUnits: true));
            foreach (var (sm, _, _) in PtxOptions.Versions)
            {
                Function function = PtxOptions.HasMatrixUnits(sm) ? matrix : plain;
                PtxModule module = PtxTarget.Compile(function, new PtxOptions(sm, AlignedViews: sm % 20 == 0));
                Assert.That(new PtxProgram(module.Text).Entry, Does.EndWith(kernel.Name));
                Assert.That(module.Text.Contains("mma.sync"), Is.EqualTo(name.Contains("Matrix") && sm >= 80), name);
                // The large blocks, and a head of attention as one group, are for processors, whose groups may have more.
                bool isForProcessors = name.Contains("LargeBlock") || name.Contains("HeadGradient");
                Assert.That(module.SharedBytes, isForProcessors ? Is.Positive : Is.LessThanOrEqualTo(48 << 10),
                    $"{name}: what a group may declare on every card");
            }
        });

        Assert.That(PtxOptions.Versions.Select(v => v.Sm), Is.EqualTo((int[])[60, 70, 80, 90, 100]));
    }

    static object Upload(Context context, Argument argument) => argument.IsInteger
        ? context.Upload([.. argument.Draw(7).Select(v => (int)v)], argument.Extents)
        : context.Upload([.. argument.Draw(7).Select(v => (float)v)], argument.Extents);
}
