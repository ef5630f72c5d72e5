using Dalle2.Gpu.Runtime.Cpu;

namespace Dalle2.Tests.Gpu;

sealed class WorkerPoolTests
{
    [TestCase(1)]
    [TestCase(2)]
    [TestCase(3)]
    [TestCase(8)]
    public void Each_piece_is_done_once(int threads)
    {
        using var pool = new WorkerPool(threads);
        var work = new Counting();
        for (int round = 0; round < 3000; round++)
        {
            int count = 1 + round * 7919 % 400;
            work.Begin(count, []);
            pool.Run(work, count);
            Assert.That(work.Times, Is.All.EqualTo(1), $"{count} pieces");
        }
    }

    [TestCase(1)]
    [TestCase(2)]
    [TestCase(4)]
    public void The_first_failure_is_thrown_and_the_pool_works_on(int threads)
    {
        using var pool = new WorkerPool(threads);
        var work = new Counting();
        for (int round = 0; round < 300; round++)
        {
            work.Begin(64, [20, 41, 63]);
            Assert.That(() => pool.Run(work, 64), Throws.TypeOf<InvalidOperationException>().With.Message.EqualTo("piece 20"));
            Assert.That(work.Times, Is.All.LessThanOrEqualTo(1));
            work.Begin(64, []);
            pool.Run(work, 64);
            Assert.That(work.Times, Is.All.EqualTo(1));
        }
    }

    sealed class Counting : ChunkedWork
    {
        int[] failing = [];

        public int[] Times { get; private set; } = [];

        public void Begin(int count, int[] failing)
        {
            Times = new int[count];
            this.failing = failing;
        }

        public override void Run(long first, long end)
        {
            for (long piece = first; piece < end; piece++)
            {
                Interlocked.Increment(ref Times[piece]);
                if (failing.Contains((int)piece))
                    throw new InvalidOperationException($"piece {piece}");
            }
        }
    }
}
