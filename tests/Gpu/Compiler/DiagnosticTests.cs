using System.Reflection;
using Dalle2.Gpu.Frontend;

namespace Dalle2.Tests.Gpu.Compiler;

/// <summary>Each diagnostic: its number, the file and line, what was found and what to write instead.</summary>
public class DiagnosticTests
{
    [TestCase("D2G001", "a call of MathF.Exp, which kernels do not have; call XMath, SpecialFunctions, IntrinsicMath or Fused, or a method of your own")]
    [TestCase("D2G002", "a managed object (Int32[]); kernels hold primitives, structs of them and views; pass data in a view")]
    [TestCase("D2G003", "exception handling (a new InvalidOperationException); check arguments before the launch, and write a value that tells the host what went wrong")]
    [TestCase("D2G004", "a recursive call of DiagnosticKernels.Factorial; write a loop; every call is inlined")]
    [TestCase("D2G005", "the static field counter, which may change; make it const or static readonly, or pass its value as an argument")]
    [TestCase("D2G006", "the instruction add.ovf, which kernels do not have; write it with plain arithmetic, loops and views")]
    [TestCase("D2G007", "shared memory whose extent is not a constant; give SharedMemory.Allocate a constant, or a property of a struct type argument that returns one")]
    [TestCase("D2G008", "a reference that may mean different variables or elements of different types; choose between values, not between references")]
    [TestCase("D2G009", "a value of type Overlaid, which kernels cannot hold; use primitives, views, and structs of them with sequential layout")]
    [TestCase("D2G010", "a call of DiagnosticKernels.Native, which has no C# body; call a method that is written in C#")]
    [TestCase("D2G011", "boxing of Int32; constrain the type parameter to the interface instead of passing the interface")]
    [TestCase("D2G012", "a view that may be of device memory or of shared memory; use two variables, one for each kind of memory")]
    [TestCase("D2G013", "an atomic operation on a variable; give it an element of a view; nobody else sees a variable")]
    public void Says_what_and_where(string code, string text)
    {
        MethodInfo kernel = typeof(DiagnosticKernels).GetMethod(code)!;
        var thrown = Assert.Throws<KernelDiagnosticException>(() => KernelFrontend.Translate(kernel))!;
        Assert.That(thrown.Message, Does.Match($@"DiagnosticKernels\.cs\(\d+\): {code}: "));
        Assert.That(thrown.Message, Does.EndWith($": {code}: {text}"));
        Assert.That(thrown.Code, Is.EqualTo(code));
        Assert.That(thrown.Line, Is.Positive);
    }

    [Test]
    public void Are_numbered_without_gaps() =>
        Assert.That(Diagnostic.All.Select(d => d.Code), Is.EqualTo(Enumerable.Range(1, Diagnostic.All.Length).Select(n => $"D2G{n:D3}")));
}
