using Dalle2.Gpu.Runtime;
using Dalle2.Tests.Training;

namespace Dalle2.Tests.Ranks;

/// <summary>Steps whose parts are divided among ranks, here threads of one process.</summary>
public class RankedStepTests
{
    const int Steps = 3;

    [Test]
    public void Every_number_of_ranks_ends_with_the_same_bits(
        [ValueSource(typeof(TrainingSteps), nameof(TrainingSteps.StageNames))] string stage)
    {
        const int parts = 5;
        (float[][] alone, double[] losses) = Train(stage, parts, 1)[0];
        Assert.That(losses, Has.None.NaN);
        foreach (int ranks in (int[])[2, 3, 5])
        {
            foreach (var (state, same) in Train(stage, parts, ranks))
            {
                Assert.That(same, Is.EqualTo(losses), $"{ranks} ranks");
                Assert.That(state, Is.EqualTo(alone), $"{ranks} ranks");
            }
        }
    }

    [Test]
    public void So_do_as_many_ranks_as_parts([Values("text", "unclip/clip")] string stage)
    {
        const int parts = 8;
        (float[][] alone, double[] losses) = Train(stage, parts, 1)[0];
        foreach (var (state, same) in Train(stage, parts, parts))
        {
            Assert.That(same, Is.EqualTo(losses));
            Assert.That(state, Is.EqualTo(alone));
        }
    }

    [Test]
    public void Steps_that_are_not_replayed_give_the_same_bits([Values("text", "unclip/clip", "unclip/decoder")] string stage)
    {
        var replayed = Train(stage, 4, 2);
        var launched = Train(stage, 4, 2, isReplayed: false);
        Assert.That(launched.Select(one => one.State), Is.EqualTo(replayed.Select(one => one.State)));
    }

    [Test]
    public void An_optimizer_in_slices_gives_the_same_values([Values("classic/text", "unclip/clip", "unclip/decoder")] string stage)
    {
        var (alone, losses) = Train(stage, 4, 1)[0];
        foreach (int ranks in (int[])[2, 3, 4])
        {
            foreach (var (state, same) in Train(stage, 4, ranks, shardsOptimizer: true))
            {
                Assert.That(same, Is.EqualTo(losses), $"{ranks} ranks");
                // The moments are not the stores' then.
                Assert.That(state, Is.SubsetOf(alone), $"{ranks} ranks");
            }
        }
    }

    [Test]
    public void Messages_by_way_of_the_hosts_memory_give_the_same_bits([Values("text", "unclip/clip")] string stage,
        [Values] bool shardsOptimizer)
    {
        var (alone, losses) = Train(stage, 5, 1)[0];
        foreach (var (state, same) in Train(stage, 5, 3, shardsOptimizer: shardsOptimizer, reaches: false))
        {
            Assert.That(same, Is.EqualTo(losses));
            Assert.That(state, Is.SubsetOf(alone).And.Not.Empty);
        }
    }

    static (float[][] State, double[] Losses)[] Train(
        string stage, int parts, int ranks, bool isReplayed = true, bool shardsOptimizer = false, bool reaches = true)
    {
        var results = new (float[][], double[])[ranks];
        ThreadCommunicator.Run(ranks, communicator =>
        {
            using Device device = Device.Open("cpu", 1);
            using var steps = new TrainingSteps(device, stage, change: config => config with { Accumulation = parts },
                ranks: ranks == 1 ? null : communicator, shardsOptimizer: shardsOptimizer);
            if (!isReplayed)
                steps.IsReplayed = false;
            double[] losses = [.. Enumerable.Range(0, Steps).Select(step => steps.Run(step))];
            results[communicator.Rank] = ([.. steps.State()], losses);
        }, reaches);
        return results;
    }
}
