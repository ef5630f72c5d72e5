using Dalle2.Gpu.Runtime;
using Dalle2.Gpu.Runtime.Cpu;

namespace Dalle2.Tests.Gpu.Host;

/// <summary>What the devices of the host say is free.</summary>
public class FreeMemoryTests
{
    const long Mebibyte = 1 << 20;

    string root = "";

    [SetUp]
    public void MakeFolder() => root = Directory.CreateTempSubdirectory("free-memory").FullName;

    [TearDown]
    public void RemoveFolder() => Directory.Delete(root, recursive: true);

    [Test]
    public void Without_a_control_group_it_is_what_the_kernel_can_give()
    {
        Write("proc/meminfo", "MemTotal:       16000000 kB\nMemFree:          100000 kB\nMemAvailable:    4194304 kB\nBuffers: 1 kB\n");
        Assert.That(FreeMemory.OfLinux(root), Is.EqualTo(4096 * Mebibyte));
    }

    [Test]
    public void A_group_of_the_second_version_leaves_less()
    {
        Write("proc/meminfo", "MemAvailable:    4194304 kB\n");
        Write("proc/self/cgroup", "0::/service/worker\n");
        Write("sys/fs/cgroup/service/worker/memory.max", "max\n");
        Write("sys/fs/cgroup/service/worker/memory.current", "1000\n");
        Write("sys/fs/cgroup/service/memory.max", $"{1024 * Mebibyte}\n");
        Write("sys/fs/cgroup/service/memory.current", $"{800 * Mebibyte}\n");
        Write("sys/fs/cgroup/service/memory.stat", $"anon 5\ninactive_file {300 * Mebibyte}\nactive_file 7\n");
        Assert.That(FreeMemory.OfLinux(root), Is.EqualTo((1024 - 500) * Mebibyte),
            "the limit of the group around it, less what is used and no cached file");
    }

    [Test]
    public void A_group_of_the_first_version_leaves_less()
    {
        Write("proc/meminfo", "MemAvailable:    4194304 kB\n");
        Write("proc/self/cgroup", "12:cpu,cpuacct:/docker/abc\n4:memory:/docker/abc\n0::/init\n");
        Write("sys/fs/cgroup/memory/memory.limit_in_bytes", $"{512 * Mebibyte}\n");
        Write("sys/fs/cgroup/memory/memory.usage_in_bytes", $"{200 * Mebibyte}\n");
        Write("sys/fs/cgroup/memory/memory.stat", $"cache 9\ntotal_inactive_file {50 * Mebibyte}\n");
        Assert.That(FreeMemory.OfLinux(root), Is.EqualTo((512 - 150) * Mebibyte), "inside of a container the group's path is the host's");
    }

    [Test]
    public void A_group_without_a_limit_or_with_a_large_one_changes_nothing()
    {
        Write("proc/meminfo", "MemAvailable:    4194304 kB\n");
        Write("proc/self/cgroup", "4:memory:/a\n0::/a\n");
        Write("sys/fs/cgroup/memory/a/memory.limit_in_bytes", "9223372036854771712\n");
        Write("sys/fs/cgroup/memory/a/memory.usage_in_bytes", "4096\n");
        Write("sys/fs/cgroup/a/memory.max", "max\n");
        Write("sys/fs/cgroup/a/memory.current", "4096\n");
        Assert.That(FreeMemory.OfLinux(root), Is.EqualTo(4096 * Mebibyte));
    }

    [Test]
    public void A_group_that_is_full_leaves_nothing()
    {
        Write("proc/meminfo", "MemAvailable:    4194304 kB\n");
        Write("proc/self/cgroup", "0::/\n");
        Write("sys/fs/cgroup/memory.max", "1000\n");
        Write("sys/fs/cgroup/memory.current", "2000\n");
        Assert.That(FreeMemory.OfLinux(root), Is.Zero);
    }

    [TestCase("")]
    [TestCase("MemTotal: 5 kB\n")]
    [TestCase("MemAvailable: many\n")]
    public void What_the_kernel_does_not_say_is_not_known(string text)
    {
        Write("proc/meminfo", text);
        Assert.That(FreeMemory.OfLinux(root), Is.Null);
    }

    [TestCase("cpu")]
    [TestCase("reference")]
    [Platform("Linux")]
    public void A_device_of_the_host_has_no_more_than_this_machine_has(string name)
    {
        using Device device = Device.Open(name);
        long before = Available(), told = device.AvailableBytes, after = Available();
        // Others take and give memory meanwhile.
        Assert.That(told, Is.Positive.And.LessThanOrEqualTo(Math.Max(before, after) + 256 * Mebibyte));

        static long Available() => 1024 * long.Parse(
            File.ReadLines("/proc/meminfo").Single(line => line.StartsWith("MemAvailable:", StringComparison.Ordinal))
            .Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], System.Globalization.CultureInfo.InvariantCulture);
    }

    void Write(string file, string text)
    {
        string path = Path.Combine(root, file);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, text);
    }
}
