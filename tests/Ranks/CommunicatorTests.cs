using System.Runtime.InteropServices;
using Dalle2.Training.Ranks;

namespace Dalle2.Tests.Ranks;

public class CommunicatorTests
{
    [Test]
    public void Broadcast_gives_all_what_rank_0_has([Values(1, 2, 3, 5, 8)] int ranks, [Values(0, 1, 1000)] int length)
    {
        int reached = 0;
        ThreadCommunicator.Run(ranks, communicator =>
        {
            byte[] sent = new byte[length];
            new Random(length).NextBytes(sent);
            byte[] values = communicator.Rank == 0 ? [.. sent] : new byte[length];
            communicator.Broadcast(values);
            Assert.That(values, Is.EqualTo(sent));
            Assert.That(communicator.Broadcast(communicator.Rank == 0 ? "größer" : null), Is.EqualTo("größer"));
            Interlocked.Increment(ref reached);
        });
        Assert.That(reached, Is.EqualTo(ranks));
    }

    [Test]
    public void All_gather_has_what_each_has_in_order([Values(1, 2, 3, 5, 8)] int ranks)
    {
        int reached = 0;
        ThreadCommunicator.Run(ranks, communicator =>
        {
            var all = new long[2 * ranks];
            communicator.AllGather([communicator.Rank, -communicator.Rank], all.AsSpan());
            Assert.That(all, Is.EqualTo(Enumerable.Range(0, ranks).SelectMany(rank => new long[] { rank, -rank })));
            string[] texts = communicator.AllGather(new string('ä', communicator.Rank));
            Assert.That(texts, Is.EqualTo(Enumerable.Range(0, ranks).Select(rank => new string('ä', rank))));
            Interlocked.Increment(ref reached);
        });
        Assert.That(reached, Is.EqualTo(ranks));
    }

    [Test]
    public void All_gather_refuses_a_length_that_does_not_fit() =>
        ThreadCommunicator.Run(2, communicator =>
            Assert.That(() => communicator.AllGather<byte>(new byte[3], new byte[5]), Throws.ArgumentException));

    [Test]
    public unsafe void Messages_of_a_tag_arrive_in_order_and_tags_apart()
    {
        ThreadCommunicator.Run(2, communicator =>
        {
            nint memory = (nint)NativeMemory.AllocZeroed(3 * sizeof(int));
            var values = new Span<int>((void*)memory, 3);
            Span<PendingMessage> pending = stackalloc PendingMessage[3];
            ReadOnlySpan<int> tags = [0, Communicator.HighestTag, 0];
            if (communicator.Rank == 0)
                ((ReadOnlySpan<int>)[1, 2, 3]).CopyTo(values);
            // Rank 1 asks for them in another order than they are sent in.
            ReadOnlySpan<int> order = communicator.Rank == 0 ? [0, 1, 2] : [1, 0, 2];
            foreach (int i in order)
            {
                nint address = memory + i * sizeof(int);
                pending[i] = communicator.Rank == 0 ? communicator.Send(address, sizeof(int), 1, tags[i])
                    : communicator.Receive(address, sizeof(int), 0, tags[i]);
            }

            communicator.Wait(pending);
            Assert.That(values.ToArray(), Is.EqualTo([1, 2, 3]));
            Assert.That(pending.ToArray(), Has.All.EqualTo(default(PendingMessage)));
            NativeMemory.Free((void*)memory);
        });
    }

    [Test]
    public void Who_waits_for_a_rank_that_is_gone_is_told()
    {
        int told = 0;
        Assert.That(() => ThreadCommunicator.Run(3, communicator =>
        {
            if (communicator.Rank == 2)
                throw new IOException("no more");
            try
            {
                communicator.AllGather("here");
            }
            catch (RankLostException fault)
            {
                Assert.That(fault.Message, Does.StartWith("rank 2 "));
                Interlocked.Increment(ref told);
            }
        }), Throws.TypeOf<IOException>().With.Message.EqualTo("no more"));
        Assert.That(told, Is.EqualTo(2));
    }
}
