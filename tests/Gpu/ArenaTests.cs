using Dalle2.Gpu.Runtime;
using Dalle2.Tensors;

namespace Dalle2.Tests.Gpu;

sealed class ArenaTests
{
    Device device = null!;
    Arena arena = null!;

    [SetUp]
    public void Open()
    {
        device = Device.Open("reference");
        arena = new Arena(device);
    }

    [TearDown]
    public void Close()
    {
        arena.Dispose();
        device.Dispose();
    }

    [Test]
    public void What_is_given_back_is_used_again()
    {
        // Three of 16 MiB do not fit into a block of 32 together; with releases two blocks' worth of tensors do.
        Tensor[] live = [.. Enumerable.Range(0, 2).Select(_ => arena.Allocate(new Shape(4 << 20)))];
        for (int i = 0; i < 20; i++)
        {
            arena.Release(live[i % 2]);
            live[i % 2] = arena.Allocate(new Shape(4 << 20));
        }

        Assert.That(arena.CapacityBytes, Is.EqualTo(32 << 20));
        Assert.That(arena.PeakBytes, Is.EqualTo(32 << 20));
    }

    [Test]
    public void Neighbors_that_are_given_back_are_one()
    {
        Tensor[] quarters = [.. Enumerable.Range(0, 4).Select(_ => arena.Allocate(new Shape(2 << 20)))];
        foreach (int i in new[] { 2, 0, 3, 1 })
            arena.Release(quarters[i]);
        arena.Allocate(new Shape(8 << 20));
        Assert.That(arena.CapacityBytes, Is.EqualTo(32 << 20));
    }

    [Test]
    public void Any_order_of_allocations_and_releases_finds_the_same_objects_in_each_step_and_nothing_overlaps()
    {
        List<Tensor>? first = null;
        for (int step = 0; step < 3; step++)
        {
            arena.Reset();
            var random = new Random(5);
            var all = new List<Tensor>();
            var live = new List<(Tensor Tensor, float Mark)>();
            for (int i = 0; i < 500; i++)
            {
                if (live.Count > 0 && random.Next(100) < 48)
                {
                    int at = random.Next(live.Count);
                    var (tensor, mark) = live[at];
                    Assert.That(tensor.ToArray(device.Stream), Is.All.EqualTo(mark));
                    arena.Release(tensor);
                    live.RemoveAt(at);
                    continue;
                }

                Tensor made = arena.Allocate(new Shape(random.Next(1, 50), random.Next(1, 50)));
                made.Write(device.Stream, Enumerable.Repeat((float)i, made.Length).ToArray());
                live.Add((made, i));
                all.Add(made);
            }

            first ??= all;
            Assert.That(all.Zip(first).All(pair => ReferenceEquals(pair.First, pair.Second)), $"step {step}");
        }
    }

    [Test]
    public void Giving_back_twice_or_what_is_not_its_own_is_an_error()
    {
        Tensor tensor = arena.Allocate(new Shape(4));
        arena.Release(tensor.Reshape(2, 2));
        Assert.That(() => arena.Release(tensor), Throws.InvalidOperationException.With.Message.Contains("twice"));
        using Buffer<float> foreign = device.Allocate<float>(4);
        Assert.That(() => arena.Release(new Tensor(foreign.View, new Shape(4))),
            Throws.InvalidOperationException.With.Message.Contains("not of this arena"));
    }

    [Test]
    public void Parts_are_made_once_and_share_the_memory_of_the_whole()
    {
        Tensor x = arena.Allocate(new Shape(3, 4, 2)), other = arena.Allocate(new Shape(3, 4, 2));
        x.Write(device.Stream, [.. Enumerable.Range(0, 24).Select(i => (float)i)]);
        Tensor row = x.At(1);
        Assert.That(x.At(1), Is.SameAs(row));
        Assert.That(x.At(1).Shape, Is.EqualTo(new Shape(4, 2)));
        Assert.That(x.At(1).At(2).ToArray(device.Stream), Is.EqualTo(new[] { 12f, 13f }));
        Assert.That(x.Slice(1, 2).Reshape(16).ToArray(device.Stream), Is.EqualTo(Enumerable.Range(8, 16)));
        Assert.That(x.Reshape(3, 4, 2), Is.SameAs(x));
        Assert.That((x.At(0).SharesMemoryWith(x.Slice(2, 1)), x.SharesMemoryWith(other)), Is.EqualTo((true, false)));
        Assert.That(() => x.Reshape(23), Throws.ArgumentException.With.Message.Contains("[3, 4, 2]"));
    }

    [Test]
    public void A_shape_has_at_most_eight_axes_and_compares_by_its_extents()
    {
        Assert.That(new Shape(2, 3) == new Shape(2, 3, 1), Is.False);
        Assert.That(new Shape(2, 3).Append(4).With(-1, 5).WithoutFirst(), Is.EqualTo(new Shape(3, 5)));
        Assert.That(new Shape(1, 2, 3, 4, 5, 6, 7, 8).ToArray(), Is.EqualTo(Enumerable.Range(1, 8)));
        Assert.That(() => new Shape(1, 1, 1, 1, 1, 1, 1, 1, 1), Throws.ArgumentException.With.Message.Contains("at most 8 axes"));
        Assert.That(() => new Shape(2, 3)[2], Throws.InstanceOf<ArgumentOutOfRangeException>());
    }
}
