using System.Reflection;
using System.Runtime.CompilerServices;
using Dalle2.Gpu;
using Dalle2.Gpu.Ir;
using Dalle2.Gpu.Passes;

namespace Dalle2.Tests.Gpu.Compiler;

/// <summary>The optimized functions of small kernels, as texts that a person has read. With D2_ACCEPT=1 the tests rewrite them.</summary>
public class GoldenIrTests
{
    [TestCase(nameof(MicroKernels.Axpy))]
    [TestCase(nameof(MicroKernels.Chunk))]
    [TestCase(nameof(MicroKernels.Tile))]
    [TestCase(nameof(MicroKernels.Generic))]
    [TestCase(nameof(MicroKernels.Classify))]
    [TestCase(nameof(MicroKernels.Both))]
    [TestCase(nameof(MicroKernels.Reverse))]
    [TestCase(nameof(MicroKernels.Half))]
    [TestCase(nameof(MicroKernels.Scan))]
    [TestCase(nameof(MicroKernels.Records))]
    public void Text_is_the_accepted_one(string kernel)
    {
        MethodInfo method = typeof(MicroKernels).GetMethod(kernel)!;
        Function function = Dalle2.Gpu.Compiler.Translate(method.IsGenericMethod
            ? method.MakeGenericMethod(typeof(MicroKernels.Linear)) : method);
        Dalle2.Gpu.Compiler.Optimize(function, new CompileOptions(Checking: CheckMode.Keep), (_, after) => IrVerifier.Verify(after));
        string text = IrPrinter.Print(function), path = System.IO.Path.Combine(Folder(), "Golden", kernel + ".ir");
        if (Environment.GetEnvironmentVariable("D2_ACCEPT") == "1")
            System.IO.File.WriteAllText(path, text);
        Assert.That(text, Is.EqualTo(System.IO.File.ReadAllText(path)));
    }

    static string Folder([CallerFilePath] string path = "") => System.IO.Path.GetDirectoryName(path)!;
}
