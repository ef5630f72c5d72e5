using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;
using Dalle2.Gpu.Runtime;
using Dalle2.Gpu.Runtime.Tracing;

namespace Dalle2.Tests.Gpu;

/// <summary>The environment variables: one list, told in two places; what each does.</summary>
[NonParallelizable]
public class SettingsTests
{
    static readonly string Root = System.IO.Path.GetFullPath(
        System.IO.Path.Combine(System.IO.Path.GetDirectoryName(SourcePath())!, "..", ".."));

    readonly StringWriter told = new();
    TextWriter before = null!;
    string folder = null!;

    [SetUp]
    public void Listen()
    {
        before = TraceOutput.Writer;
        TraceOutput.Writer = told;
        told.GetStringBuilder().Clear();
        folder = Directory.CreateTempSubdirectory("dalle2-settings").FullName;
    }

    [TearDown]
    public void Restore()
    {
        TraceOutput.Writer = before;
        Settings.Read();
        Directory.Delete(folder, true);
    }

    [TestCase("README.md")]
    [TestCase("src/Gpu/Devices.md")]
    public void Each_readme_lists_the_same_variables(string readme)
    {
        string[] listed = [.. Regex.Matches(File.ReadAllText(System.IO.Path.Combine(Root, readme)), @"^\| `(D2_[A-Z]+)` \|",
            RegexOptions.Multiline).Select(match => match.Groups[1].Value)];
        Assert.That(listed.Where(name => name is not ("D2_DATA" or "D2_MPI")),
            Is.EqualTo(Settings.Variables.Select(variable => variable.Name)));
    }

    [Test]
    public void Each_variable_is_read_and_no_other_file_reads_one()
    {
        var asked = new List<string>();
        Settings.Of(name =>
        {
            asked.Add(name);
            return null;
        });
        Assert.That(asked, Is.EquivalentTo(Settings.Variables.Select(variable => variable.Name)));
        string[] readers =
        [
            .. new[] { "src", "kernels" }.SelectMany(part =>
            Directory.EnumerateFiles(System.IO.Path.Combine(Root, part), "*.cs", SearchOption.AllDirectories))
                .Where(file => !file.Contains($"{System.IO.Path.DirectorySeparatorChar}obj{System.IO.Path.DirectorySeparatorChar}")
                && File.ReadAllText(file).Contains("EnvironmentVariable(\"D2_"))
                .Select(file => System.IO.Path.GetFileName(file)),
        ];
        Assert.That(readers, Is.EquivalentTo(new[] { "DataFolder.cs", "MpiLibrary.cs" }), "D2_DATA and D2_MPI are theirs");
    }

    [TestCase("D2_DEBUG", "7")]
    [TestCase("D2_DEBUG", "-1")]
    [TestCase("D2_DEBUG", "yes")]
    [TestCase("D2_CHECK", "true")]
    [TestCase("D2_REPLAY", "no")]
    [TestCase("D2_OVERRIDE", "/no/such/folder")]
    [TestCase("D2_DUMP", "/dev/null/folder")]
    [TestCase("D2_CACHE", "/dev/null/folder")]
    public void A_value_without_sense_is_an_error(string name, string value) =>
        Assert.That(() => Of((name, value)), Throws.TypeOf<InvalidSettingException>().With.Message.StartsWith($"{name}={value}: "));

    [Test]
    public void Unset_and_empty_are_the_defaults()
    {
        Settings none = Of(("D2_DEBUG", ""), ("D2_CHECK", ""));
        Assert.That((none.DefaultDevice, none.Debug, none.IsChecked, none.Replays, none.DumpFolder, none.OverrideFolder, none.CacheFolder),
            Is.EqualTo(("cpu", 0, false, true, (string?)null, (string?)null, (string?)null)));
    }

    [Test]
    public void Without_debugging_nothing_is_told()
    {
        Settings.Use(Of());
        Scale(2);
        Assert.That(told.ToString(), Is.Empty);
    }

    [TestCase(1, "d2: device cpu:256: kernels compiled", "SettingsTests.ScaleKernel")]
    [TestCase(1, " methods compiled in ", "SettingsTests.ScaleKernel")]
    [TestCase(2, "cpu:256: SettingsTests.ScaleKernel over 100x1x1 threads", "instructions ")]
    [TestCase(3, "SettingsTests.ScaleKernel after dead-code: ", "threads side by side")]
    [TestCase(4, "SettingsTests.ScaleKernel-3.simd256:", "kernel SettingsTests.ScaleKernel(")]
    [TestCase(5, "kernel SettingsTests.ScaleKernel(", "NaN of")]
    [TestCase(6, "  y: 4 to 396, 1 NaN of 100", "  x: ")]
    public void Each_level_of_debugging_tells_more(int level, string tells, string tellsNot)
    {
        Settings.Use(Of(("D2_DEBUG", $"{level}")));
        // Each level's constant makes a kernel of its own, which no test before has compiled.
        Scale(level == 4 ? 3 : level == 6 ? 4 : 10 + level);
        Assert.That(told.ToString(), Does.Contain(tells).And.Not.Contain(tellsNot));
    }

    [Test]
    public void Texts_of_compiled_kernels_are_written()
    {
        Settings.Use(Of(("D2_DUMP", folder)));
        Scale(20);
        Assert.That(Directory.GetFiles(folder).Select(System.IO.Path.GetFileName),
            Is.EquivalentTo(new[] { "SettingsTests.ScaleKernel-14.ir", "SettingsTests.ScaleKernel-14.ptx",
            "SettingsTests.ScaleKernel-14.simd256", "SettingsTests.ScaleKernel-14.masked.simd256" }));
        Assert.That(File.ReadAllText(System.IO.Path.Combine(folder, "SettingsTests.ScaleKernel-14.ptx")), Does.Contain(".entry"));
    }

    [Test]
    public void A_text_edited_by_hand_replaces_the_emitted_one_and_says_so()
    {
        Settings.Use(Of(("D2_OVERRIDE", folder)));
        File.WriteAllText(System.IO.Path.Combine(folder, "A.cl"), "mine");
        Assert.That(KernelFiles.Override("A", "cl", "emitted"), Is.EqualTo("mine"));
        Assert.That(told.ToString(), Does.Contain("A.cl is compiled in place"));
        Assert.That(KernelFiles.Override("B", "cl", "emitted"), Is.EqualTo("emitted"));
    }

    [Test]
    public void A_program_edited_by_hand_is_what_an_OpenCL_device_runs()
    {
        if (!Device.All().Any(device => device is { Kind: "opencl", Available: true }))
            Assert.Ignore("no OpenCL driver here");
        Settings.Use(Of(("D2_DUMP", folder)));
        Assert.That(Triple(), Is.EqualTo(6));
        string program = Directory.GetFiles(folder, "SettingsTests.TripleKernel.*.cl").Single();
        string text = File.ReadAllText(program);
        string edited = text.Replace("3.0f", "5.0f").Replace("0x1.8p+1f", "5.0f").Replace("0x1.8p1f", "5.0f").Replace("3.f", "5.f")
            .Replace("3f", "5f");
        Assert.That(edited, Is.Not.EqualTo(text), text);
        File.WriteAllText(program, edited);
        Settings.Use(Of(("D2_OVERRIDE", folder)));
        Assert.That(Triple(), Is.EqualTo(10));
        Assert.That(told.ToString(), Does.Contain("is compiled in place of what was emitted"));
    }

    [Test]
    public void Every_device_is_checked_if_the_environment_says_so()
    {
        Settings.Use(Of(("D2_CHECK", "1")));
        using Device device = Device.Open("cpu:256", 1);
        using Buffer<float> x = device.Allocate<float>(4);
        Assert.That(() => device.Stream.Launch(OutsideKernel, 8, x.View),
            Throws.TypeOf<KernelException>().With.Message.Contains("index 4"));
    }

    static Settings Of(params (string Name, string Value)[] variables) =>
        Settings.Of(name => variables.FirstOrDefault(variable => variable.Name == name).Value);

    static void Scale(int factor)
    {
        using Device device = Device.Open("cpu:256", 1);
        using Buffer<float> x = device.Allocate<float>(100), y = device.Allocate<float>(100);
        float[] values = [.. Enumerable.Range(0, 100).Select(i => i == 0 ? float.NaN : i)];
        device.Stream.Write<float>(values, x.View);
        device.Stream.Launch(ScaleKernel, 100, x.View, y.View, new ILGPU.Runtime.SpecializedValue<int>(factor));
    }

    static void ScaleKernel(Index1D i, ArrayView<float> x, ArrayView<float> y, ILGPU.Runtime.SpecializedValue<int> factor) =>
        y[i] = x[i] * factor;

    static float Triple()
    {
        using Device device = Device.Open("opencl:0");
        using Buffer<float> x = device.Allocate<float>(1);
        device.Stream.Write<float>([2f], x.View);
        device.Stream.Launch(TripleKernel, 1, x.View);
        float[] result = [0f];
        device.Stream.Read<float>(x.View, result);
        return result[0];
    }

    static void TripleKernel(Index1D i, ArrayView<float> x) => x[i] = 3f * x[i];

    static void OutsideKernel(Index1D i, ArrayView<float> x) => x[i] = i;

    static string SourcePath([CallerFilePath] string path = "") => path;
}
