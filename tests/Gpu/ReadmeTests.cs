using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;
using Dalle2.Gpu.Frontend;
using Dalle2.Gpu.Runtime;

namespace Dalle2.Tests.Gpu;

/// <summary>What the compiler's README says holds.</summary>
public class ReadmeTests
{
    static readonly string Gpu = System.IO.Path.GetFullPath(
        System.IO.Path.Combine(System.IO.Path.GetDirectoryName(SourcePath())!, "..", "..", "src", "Gpu"));

    static string Readme => Text("README.md");

    [Test]
    public void The_example_runs()
    {
        Assert.That(Readme,
            Does.Contain("static void Saxpy(Index1D i, ArrayView<float> x, ArrayView<float> y, float a) => y[i] = a * x[i] + y[i];"));
        using Device device = Device.Open("cpu");
        using Buffer<float> x = device.Allocate<float>(1000), y = device.Allocate<float>(1000);
        device.Stream.Write<float>([.. Enumerable.Range(0, 1000)], x.View);
        device.Stream.Clear(y.View);
        device.Stream.Launch(Saxpy, 1000, x.View, y.View, 2f);
        var result = new float[1000];
        device.Stream.Read<float>(y.View, result);
        Assert.That(result, Is.EqualTo(Enumerable.Range(0, 1000).Select(i => 2f * i)));
        static void Saxpy(Index1D i, ArrayView<float> x, ArrayView<float> y, float a) => y[i] = a * x[i] + y[i];
    }

    [Test]
    public void Every_diagnostic_has_its_row() =>
        Assert.That(Regex.Matches(Text("Kernels.md"), @"^\| `(D2G\d+)` \|", RegexOptions.Multiline).Select(match => match.Groups[1].Value),
        Is.EqualTo(Diagnostic.All.Select(diagnostic => diagnostic.Code)));

    [Test]
    public void Every_device_of_the_machine_is_named() =>
        Assert.That(Device.All().Select(device => Regex.Replace(device.Name, @"(cuda|opencl)(:\d+)?$", "$1:N"))
        .Where(name => !Text("Devices.md").Contains($"`{name}`")), Is.Empty);

    [Test]
    public void Every_folder_says_what_it_is()
    {
        string[] without =
        [
            .. Directory.EnumerateDirectories(Gpu).Where(folder => System.IO.Path.GetFileName(folder) is not ("bin" or "obj"))
                .Where(folder => !File.Exists(System.IO.Path.Combine(folder, "README.md"))
                && Directory.EnumerateFiles(folder, "*.cs").Any()),
        ];
        Assert.That(without, Is.Empty);
    }

    static string Text(string file) => File.ReadAllText(System.IO.Path.Combine(Gpu, file));

    static string SourcePath([CallerFilePath] string path = "") => path;
}
