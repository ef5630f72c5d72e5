using Dalle2.Data;
using Dalle2.Training.Ranks;
using Dalle2.Training.Ranks.Mpi;

namespace Dalle2.Tests.Ranks;

public class MpiCommunicatorTests
{
    // One test, as MPI starts once in a process. Signal handlers of MPI's would make a null reference the end of the test host.
    [Test]
    public unsafe void One_rank_needs_no_launcher_and_null_references_stay_exceptions()
    {
        MpiCommunicator communicator;
        try
        {
            communicator = MpiCommunicator.Open();
        }
        catch (UserInputException fault)
        {
            Assert.That(fault.Message, Does.Contain("apt-get install mpich"));
            Assert.Ignore(fault.Message);
            return;
        }

        using (communicator)
        {
            Assert.That((communicator.Rank, communicator.Size), Is.EqualTo((0, 1)));
            Assert.That(communicator.AllGather("alone"), Is.EqualTo(new[] { "alone" }));
            Assert.That(() => Length(null), Throws.TypeOf<NullReferenceException>());
            Assert.That(() => 1 / communicator.Rank, Throws.TypeOf<DivideByZeroException>());
            int from = 7, to = 0;
            PendingMessage[] pending =
                [communicator.Receive((nint)(&to), sizeof(int), 0, 5), communicator.Send((nint)(&from), sizeof(int), 0, 5)];
            communicator.Wait(pending);
            Assert.That(to, Is.EqualTo(7));
        }
    }

    static int Length(string? text) => text!.Length;
}
