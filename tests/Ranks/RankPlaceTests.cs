using Dalle2.Training.Ranks;

namespace Dalle2.Tests.Ranks;

public class RankPlaceTests
{
    // Of five ranks on two machines, the third is bound to a processor of its own.
    static readonly (string Machine, int Processors, string Allowed)[] Ranks =
        [("a", 8, "0-7"), ("b", 4, "0-3"), ("a", 1, "5"), ("a", 8, "0-7"), ("b", 1, "0-3")];

    [Test]
    public void Ranks_share_the_processors_of_their_machine_unless_they_are_bound() => ThreadCommunicator.Run(Ranks.Length, communicator =>
    {
        var (machine, processors, allowed) = Ranks[communicator.Rank];
        Assert.That(RankPlace.Gather(communicator, machine, processors, allowed), Is.EqualTo(new[]
        {
            new RankPlace(0, "a", 0, 3, 4), new RankPlace(1, "b", 0, 2, 2), new RankPlace(2, "a", 1, 3, 1), new RankPlace(3, "a", 2, 3, 4),
            new RankPlace(4, "b", 1, 2, 1),
        }));
    });

    [Test]
    public void One_rank_has_the_whole_machine() => ThreadCommunicator.Run(1, communicator =>
        Assert.That(RankPlace.Gather(communicator, "here").Single(), Is.EqualTo(
            new RankPlace(0, "here", 0, 1, Environment.ProcessorCount))));
}
