using Dalle2.Training.Ranks;

namespace Dalle2.Tests.Ranks;

public class LifelineTests
{
    static readonly string[] Machines = ["node01", "node02", "node03", "node04"];

    [Test]
    public void All_learn_who_is_gone([Range(0, 3)] int gone) => ThreadCommunicator.Run(Machines.Length, communicator =>
    {
        Lifeline lifeline = Lifeline.Open(communicator, Machines);
        if (communicator.Rank != gone)
            Assert.That(lifeline.WaitForLoss(Timeout.InfiniteTimeSpan), Is.EqualTo($"rank {gone} on {Machines[gone]} is gone"));
        lifeline.Dispose();
    });

    [Test]
    public void Who_says_goodbye_is_not_missed() => ThreadCommunicator.Run(Machines.Length, communicator =>
    {
        using Lifeline lifeline = Lifeline.Open(communicator, Machines);
        // Ranks 1 and 2 leave in good order, then rank 3 in none: only it is missed.
        if (communicator.Rank is 1 or 2)
        {
            lifeline.SayGoodbye();
            lifeline.Dispose();
        }

        communicator.AllGather("have left");
        if (communicator.Rank == 3)
            lifeline.Dispose();
        if (communicator.Rank == 0)
            Assert.That(lifeline.WaitForLoss(Timeout.InfiniteTimeSpan), Is.EqualTo("rank 3 on node04 is gone"));
    });
}
