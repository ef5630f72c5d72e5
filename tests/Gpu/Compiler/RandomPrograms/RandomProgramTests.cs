using Dalle2.Gpu.Runtime;

namespace Dalle2.Tests.Gpu.Compiler.RandomPrograms;

/// <summary>Random programs leave the same bits on each target as on the device <c>reference</c>. They run on all cores, in pieces.</summary>
[Parallelizable(ParallelScope.Children)]
public class RandomProgramTests
{
    const int Piece = 250;

    [TestCaseSource(nameof(Pieces))]
    public void Leave_the_bits_of_the_reference(string target, int from, int to) =>
    Run(RandomTargets.All.Single(t => t.Name == target), from, to);

    /// <summary>A long run: the environment variable <c>D2_SEEDS</c> is from-to, without the last.</summary>
    [TestCaseSource(nameof(Targets))]
    [Explicit("as long as one likes")]
    public void Leave_the_bits_of_the_reference_for_given_seeds(string target)
    {
        int[] range = [.. (Environment.GetEnvironmentVariable("D2_SEEDS") ?? $"0-{Piece}").Split('-').Select(int.Parse)];
        Run(RandomTargets.All.Single(t => t.Name == target), range[0], range[1]);
    }

    /// <summary>Programs of the long run that were compiled wrongly once.</summary>
    [TestCase(8250)]
    [TestCase(9402)]
    [TestCase(10402)]
    [TestCase(16103)]
    [TestCase(24597)]
    [TestCase(24950)]
    [TestCase(32021)]
    [TestCase(51662)]
    [TestCase(66338)]
    [TestCase(76039)]
    public void What_was_wrong_once_stays_right(int seed) => Run(RandomTargets.All[0] with { DividesByAll = false }, seed, seed + 1);

    /// <summary>The same of programs that divide integers by zero too.</summary>
    [TestCase(129072)]
    public void What_was_wrong_since_stays_right(int seed) => Run(RandomTargets.All[0], seed, seed + 1);

    [Test]
    public void The_same_seed_gives_the_same_program()
    {
        foreach (int seed in Enumerable.Range(0, 20))
        {
            string once = RandomProgram.Create(seed).ToString(), again = RandomProgram.Create(seed).ToString();
            Assert.That(again, Is.EqualTo(once));
        }
    }

    static IEnumerable<TestCaseData> Pieces() =>
        from target in RandomTargets.All
        from piece in Enumerable.Range(0, (target.Programs + Piece - 1) / Piece)
        let to = Math.Min(target.Programs, (piece + 1) * Piece)
        select new TestCaseData(target.Name, piece * Piece, to).SetName($"Random_programs_{piece * Piece}_to_{to - 1}_on_{target.Name}");

    static IEnumerable<TestCaseData> Targets() =>
        RandomTargets.All.Select(target => new TestCaseData(target.Name).SetName($"Seeds_on_{target.Name}"));

    static void Run(RandomTargets target, int from, int to)
    {
        if (target.Reason() is { } reason)
            Assert.Ignore(reason);
        IReadOnlyList<Device> devices = target.Open();
        using var check = new RandomCheck(devices, target.TakeTurns, target.DividesByAll);
        for (int seed = from; seed < to; seed++)
            check.Check(seed);
        foreach (Device device in devices)
            device.Dispose();
    }
}
