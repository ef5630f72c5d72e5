using Dalle2.Training.Ranks;

namespace Dalle2.Tests.Ranks;

public class RankPaceTests
{
    [Test]
    public void The_rank_that_all_wait_for_is_named_once()
    {
        var pace = new RankPace();
        var told = new List<(int Rank, double Seconds, double Others)>();
        for (int step = 0; step < 300; step++)
        {
            // One slow step of another rank is nothing.
            float[] seconds = [.1f, step == 70 ? 9f : .1f, step < 100 ? .1f : .2f, .12f];
            if (pace.Slowest(seconds) is { } slow)
                told.Add(slow);
        }

        Assert.That(told, Has.Count.EqualTo(1));
        Assert.That(told[0].Rank, Is.EqualTo(2));
        Assert.That(told[0].Seconds, Is.EqualTo(.2).Within(1e-6));
        Assert.That(told[0].Others, Is.EqualTo(.1).Within(1e-6));
    }

    [Test]
    public void Ranks_of_one_pace_and_one_rank_alone_are_not_named()
    {
        var (even, alone) = (new RankPace(), new RankPace());
        for (int step = 0; step < 300; step++)
        {
            Assert.That(even.Slowest([.1f, .14f, .12f]), Is.Null);
            Assert.That(alone.Slowest([step]), Is.Null);
        }
    }
}
