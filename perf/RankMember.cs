using System.Diagnostics;
using System.Numerics.Tensors;
using System.Text.Json.Nodes;
using Dalle2.Data.Sets;
using Dalle2.Gpu.Runtime;
using Dalle2.Layers;
using Dalle2.Training.Loop;
using Dalle2.Training.Ranks;
using MathNet.Numerics.Statistics;

namespace Dalle2.Perf;

/// <summary>One rank of a group whose step is measured. All ranks are asked the same; what rank 0 answers is read.</summary>
sealed class RankMember : IDisposable
{
    const int Warmup = 3;

    readonly Device device;
    readonly Communicator ranks;
    readonly TextVaeSize size;
    readonly int parts;
    readonly PreparedData data;
    readonly int[][] captions;
    Steps? together;
    Steps? alone;

    /// <summary>A rank.</summary>
    /// <param name="device">Where it computes.</param>
    /// <param name="ranks">The group.</param>
    /// <param name="size">The step's extents, with the pictures of all parts.</param>
    /// <param name="parts">Parts of a step.</param>
    public RankMember(Device device, Communicator ranks, TextVaeSize size, int parts)
    {
        (this.device, this.ranks, this.size, this.parts) = (device, ranks, size, parts);
        (data, captions) = TextVaeStage.Draw(size);
    }

    /// <summary>The answer to a request.</summary>
    public JsonObject Ask(JsonObject request)
    {
        int count = (int?)request["count"] ?? 0;
        return (string)request["do"]! switch
        {
            "hello" => Hello(),
            "steps" => Together(count),
            "alone" => Alone(count),
            "whole" => Whole(count),
            "messages" => Messages((int)request["bytes"]!, count),
            "host" => Host((int)request["bytes"]!, count),
            var other => throw new SideFailedException($"there is no request '{other}'"),
        };
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        together?.Dispose();
        alone?.Dispose();
    }

    JsonObject Hello()
    {
        using Steps steps = Open(parts, null);
        return new JsonObject { ["parameters"] = steps.Stage.Trained.Sum(store => store.TrainableCount) };
    }

    // Steps divided among the ranks, as in a training.
    JsonObject Together(int count)
    {
        together ??= Open(parts, ranks.Size == 1 ? null : ranks);
        long waited = ranks.Waited;
        double[] times = together.Run(count);
        return new JsonObject
        {
            ["ms"] = Numbers(times),
            ["waited"] = Stopwatch.GetElapsedTime(waited, ranks.Waited).TotalMilliseconds / count,
        };
    }

    // Every rank takes steps of its own, of as many parts as the largest share has, all at once: what computing costs on a machine as busy as it will be.
    // The slowest one's time counts, since a training's step waits for it.
    JsonObject Alone(int count)
    {
        alone ??= Open(new PartShare(parts, ranks.Size).Largest, null);
        var times = new double[count];
        double[] all = new double[ranks.Size];
        for (int i = 0; i < count; i++)
        {
            Meet();
            ranks.AllGather<double>(alone.Run(1), all);
            times[i] = all.Max();
        }

        return new JsonObject { ["ms"] = Numbers(times) };
    }

    // When in a part's forward and backward pass the gradients of each bucket are whole, as a share of the pass.
    JsonObject Whole(int count)
    {
        using var stage = TextVaeStage.Create(device, size);
        var sampler = new BatchSampler(data, captions, 1, stage.Name, size.Batch / parts);
        GradientBucket[] buckets = GradientBucket.Of(stage.Trained, ranks.Size);
        Batch batch = sampler.Take(0);
        int[] behind = new BackwardOrder(device, stage, batch).WholeBehind(stage.Trained, buckets);
        using var context = new Context(device, seed: 1);
        var shares = new List<double>[buckets.Length];
        var passes = new List<double>();
        for (int run = 0; run < count + Warmup; run++)
        {
            var ends = new List<long>();
            context.BeginStep((ulong)run, training: true);
            long start = Stopwatch.GetTimestamp();
            using (context.GatherUploads())
                stage.Upload(context, batch);
            context.BackwardQueued = _ => ends.Add(Stopwatch.GetTimestamp());
            stage.Run(context);
            context.BackwardQueued = null;
            double all = Stopwatch.GetTimestamp() - start;
            passes.Add(all / Stopwatch.Frequency * 1e3);
            for (int b = 0; b < buckets.Length && run >= Warmup; b++)
                (shares[b] ??= []).Add((ends[Math.Max(1, behind[b]) - 1] - start) / all);
        }

        return new JsonObject
        {
            ["lengths"] = new JsonArray([.. buckets.Select(bucket => (JsonNode)bucket.Length)]),
            ["shares"] = Numbers(shares.Select(all => all.Median())),
            ["pass"] = passes.Skip(Warmup).Median(),
        };
    }

    // Each rank exchanges messages with the next ones, as many both ways as it would of a bucket.
    unsafe JsonObject Messages(int bytes, int count)
    {
        const int burst = 64, tag = 7;
        byte[] sent = GC.AllocateUninitializedArray<byte>(bytes * burst, pinned: true);
        byte[] received = GC.AllocateUninitializedArray<byte>(bytes * burst, pinned: true);
        var latency = new List<double>();
        var transfer = new List<double>();
        var pending = new PendingMessage[2 * burst];
        fixed (byte* from = sent, to = received)
        {
            for (int i = 0; i < count + Warmup; i++)
            {
                Meet();
                long start = Stopwatch.GetTimestamp();
                if (ranks.Rank < 2)
                    PingPong((nint)from, (nint)to, tag);
                latency.Add(Stopwatch.GetElapsedTime(start).TotalSeconds / 2);
            }

            for (int i = 0; i < count + Warmup; i++)
            {
                Meet();
                long start = Stopwatch.GetTimestamp();
                for (int m = 0; m < burst; m++)
                {
                    int turn = 1 + m % (ranks.Size - 1);
                    pending[2 * m] = ranks.Receive((nint)(to + m * bytes), bytes, (ranks.Rank + ranks.Size - turn) % ranks.Size, tag);
                    pending[2 * m + 1] = ranks.Send((nint)(from + m * bytes), bytes, (ranks.Rank + turn) % ranks.Size, tag);
                }

                ranks.Wait(pending);
                transfer.Add(Stopwatch.GetElapsedTime(start).TotalSeconds / burst);
            }
        }

        return new JsonObject { ["latency"] = latency.Skip(Warmup).Median(), ["seconds"] = transfer.Skip(Warmup).Median() };
    }

    // What adding two slices costs, and what handing MPI a message does.
    JsonObject Host(int bytes, int count)
    {
        int length = bytes / sizeof(float), most = Math.Max(1, (64 << 20) / Math.Max(1, bytes));
        float[] left = new float[length * most], right = new float[length * most];
        var times = new List<double>();
        for (int i = 0; i < count + Warmup; i++)
        {
            Meet();
            long start = Stopwatch.GetTimestamp();
            for (int at = 0; at < left.Length; at += length)
                TensorPrimitives.Add(left.AsSpan(at, length), right.AsSpan(at, length), left.AsSpan(at, length));
            times.Add(Stopwatch.GetElapsedTime(start).TotalSeconds / left.Length);
        }

        return new JsonObject { ["add"] = times.Skip(Warmup).Median() };
    }

    void PingPong(nint from, nint to, int tag)
    {
        Span<PendingMessage> pending = stackalloc PendingMessage[1];
        for (int turn = 0; turn < 2; turn++)
        {
            pending[0] = turn == ranks.Rank ? ranks.Send(from, 1, 1 - ranks.Rank, tag) : ranks.Receive(to, 1, 1 - ranks.Rank, tag);
            ranks.Wait(pending);
        }
    }

    void Meet() => ranks.AllGather<byte>([1], new byte[ranks.Size]);

    Steps Open(int own, Communicator? exchanging)
    {
        TextVaeStage stage = TextVaeStage.Create(device, size);
        return new Steps(device, stage, own, BatchSampler.Of(stage, TextVaeStage.Settings(own, size.Batch / parts), data, captions),
            exchanging);
    }

    static JsonArray Numbers(IEnumerable<double> values) => [.. values.Select(value => (JsonNode)value)];

    // Steps of a model of their own; the first ones, which compile and find their memory, are taken at once.
    sealed class Steps : IDisposable
    {
        readonly StepLoop loop;
        long next;

        public Steps(Device device, TextVaeStage stage, int parts, BatchSampler sampler, Communicator? ranks)
        {
            Stage = stage;
            loop = new StepLoop(device, TextVaeStage.Settings(parts, sampler.Size), stage, sampler, ranks);
            Run(Warmup);
        }

        public TextVaeStage Stage { get; }

        public double[] Run(int count)
        {
            var times = new double[count];
            for (int i = 0; i < count; i++)
            {
                long start = Stopwatch.GetTimestamp();
                loop.Step(next++);
                times[i] = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
            }

            return times;
        }

        public void Dispose()
        {
            loop.Dispose();
            Stage.Dispose();
        }
    }
}
