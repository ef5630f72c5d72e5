using Dalle2.Training.Ranks;

namespace Dalle2.Perf;

/// <summary>
/// A step over ranks, message by message, in the order in which <see cref="GradientExchange"/> and <see cref="GradientSum"/> begin, notice and wait for them. A rank computes or is in a call, never both: messages move on their
/// links meanwhile, but what has arrived is noticed, copied and answered only in calls, which are those of the buckets, and waiting at the end.
/// </summary>
sealed class RankSimulation
{
    readonly RankCost cost;
    readonly PriorityQueue<Event, (double Time, int Order, long Number)> events = new();
    readonly Rank[] ranks;
    readonly Message[] messages;

    // Of a bucket's messages the first of each rank's sums, and behind them those of whole slices.
    readonly int[] firstOf;
    readonly int perBucket;
    readonly int collective;
    readonly int[][] slices;

    // Ports are ends of links: a rank's own within its machine, and its own or the machine's to others. What waits for a pair of them, in order.
    readonly Port[] ports;
    readonly Dictionary<int, Queue<(int Message, long Number)>>[] waiting;
    long number;
    double now;

    RankSimulation(RankCost cost)
    {
        this.cost = cost;
        int size = cost.Ranks;
        ranks = [.. Enumerable.Range(0, size).Select(rank => new Rank(rank, cost.SumsOf(rank), cost.Buckets.Count))];
        firstOf = new int[size + 1];
        for (int rank = 0; rank < size; rank++)
            firstOf[rank + 1] = firstOf[rank] + ranks[rank].Sums * size;
        perBucket = firstOf[size] + size * size;
        collective = perBucket * cost.Buckets.Count;
        messages = new Message[collective + 2 * size * size];
        slices = [.. cost.Buckets.Select(bucket => new GradientBucket(0, 0, bucket.Length)).Select(bucket =>
            Enumerable.Range(0, size).Select(rank => bucket.Slice(rank + 1, size) - bucket.Slice(rank, size)).ToArray())];
        ports = [.. Enumerable.Range(0, 2 * size).Select(_ => new Port())];
        waiting = [.. ports.Select(_ => new Dictionary<int, Queue<(int, long)>>())];
    }

    /// <summary>Seconds of the step.</summary>
    public static double Run(RankCost cost) => new RankSimulation(cost).Run();

    double Run()
    {
        foreach (Rank rank in ranks)
        {
            rank.Program = Program(rank).GetEnumerator();
            Schedule(0, EventKind.Resume, rank.Number);
        }

        while (events.TryDequeue(out Event next, out var at))
        {
            now = at.Time;
            Handle(next);
        }

        return ranks.Any(rank => !rank.IsThrough) ? throw new InvalidOperationException("the simulated ranks wait for each other")
            : ranks.Max(rank => rank.Clock);
    }

    // True where the rank goes on at its clock, false where it waits for messages.
    IEnumerable<bool> Program(Rank rank)
    {
        int share = new PartShare(cost.Parts, cost.Ranks) is var parts ? parts.End(rank.Number) - parts.First(rank.Number) : 0;
        if (cost.EmbeddingBytes > 0)
        {
            foreach (bool goesOn in Gather(rank, collective, cost.EmbeddingBytes))
                yield return goesOn;
        }

        rank.Clock += (share - 1) * cost.PartSeconds;
        double before = 0;
        for (int b = 0; b < cost.Buckets.Count && cost.Ranks > 1; b++)
        {
            double whole = cost.HostSecondsPerByte > 0 ? 1 : cost.Buckets[b].Whole;
            rank.Clock += (whole - before) * cost.PartSeconds;
            before = whole;
            yield return true;
            Begin(rank, b);
            yield return true;
            Notice(rank);
            while (rank.Merged <= b && rank.Reducing[rank.Merged] == 0)
                Merge(rank);
        }

        rank.Clock += (1 - before) * cost.PartSeconds;
        yield return true;
        while (rank.Merged < cost.Buckets.Count && cost.Ranks > 1)
        {
            Notice(rank);
            bool isReduced = rank.Reducing[rank.Merged] == 0;
            if (isReduced)
                Merge(rank);
            yield return isReduced;
        }

        for (int b = 0; b < cost.Buckets.Count && cost.Ranks > 1; b++)
        {
            Notice(rank);
            while (rank.Gathering[b] > 0)
            {
                yield return false;
                Notice(rank);
            }

            rank.Clock += cost.Buckets[b].Length * sizeof(float) * cost.HostSecondsPerByte;
        }

        foreach (bool goesOn in Gather(rank, collective + cost.Ranks * cost.Ranks, cost.FigureBytes))
            yield return goesOn;
        rank.Clock += cost.UpdateSeconds;
        rank.IsThrough = true;
    }

    void Begin(Rank rank, int bucket)
    {
        rank.Clock += rank.Sums * cost.Buckets[bucket].Length * sizeof(float) * cost.HostSecondsPerByte;
        int first = perBucket * bucket;
        // Counted before any is begun, since one may be done at once.
        rank.Reducing[bucket] = ranks.Sum(other => other == rank ? 0 : other.Sums) + (cost.Ranks - 1) * rank.Sums;
        foreach (Rank from in ranks)
        {
            for (int i = 0; i < from.Sums && from != rank; i++)
            {
                int id = first + firstOf[from.Number] + i * cost.Ranks + rank.Number;
                Receive(rank, id, from.Number, slices[bucket][rank.Number], bucket, false);
            }
        }

        foreach (int to in Others(rank))
        {
            for (int i = 0; i < rank.Sums; i++)
                Send(rank, first + firstOf[rank.Number] + i * cost.Ranks + to, to, slices[bucket][to], bucket, false);
        }
    }

    void Merge(Rank rank)
    {
        int bucket = rank.Merged++, first = perBucket * bucket + firstOf[cost.Ranks], slice = slices[bucket][rank.Number];
        rank.Clock += (ranks.Sum(one => one.Sums) - 1) * (double)slice * cost.MergeSeconds;
        rank.Gathering[bucket] = 2 * (cost.Ranks - 1);
        foreach (int from in Others(rank))
            Receive(rank, first + from * cost.Ranks + rank.Number, from, slices[bucket][from], bucket, true);
        foreach (int to in Others(rank))
            Send(rank, first + rank.Number * cost.Ranks + to, to, slice, bucket, true);
    }

    // Turn by turn, each of which waits for both of its messages.
    IEnumerable<bool> Gather(Rank rank, int first, int bytes)
    {
        for (int turn = 1; turn < cost.Ranks; turn++)
        {
            int to = (rank.Number + turn) % cost.Ranks, from = (rank.Number + cost.Ranks - turn) % cost.Ranks;
            rank.Collective = 2;
            Receive(rank, first + from * cost.Ranks + rank.Number, from, (bytes + 3) / 4, -1, false);
            Send(rank, first + rank.Number * cost.Ranks + to, to, (bytes + 3) / 4, -1, false);
            yield return true;
            Notice(rank);
            while (rank.Collective > 0)
            {
                yield return false;
                Notice(rank);
            }
        }
    }

    IEnumerable<int> Others(Rank rank) => Enumerable.Range(1, cost.Ranks - 1).Select(turn => (rank.Number + turn) % cost.Ranks);

    void Send(Rank rank, int id, int to, int length, int bucket, bool gathers)
    {
        ref Message message = ref messages[id];
        (message.From, message.To, message.Bytes) = (rank.Number, to, length * sizeof(float));
        (message.Bucket, message.Gathers) = (bucket, gathers);
        if (length == 0)
        {
            Count(rank, message);
            return;
        }

        RankLink link = cost.Between(rank.Number, to);
        rank.Clock += link.CallSeconds;
        if (link.IsAnnounced)
        {
            Schedule(rank.Clock + link.Latency, EventKind.Announced, id);
            return;
        }

        // What is small or fits into buffers is sent as far as the sender is concerned.
        rank.Clock += message.Bytes * link.CopySecondsPerByte;
        Schedule(rank.Clock, EventKind.Ready, id);
        Count(rank, message);
    }

    void Receive(Rank rank, int id, int from, int length, int bucket, bool gathers)
    {
        ref Message message = ref messages[id];
        (message.From, message.To, message.Bytes) = (from, rank.Number, length * sizeof(float));
        (message.Bucket, message.Gathers, message.IsWanted) = (bucket, gathers, true);
        if (length == 0)
        {
            Count(rank, message);
            return;
        }

        rank.Clock += cost.Between(from, rank.Number).CallSeconds;
        if (message.Early is { } kind)
            Take(rank, id, kind);
    }

    // What has come to a rank up to its clock; only in a call.
    void Notice(Rank rank)
    {
        while (rank.Inbox.TryPeek(out var item) && item.Time <= rank.Clock)
        {
            rank.Inbox.Dequeue();
            Take(rank, item.Message, item.Kind);
        }
    }

    void Take(Rank rank, int id, EventKind kind)
    {
        ref Message message = ref messages[id];
        RankLink link = cost.Between(message.From, message.To);
        if (kind is EventKind.Announced or EventKind.Arrived && !message.IsWanted)
        {
            message.Early = kind;
            return;
        }

        switch (kind)
        {
            case EventKind.Announced:
                rank.Clock += link.CallSeconds;
                Schedule(rank.Clock + link.Latency, EventKind.Agreed, id);
                break;
            case EventKind.Agreed:
                rank.Clock += message.Bytes * link.CopySecondsPerByte;
                Schedule(rank.Clock, EventKind.Ready, id);
                break;
            case EventKind.Arrived:
                rank.Clock += message.Bytes * link.CopySecondsPerByte;
                Count(rank, message);
                break;
            case EventKind.Sent:
                Count(rank, message);
                break;
        }
    }

    static void Count(Rank rank, in Message message)
    {
        if (message.Bucket < 0)
            rank.Collective--;
        else if (message.Gathers)
            rank.Gathering[message.Bucket]--;
        else
            rank.Reducing[message.Bucket]--;
    }

    void Handle(Event next)
    {
        switch (next.Kind)
        {
            case EventKind.Resume:
                Resume(ranks[next.Index]);
                break;
            case EventKind.Ready:
                Queue(next.Index);
                break;
            case EventKind.Freed:
                ports[next.Index].IsSending = false;
                Start(next.Index);
                break;
            case EventKind.Emptied:
                ports[next.Index].IsReceiving = false;
                StartAny(next.Index);
                break;
            default:
                Message message = messages[next.Index];
                // A message not posted by its receiver yet still knows its ends from the sender.
                Deliver(ranks[next.Kind is EventKind.Announced or EventKind.Arrived ? message.To : message.From], next);
                break;
        }
    }

    void Deliver(Rank rank, Event next)
    {
        rank.Inbox.Enqueue((now, next.Index, next.Kind));
        if (!rank.IsWaiting)
            return;
        rank.IsWaiting = false;
        rank.Clock = Math.Max(rank.Clock, now);
        Schedule(rank.Clock, EventKind.Resume, rank.Number);
    }

    void Resume(Rank rank)
    {
        if (!rank.Program!.MoveNext())
            return;
        // What has come meanwhile is noticed without waiting.
        if (rank.Program.Current || rank.Inbox.Count > 0)
        {
            if (!rank.Program.Current)
                rank.Clock = Math.Max(rank.Clock, rank.Inbox.Peek().Time);
            Schedule(rank.Clock, EventKind.Resume, rank.Number);
        }
        else
        {
            rank.IsWaiting = true;
        }
    }

    int PortOf(int rank, int other) => cost.Between(rank, other) == cost.Local ? rank
        : cost.Ranks + (cost.SharesLink ? rank / cost.OnMachine : rank);

    void Queue(int id)
    {
        Message message = messages[id];
        RankLink link = cost.Between(message.From, message.To);
        if (link.SecondsPerByte == 0)
        {
            Arrive(id, link, now);
            return;
        }

        int from = PortOf(message.From, message.To), to = PortOf(message.To, message.From);
        if (!waiting[from].TryGetValue(to, out Queue<(int, long)>? queue))
            waiting[from][to] = queue = new Queue<(int, long)>();
        queue.Enqueue((id, number++));
        Start(from);
    }

    // The oldest message of a port whose other end is free.
    void Start(int port)
    {
        if (ports[port].IsSending)
            return;
        Queue<(int Message, long Number)>? oldest = null;
        foreach (var (to, queue) in waiting[port])
        {
            if (queue.Count > 0 && !ports[to].IsReceiving && (oldest == null || queue.Peek().Number < oldest.Peek().Number))
                oldest = queue;
        }

        if (oldest == null)
            return;
        int id = oldest.Dequeue().Message;
        Message message = messages[id];
        RankLink link = cost.Between(message.From, message.To);
        int end = PortOf(message.To, message.From);
        ports[port].IsSending = ports[end].IsReceiving = true;
        double done = now + message.Bytes * link.SecondsPerByte;
        Schedule(done, EventKind.Emptied, end);
        Schedule(done, EventKind.Freed, port);
        Arrive(id, link, done);
    }

    void StartAny(int end)
    {
        int oldest = -1;
        long least = long.MaxValue;
        for (int port = 0; port < ports.Length; port++)
        {
            if (!ports[port].IsSending && waiting[port].TryGetValue(end, out Queue<(int Message, long Number)>? queue)
                && queue.TryPeek(out var first) && first.Number < least)
            {
                (oldest, least) = (port, first.Number);
            }
        }

        if (oldest >= 0)
            Start(oldest);
    }

    void Arrive(int id, RankLink link, double sent)
    {
        Schedule(sent + link.Latency, EventKind.Arrived, id);
        if (link.IsAnnounced)
            Schedule(sent, EventKind.Sent, id);
    }

    // Of what happens at once, ends of transfers come first and what takes their place last: as if all had begun at once.
    void Schedule(double time, EventKind kind, int index)
    {
        int order = kind switch
        {
            EventKind.Emptied => 0,
            EventKind.Freed => 2,
            _ => 1,
        };
        events.Enqueue(new Event(kind, index), (time, order, number++));
    }

    enum EventKind
    {
        Resume,
        Announced,
        Agreed,
        Ready,
        Sent,
        Arrived,
        Freed,
        Emptied,
    }

    readonly record struct Event(EventKind Kind, int Index);

    struct Message
    {
        public int From;
        public int To;
        public int Bytes;
        public int Bucket;
        public bool Gathers;
        public bool IsWanted;
        public EventKind? Early;
    }

    sealed class Port
    {
        public bool IsSending { get; set; }

        public bool IsReceiving { get; set; }
    }

    sealed class Rank(int number, int sums, int buckets)
    {
        public int Number { get; } = number;

        public int Sums { get; } = sums;

        public double Clock { get; set; }

        public bool IsWaiting { get; set; }

        public bool IsThrough { get; set; }

        public int Merged { get; set; }

        public int Collective { get; set; }

        public int[] Reducing { get; } = new int[buckets];

        public int[] Gathering { get; } = new int[buckets];

        public Queue<(double Time, int Message, EventKind Kind)> Inbox { get; } = new();

        public IEnumerator<bool>? Program { get; set; }
    }
}
