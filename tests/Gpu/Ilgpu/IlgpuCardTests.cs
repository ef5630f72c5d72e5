using Dalle2.Gpu.Runtime;

namespace Dalle2.Tests.Gpu.Ilgpu;

/// <summary>Memory, launches and refusals of cards through ILGPU, on its CPU accelerator in place of a card.</summary>
public class IlgpuCardTests
{
    static Device Card => IlgpuOnce.Card;

    [Test]
    public void Copies_and_clearing_reach_the_part_that_a_view_is_of()
    {
        using Buffer<int> a = Card.Allocate<int>(8), b = Card.Allocate<int>(8);
        Card.Stream.Write<int>([1, 2, 3, 4, 5, 6, 7, 8], a.View);
        Card.Stream.Clear(b.View);
        Card.Stream.Copy(a.View.SubView(2, 3), b.View.SubView(4, 3));
        Card.Stream.Clear(a.View.SubView(1, 2));
        Assert.That(Read(a.View), Is.EqualTo((int[])[1, 0, 0, 4, 5, 6, 7, 8]));
        Assert.That(Read(b.View), Is.EqualTo((int[])[0, 0, 0, 0, 3, 4, 5, 0]));
        Assert.That(Read(b.View.SubView(5, 2)), Is.EqualTo((int[])[4, 5]));
    }

    [Test]
    public void Launches_take_indices_groups_views_within_structs_and_empty_views()
    {
        using Buffer<int> x = Card.Allocate<int>(12);
        Card.Stream.Clear(x.View);
        Card.Stream.Launch(PlaneKernel, new Index2D(3, 4), x.View, 3);
        Assert.That(Read(x.View), Is.EqualTo(Enumerable.Range(0, 12)));
        Card.Stream.Launch(PairKernel, new KernelConfig(3, 4), new Pair(x.View.SubView(0, 12), 100), default(ArrayView<int>));
        Assert.That(Read(x.View), Is.EqualTo(Enumerable.Range(0, 12).Select(i => 100 + i)));
    }

    [Test]
    public void Memory_is_counted_and_a_freed_view_is_an_error()
    {
        long before = Card.AllocatedBytes;
        Buffer<int> x = Card.Allocate<int>(100);
        ArrayView<int> view = x.View;
        Assert.That(Card.AllocatedBytes, Is.EqualTo(before + 400));
        x.Dispose();
        Assert.That(Card.AllocatedBytes, Is.EqualTo(before));
        Assert.That(() => Card.Stream.Launch(PlaneKernel, new Index2D(1, 1), view, 1),
            Throws.TypeOf<KernelException>().With.Message.Contains("IlgpuCardTests.PlaneKernel").And.Message.Contains("freed"));
    }

    [Test]
    public void The_list_names_every_device_without_opening_ilgpu()
    {
        DeviceDescription[] all = [.. Device.All().Where(device => device.Kind == "ilgpu")];
        Assert.That(all[0], Has.Property("Name").EqualTo("ilgpu:cpu").And.Property("Available").True);
        Assert.That(all.Skip(1).Select(device => device.Name), Has.Some.StartsWith("ilgpu:cuda").And.Some.StartsWith("ilgpu:opencl"));
        Assert.That(all.Select(device => device.Reason), Has.None.Empty);
    }

    [TestCase("ilgpu", 0, "there is no device 'ilgpu'")]
    [TestCase("ilgpu:gpu", 0, "ilgpu:cuda:0, ilgpu:opencl:0")]
    [TestCase("ilgpu:cuda:x", 0, "there is no device 'ilgpu:cuda:x'")]
    [TestCase("ilgpu:cuda:0", 2, "leave it out")]
    [TestCase("ilgpu:cpu", -1, "between 1 and 1024")]
    public void A_device_that_cannot_be_had_says_why(string name, int threads, string reason) =>
        Assert.That(() => Device.Open(name, threads), Throws.TypeOf<DeviceUnavailableException>().With.Message.Contains(reason));

    [Test]
    public void A_device_that_the_list_refuses_does_not_open_and_says_the_same()
    {
        DeviceDescription[] refused = [.. Device.All().Where(device => device is { Kind: "ilgpu", Available: false })];
        if (refused.Length == 0)
            Assert.Ignore("ILGPU takes every device of this machine");
        foreach (DeviceDescription description in refused)
        {
            Assert.That(() => Device.Open(description.Name),
                Throws.TypeOf<DeviceUnavailableException>().With.Message.Contains(description.Reason));
        }
    }

    static int[] Read(ArrayView<int> view)
    {
        var result = new int[view.Length];
        Card.Stream.Read<int>(view, result);
        return result;
    }

    static void PlaneKernel(Index2D i, ArrayView<int> x, int width) => x[i.Y * width + i.X] = i.Y * width + i.X;

    static void PairKernel(Pair pair, ArrayView<int> none) =>
        pair.View[Grid.IdxX * Group.DimX + Group.IdxX] += pair.More + (int)none.Length;

    /// <summary>A view within a struct.</summary>
    public readonly record struct Pair(ArrayView<int> View, int More);
}
