using System.Diagnostics;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.Loader;
using Dalle2.Gpu.Frontend;
using Dalle2.Gpu.Runtime;
using Dalle2.Standalone;
using Dalle2.Tests.Gpu.OpenCl;

namespace Dalle2.Tests.Gpu.Host;

/// <summary>Programs that are not built as this one is: a process of its own, debug information beside the assembly, assemblies that are unloaded.</summary>
public class StandaloneTests
{
    static string Assembly => typeof(SampleKernels).Assembly.Location;

    [TestCase]
    [TestCase("cpu")]
    [TestCase("opencl:0", "cpu")]
    public void A_division_by_zero_of_the_program_itself_stays_an_exception(params string[] devices)
    {
        if (devices.Contains("opencl:0") && !OpenClOnce.IsHere)
            Assert.Ignore("no OpenCL driver");
        using Process process = Process.Start(new ProcessStartInfo("dotnet", [Assembly, .. devices])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true
        })!;
        Task<string> errors = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.That(process.ExitCode, Is.Zero, errors.Result);
        Assert.That(output.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries),
            Is.EqualTo(new[] { nameof(DivideByZeroException), nameof(OverflowException) }));
    }

    [Test]
    public void A_diagnostic_has_file_and_line_from_debug_information_beside_the_assembly()
    {
        Assert.That(File.Exists(Path.ChangeExtension(Assembly, ".pdb")), "the test needs it");
        KernelDiagnosticException diagnostic = Diagnose(typeof(SampleKernels));
        Assert.That(diagnostic.File, Does.EndWith("SampleKernels.cs"));
        Assert.That(File.ReadAllLines(diagnostic.File!)[diagnostic.Line - 1], Does.Contain("throw new ArgumentException"));
        Assert.That(diagnostic.Message, Does.StartWith($"{diagnostic.File}({diagnostic.Line}): D2G"));
    }

    [TestCase("another build's")]
    [TestCase("no debug information")]
    [TestCase("nothing")]
    public void Debug_information_that_is_not_the_assemblys_tells_no_lines(string beside)
    {
        string folder = Directory.CreateTempSubdirectory("debug-information").FullName;
        var context = new AssemblyLoadContext(beside, isCollectible: true);
        try
        {
            string copy = Path.Combine(folder, Path.GetFileName(Assembly)), symbols = Path.ChangeExtension(copy, ".pdb");
            File.Copy(Assembly, copy);
            byte[] own = File.ReadAllBytes(Path.ChangeExtension(Assembly, ".pdb"));
            if (beside == "another build's")
            {
                // The id begins the metadata's stream of that name.
                int id = own.AsSpan().IndexOf("#Pdb"u8);
                int offset = BitConverter.ToInt32(own, id - 8);
                own[offset] ^= 0xFF;
                File.WriteAllBytes(symbols, own);
            }
            else if (beside == "no debug information")
            {
                File.WriteAllText(symbols, "Microsoft C/C++ MSF 7.00");
            }

            KernelDiagnosticException diagnostic = Diagnose(context.LoadFromAssemblyPath(copy).GetType(typeof(SampleKernels).FullName!)!);
            Assert.That((diagnostic.File, diagnostic.Line), Is.EqualTo(((string?)null, 0)));
        }
        finally
        {
            context.Unload();
            Directory.Delete(folder, recursive: true);
        }
    }

    [TestCase("cpu")]
    [TestCase("reference")]
    public void A_kernels_assembly_can_be_unloaded_after_it_ran(string name)
    {
        WeakReference loaded = RunUnloadable(name);
        for (int turn = 0; turn < 20 && loaded.IsAlive; turn++)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }

        Assert.That(loaded.IsAlive, Is.False);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    static WeakReference RunUnloadable(string name)
    {
        var context = new AssemblyLoadContext("unloadable", isCollectible: true);
        MethodInfo add = context.LoadFromAssemblyPath(Assembly)
            .GetType(typeof(SampleKernels).FullName!)!.GetMethod(nameof(SampleKernels.Add))!;
        using (Device device = Device.Open(name, threads: name == "cpu" ? 1 : 0))
        {
            using Buffer<int> x = device.Allocate<int>(4);
            device.Stream.Write<int>([10, 20, 30, 40], x.View);
            device.Stream.Launch(add, new Index1D(4), x.View, 5);
            var values = new int[4];
            device.Stream.Read<int>(x.View, values);
            Assert.That(values, Is.EqualTo(new[] { 56, 62, 68, 74 }));
        }

        context.Unload();
        return new WeakReference(context);
    }

    static KernelDiagnosticException Diagnose(Type kernels)
    {
        using Device device = Device.Open("cpu", threads: 1);
        using Buffer<int> x = device.Allocate<int>(4);
        MethodInfo method = kernels.GetMethod(nameof(SampleKernels.Throw))!;
        return Assert.Throws<KernelDiagnosticException>(() => device.Stream.Launch(method, new Index1D(4), x.View))!;
    }
}
