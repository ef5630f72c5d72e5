using System.Reflection;
using Dalle2.Gpu.Frontend;

namespace Dalle2.Tests.Gpu.Compiler;

/// <summary>Each diagnostic: its number, the file and line, what was found and what to write instead.</summary>
public class DiagnosticTests
{
    [TestCase("D2G001", "a call of Environment.get_TickCount, which kernels do not have; call StrictMath, SpecialFunctions, IntrinsicMath "
        + "or Fused, or a method of your own")]
    [TestCase("D2G002", "a managed object (List`1); kernels hold primitives, structs of them and views; pass data in a view")]
    [TestCase("D2G003", "exception handling (a new InvalidOperationException); check arguments before the launch, and write a value that "
    + "tells the host what went wrong")]
    [TestCase("D2G004", "a recursive call of DiagnosticKernels.Factorial; write a loop; every call is inlined")]
    [TestCase("D2G005", "the static field counter, which may change; make it const or static readonly, or pass its value as an argument")]
    [TestCase("D2G006", "the instruction add.ovf, which kernels do not have; write it with plain arithmetic, loops and views")]
    [TestCase("D2G007",
    "shared memory whose extent is not a constant; give Allocate a constant, or a property of a struct type argument that returns one")]
    [TestCase("D2G008",
    "a reference that may mean different variables or elements of different types; choose between values, not between references")]
    [TestCase("D2G009",
    "a value of type Overlaid, which kernels cannot hold; use primitives, views, and structs of them with sequential layout")]
    [TestCase("D2G010", "a call of DiagnosticKernels.Native, which has no C# body; call a method that is written in C#")]
    [TestCase("D2G011", "boxing of Int32; constrain the type parameter to the interface instead of passing the interface")]
    [TestCase("D2G012",
    "a view that may be of one or the other kind of memory; use two variables, one for each kind: device, shared and local memory")]
    [TestCase("D2G013", "an atomic operation on a variable; give it an element of a view; nobody else sees a variable")]
    [TestCase("D2G014", "Grid, Group, Warp, a barrier, a shuffle or shared memory in a kernel with an index parameter; leave the index "
    + "parameter out and launch it with a KernelConfig")]
    public void Says_what_and_where(string code, string text)
    {
        MethodInfo kernel = typeof(DiagnosticKernels).GetMethod(code)!;
        var thrown = Assert.Throws<KernelDiagnosticException>(() => Dalle2.Gpu.Compiler.Optimize(kernel))!;
        Assert.That(thrown.Message, Does.Match($@"DiagnosticKernels\.cs\(\d+\): {code}: "));
        Assert.That(thrown.Message, Does.EndWith($": {code}: {text}"));
        Assert.That(thrown.Code, Is.EqualTo(code));
        Assert.That(thrown.Line, Is.Positive);
    }

    [TestCase(nameof(UnsupportedKernels.Lambda), "D2G002", "Func`2")]
    [TestCase(nameof(UnsupportedKernels.Text), "D2G002", "a string")]
    [TestCase(nameof(UnsupportedKernels.StaticText), "D2G002", "String")]
    [TestCase(nameof(UnsupportedKernels.StaticArray), "D2G005", "an array that is written to")]
    [TestCase(nameof(UnsupportedKernels.Try), "D2G003", "try")]
    [TestCase(nameof(UnsupportedKernels.Lock), "D2G003", "try")]
    [TestCase(nameof(UnsupportedKernels.Interface), "D2G011", "Number")]
    [TestCase(nameof(UnsupportedKernels.Instance), "D2G002", "a new Counter")]
    [TestCase(nameof(UnsupportedKernels.StackAllocation), "D2G009", "Int32*")]
    [TestCase(nameof(UnsupportedKernels.Span), "D2G009", "Span`1")]
    [TestCase(nameof(UnsupportedKernels.LibraryCall), "D2G001", "Random.get_Shared")]
    [TestCase(nameof(UnsupportedKernels.CheckedConversion), "D2G006", "conv.ovf.u1")]
    [TestCase(nameof(UnsupportedKernels.Decimal), "D2G001", "Decimal.op_Addition")]
    [TestCase(nameof(UnsupportedKernels.TypeOf), "D2G002", "an object")]
    [TestCase(nameof(UnsupportedKernels.StaticWrite), "D2G005", "Written")]
    [TestCase(nameof(UnsupportedKernels.MutualRecursion), "D2G004", "UnsupportedKernels.Even")]
    [TestCase(nameof(UnsupportedKernels.FunctionPointer), "D2G009", "a function pointer")]
    [TestCase(nameof(UnsupportedKernels.AtomicOfBytes), "D2G008", "a reference that may mean")]
    public void Everything_else_that_kernels_do_not_have_is_named_too(string kernel, string code, string found)
    {
        var thrown = Assert.Throws<KernelDiagnosticException>(() =>
            Dalle2.Gpu.Compiler.Translate(typeof(UnsupportedKernels).GetMethod(kernel)!))!;
        Assert.That(thrown.Code, Is.EqualTo(code), thrown.Message);
        Assert.That(thrown.Found, Does.Contain(found));
        Assert.That(thrown.File, Does.EndWith("UnsupportedKernels.cs"));
        Assert.That(thrown.Line, Is.Positive);
    }

    [TestCase(nameof(AdviceKernels.Packed), "D2G009", "Packing", "leave Pack = 1 out")]
    [TestCase(nameof(AdviceKernels.Sized), "D2G009", "Sizing", "leave Size = 64 out")]
    [TestCase(nameof(AdviceKernels.OfInt128), "D2G001", "Int128.op_Division", "long or ulong")]
    [TestCase(nameof(AdviceKernels.OfDecimal), "D2G001", "Decimal.op_Addition", "use double")]
    [TestCase(nameof(AdviceKernels.OfNullable), "D2G001", "Nullable`1.get_Value", "GetValueOrDefault")]
    [TestCase(nameof(AdviceKernels.OfBigInteger), "D2G00", "BigInteger", "long or ulong")]
    [TestCase(nameof(AdviceKernels.OfDateTime), "D2G00", "DateTime", "ticks as a long")]
    [TestCase(nameof(AdviceKernels.OfText), "D2G002", "a string", "")]
    [TestCase(nameof(AdviceKernels.HoldingText), "D2G009", "String (the field of Labeled Label)", "no text")]
    [TestCase(nameof(AdviceKernels.OfDelegate), "D2G002", "Func`2", "call a method by name")]
    [TestCase(nameof(AdviceKernels.OfLocalFunction), "D2G00", "the captured variable", "")]
    [TestCase(nameof(AdviceKernels.OfIterator), "D2G002", "IEnumerator`1", "a loop over a view's indices")]
    [TestCase(nameof(AdviceKernels.OfTask), "D2G00", "", "side by side")]
    [TestCase(nameof(AdviceKernels.ThrowingText), "D2G003", "throw", "before the launch")]
    [TestCase(nameof(AdviceKernels.ThrowingMethod), "D2G003", "ArgumentOutOfRangeException.ThrowIfNegative", "before the launch")]
    public void Advice_fits_what_was_found(string kernel, string code, string found, string instead)
    {
        var thrown = Assert.Throws<KernelDiagnosticException>(() => KernelFrontend.Translate(typeof(AdviceKernels).GetMethod(kernel)!))!;
        Assert.That(thrown.Code, Does.StartWith(code), thrown.Message);
        Assert.That(thrown.Found, Does.Contain(found).And.Not.Contains("<>"), thrown.Message);
        Assert.That(thrown.Instead, Does.Contain(instead), thrown.Message);
        Assert.That(thrown.Instead, Does.Not.Contain("StrictMath"));
        Assert.That(thrown.File, Does.EndWith("AdviceKernels.cs"));
    }

    [Test]
    public void An_asynchronous_kernel_is_told_to_be_none()
    {
        var thrown = Assert.Throws<KernelDiagnosticException>(() =>
            KernelFrontend.Translate(typeof(AdviceKernels).GetMethod(nameof(AdviceKernels.OfAwait))!))!;
        Assert.That(thrown.Message, Does.Contain("the async method AdviceKernels.OfAwait").And.Contain("without async"));
    }

    [Test]
    public void Are_numbered_without_gaps() =>
        Assert.That(Diagnostic.All.Select(d => d.Code), Is.EqualTo(Enumerable.Range(1, Diagnostic.All.Length).Select(n => $"D2G{n:D3}")));
}
