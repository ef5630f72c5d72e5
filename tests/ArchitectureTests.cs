using System.Runtime.CompilerServices;
using System.Xml.Linq;

namespace Dalle2.Tests;

/// <summary>Project references point only down the list of layers, so that the compiler stays useful alone and the mathematics knows nothing of the command line.</summary>
public class ArchitectureTests
{
    // From the top down; projects on one line do not know each other.
    static readonly string[][] Levels =
    [
        ["perf/gpu/Dalle2.Card"],
        ["tests/Dalle2.Tests"],
        ["perf/Dalle2.Perf"],
        ["src/Cli/Dalle2.Cli", "src/Examples/Dalle2.Examples"],
        ["src/Export/Dalle2.Export"],
        ["src/Training/Dalle2.Training"],
        ["src/Data/Dalle2.Data"],
        ["src/Models/Dalle2.Models", "tests/Ops/Dalle2.Ops"],
        ["src/Layers/Dalle2.Layers"],
        ["kernels/Dalle2.Kernels"],
        ["src/Tensors/Dalle2.Tensors", "tests/DebugKernels/Dalle2.DebugKernels", "tests/Standalone/Dalle2.Standalone"],
        ["src/Gpu/Dalle2.Gpu", "tests/Ilgpu/Dalle2.IlgpuKernels", "tests/Drawing/Dalle2.Drawing"],
    ];

    static string Root { get; } = Path.GetFullPath(Path.Combine(Path.GetDirectoryName(SourcePath())!, ".."));

    static IEnumerable<string> Projects() =>
        Directory.EnumerateFiles(Root, "*.csproj", SearchOption.AllDirectories)
            .Select(path => Path.GetRelativePath(Root, path).Replace('\\', '/')[..^".csproj".Length])
            .Where(path => !path.Contains("/obj/"))
            .Order(StringComparer.Ordinal);

    [Test]
    public void Every_project_has_its_level() =>
        Assert.That(Projects(), Is.EquivalentTo(Levels.SelectMany(level => level)));

    [TestCaseSource(nameof(Projects))]
    public void References_point_down(string project)
    {
        string file = Path.Combine(Root, project + ".csproj");
        foreach (XElement reference in XDocument.Load(file).Descendants("ProjectReference"))
        {
            string target = Path.GetRelativePath(Root,
                Path.GetFullPath(Path.Combine(Path.GetDirectoryName(file)!, (string)reference.Attribute("Include")!)))
                .Replace('\\', '/')[..^".csproj".Length];
            Assert.That(Level(target), Is.GreaterThan(Level(project)), $"{project} refers to {target}");
        }
    }

    [Test]
    public void Nothing_else_stands_at_the_top()
    {
        string[] allowed = ["src", "kernels", "tests", "perf", "data", "artifacts", "runs", "TestResults"];
        Assert.That(Directory.GetDirectories(Root).Select(Path.GetFileName).Where(name => !name!.StartsWith('.')), Is.SubsetOf(allowed));
    }

    [Test]
    public void Launchers_plan_by_what_a_device_is_and_not_by_threads_of_the_host()
    {
        string[] sources = [.. Directory.EnumerateFiles(Path.Combine(Root, "kernels"), "*.cs", SearchOption.AllDirectories)
            .Where(path => !path.Replace('\\', '/').Contains("/obj/"))];
        Assert.That(sources, Has.Length.GreaterThan(40));
        Assert.That(sources.Where(path => File.ReadAllText(path).Contains("Device.Threads", StringComparison.Ordinal)), Is.Empty);
    }

    static int Level(string project) => Array.FindIndex(Levels, level => level.Contains(project));

    static string SourcePath([CallerFilePath] string path = "") => path;
}
