using Dalle2.Gpu.Runtime;

namespace Dalle2.Tests.Gpu.Compiler.RandomPrograms;

/// <summary>Random programs leave the same bits on each target as on the device <c>reference</c>.</summary>
public class RandomProgramTests
{
    [TestCaseSource(nameof(Targets), new object[] { "Random_programs" })]
    public void Leave_the_bits_of_the_reference(string target, int programs) => Run(target, 0, programs);

    /// <summary>A long run: the environment variable <c>D2_SEEDS</c> is from-to, without the last.</summary>
    [TestCaseSource(nameof(Targets), new object[] { "Seeds" })]
    [Explicit("as long as one likes")]
    public void Leave_the_bits_of_the_reference_for_given_seeds(string target, int programs)
    {
        int[] range = [.. (Environment.GetEnvironmentVariable("D2_SEEDS") ?? $"0-{programs}").Split('-').Select(int.Parse)];
        Run(target, range[0], range[1]);
    }

    [Test]
    public void The_same_seed_gives_the_same_program()
    {
        foreach (int seed in Enumerable.Range(0, 20))
        {
            string once = RandomProgram.Create(seed).ToString(), again = RandomProgram.Create(seed).ToString();
            Assert.That(again, Is.EqualTo(once));
        }
    }

    static IEnumerable<TestCaseData> Targets(string programs) =>
        RandomTargets.All.Select(target => new TestCaseData(target.Name, target.Programs).SetName($"{programs}_on_{target.Name}"));

    static void Run(string target, int from, int to)
    {
        IReadOnlyList<Device>? devices = RandomTargets.All.Single(t => t.Name == target).Open();
        if (devices == null)
            Assert.Ignore($"{target} cannot be had here");
        using var check = new RandomCheck(devices);
        for (int seed = from; seed < to; seed++)
            check.Check(seed);
        foreach (Device device in devices)
            device.Dispose();
    }
}
