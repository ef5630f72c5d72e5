using Dalle2.Perf;

namespace Dalle2.Tests.Perf;

public class RankCostTests
{
    const int Slice = 16 * 1024;

    static readonly RankLink Wire = new(Latency: 20e-6, SecondsPerByte: 1e-9);

    static readonly RankLink Copied = new(Latency: 1e-6, SecondsPerByte: 0, CopySecondsPerByte: 3e-10, CallSeconds: 2e-6);

    static RankCost OneBucket(int ranks, RankLink link, int parts = 0) => new(
        parts == 0 ? ranks : parts, ranks, PartSeconds: .1, UpdateSeconds: .02, [new RankBucket(Slice * ranks, 1)], link)
    {
        MergeSeconds = 1e-9,
        EmbeddingBytes = 4096,
    };

    // Half of the gradients' buckets are whole in the second half of the pass, evenly.
    static RankCost Buckets(int ranks, RankLink link, int parts = 0, int count = 40) => OneBucket(ranks, link, parts) with
    {
        Buckets = [.. Enumerable.Range(1, count).Select(i => new RankBucket(Slice * ranks, .5 + .5 * i / count))],
    };

    [Test]
    public void One_rank_has_no_communication()
    {
        RankCost cost = Buckets(1, Wire, parts: 4);
        Assert.That(RankSimulation.Run(cost), Is.EqualTo(4 * .1 + .02).Within(1e-12));
        Assert.That(cost.Closed(), Is.EqualTo(4 * .1 + .02).Within(1e-12));
    }

    [Test]
    public void One_bucket_takes_what_the_formula_says([Values(2, 3, 4, 8)] int ranks)
    {
        RankCost cost = OneBucket(ranks, Wire);
        double bytes = 4.0 * Slice;
        double expected = .12 + (ranks - 1) * (2 * bytes * 1e-9 + Slice * 1e-9 + 40e-6 + 4136e-9) + 2 * 20e-6;
        Assert.That(cost.Closed(), Is.EqualTo(expected).Within(1e-9));
        Assert.That(RankSimulation.Run(cost), Is.EqualTo(expected).Within(1e-9));
    }

    [Test]
    public void Several_sums_of_a_rank_are_sent_one_by_one()
    {
        // Of seven parts rank 0 has 0 to 2, two subtrees, and rank 1 has 3 to 6, again two: 3, and 4 to 6.
        RankCost cost = OneBucket(2, Wire, parts: 7);
        Assert.That((cost.SumsOf(0), cost.SumsOf(1)), Is.EqualTo((2, 2)));
        Assert.That(RankSimulation.Run(cost), Is.EqualTo(cost.Closed()).Within(1e-9));
        Assert.That(cost.Closed() - OneBucket(2, Wire, parts: 8).Closed(), Is.EqualTo(Slice * 4e-9 + 2 * Slice * 1e-9).Within(1e-9));
    }

    [Test]
    public void What_processors_copy_takes_what_the_formula_says([Values] bool isAnnounced)
    {
        RankCost cost = OneBucket(2, Copied with { IsAnnounced = isAnnounced, SecondsPerByte = isAnnounced ? 1e-9 : 0 });
        Assert.That(RankSimulation.Run(cost), Is.EqualTo(cost.Closed()).Within(1e-9));
    }

    [Test]
    public void Copies_to_the_host_are_added()
    {
        RankCost cost = OneBucket(4, Wire);
        double more = 4.0 * Slice * 4 * 5e-11 * 2;
        Assert.That(RankSimulation.Run(cost with { HostSecondsPerByte = 5e-11 }) - RankSimulation.Run(cost), Is.EqualTo(more).Within(1e-9));
        Assert.That(cost with { HostSecondsPerByte = 5e-11 }, Has.Property("Ranks").EqualTo(4));
        Assert.That((cost with { HostSecondsPerByte = 5e-11 }).Closed() - cost.Closed(), Is.EqualTo(more).Within(1e-9));
    }

    [Test]
    public void Buckets_hide_the_exchange_behind_the_pass_but_not_more_than_that([Values(2, 4, 5)] int ranks)
    {
        RankCost cost = Buckets(ranks, Wire, parts: 8), late = cost with
        {
            Buckets = [.. cost.Buckets.Select(bucket => bucket with { Whole = 1 })],
        };
        double overlapped = RankSimulation.Run(cost), behind = RankSimulation.Run(late);
        Assert.That(overlapped, Is.LessThan(behind - .001));
        Assert.That(overlapped, Is.GreaterThan(cost.Floor()));
        Assert.That(behind, Is.LessThanOrEqualTo(cost.Closed() * 1.01));
    }

    [Test]
    public void A_faster_link_is_never_slower(
        [Values(2, 4, 8)] int ranks, [Values] bool isAnnounced, [Values(1, 2)] int onMachine, [Values] bool shares)
    {
        double[] times = [.. new[] { 1e-7, 3e-8, 1e-8, 1e-9, 1e-10, 1e-11 }.Select(perByte => RankSimulation.Run(
            Buckets(ranks, Wire with { SecondsPerByte = perByte, IsAnnounced = isAnnounced }) with
            {
                OnMachine = onMachine,
                SharesLink = shares,
                Local = onMachine > 1 ? new RankLink(1e-6, 1e-10) : null,
            }))];
        Assert.That(times, Is.Ordered.Descending);
        Assert.That(times[^1], Is.GreaterThanOrEqualTo(.12));
    }

    [Test]
    public void Ranks_that_share_a_link_take_as_long_as_it_carries_their_bytes()
    {
        RankCost cost = Buckets(8, Wire with { SecondsPerByte = 1e-7 }) with
        {
            OnMachine = 4,
            Local = new RankLink(1e-6, 1e-11),
            SharesLink = true,
        };
        double time = RankSimulation.Run(cost);
        Assert.That(time, Is.InRange(cost.Floor(), 1.1 * cost.Floor() + .12));
        Assert.That(RankSimulation.Run(cost with { SharesLink = false }), Is.LessThan(time / 3));
    }
}
