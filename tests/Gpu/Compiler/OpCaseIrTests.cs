using System.Reflection;
using Dalle2.Gpu;
using Dalle2.Gpu.Ir;
using Dalle2.Gpu.Passes;
using Dalle2.Kernels;
using Dalle2.Ops;
using Dalle2.Tensors;

namespace Dalle2.Tests.Gpu.Compiler;

/// <summary>Every launch of every op, forward and backward: the compiled function leaves the same bits as the .NET method.</summary>
public class OpCaseIrTests
{
    static IEnumerable<TestCaseData> Cases() =>
        from type in OpCase.All
        where type != typeof(ReshapeCase) // which launches nothing
        from s in OpCase.Create(type).Shapes
        select new TestCaseData(type, s).SetName($"{OpCase.NameOf(type)} {string.Join("x", s)} as ir");

    [TestCaseSource(nameof(Cases))]
    public void Leaves_the_bits_of_the_method(Type type, int[] s)
    {
        using var device = new IrDevice();
        using var context = new Context(device, seed: 3);
        OpCase op = OpCase.Create(type);
        Argument[] arguments = op.Arguments(s);
        context.BeginStep(1, training: true);
        var args = new DeviceArguments([.. arguments.Select(a => Upload(context, a))]);
        Tensor[] outputs = op.Forward(context, s, args);
        Tensor[] gradients = [.. outputs.Select((o, i) => (Tensor)Upload(context, Argument.Normal($"weight {i}", 1, o.Shape.ToArray())))];
        op.Backward(context, s, args, gradients);
    }

    [Test]
    public void Every_kernel_without_type_parameters_compiles()
    {
        MethodInfo[] kernels =
        [
            .. typeof(GemmOp).Assembly.GetTypes().SelectMany(type =>
            type.GetMethods(BindingFlags.Static | BindingFlags.NonPublic | BindingFlags.Public))
                .Where(method => method.Name.EndsWith("Kernel") && !method.IsGenericMethod),
        ];
        Assert.That(kernels, Has.Length.GreaterThan(40));
        foreach (MethodInfo kernel in kernels)
        {
            foreach (CheckMode checking in Enum.GetValues<CheckMode>())
            {
                Function function = Dalle2.Gpu.Compiler.Translate(kernel);
                IrVerifier.Verify(function);
                Dalle2.Gpu.Compiler.Optimize(function, new CompileOptions(Checking: checking), (_, after) => IrVerifier.Verify(after));
            }
        }
    }

    static object Upload(Context context, Argument argument) => argument.IsInteger
        ? context.Upload([.. argument.Draw(7).Select(v => (int)v)], argument.Extents)
        : context.Upload([.. argument.Draw(7).Select(v => (float)v)], argument.Extents);
}
