using Dalle2.Gpu.Runtime;
using Dalle2.Gpu.Runtime.Reference;
using Dalle2.Tests.Gpu.Compiler;

namespace Dalle2.Tests.Gpu;

sealed class LaunchTests
{
    [TestCase(1)]
    [TestCase(2)]
    [TestCase(3)]
    public void A_launch_allocates_nothing_after_the_first(int threads)
    {
        using Device device = Device.Open("cpu", threads);
        using Buffer<float> x = device.Allocate<float>(1000);
        device.Stream.Clear(x.View);
        void Step()
        {
            device.Stream.Launch(AddKernel, 1000, x.View, 0.5f);
            device.Stream.Launch(AddKernel, new Index2D(10, 3), x.View, 1f);
            device.Stream.Launch(GroupKernel, (10, 100), x.View, new Pair(1, 2f), ILGPU.Runtime.SpecializedValue.New(3));
            device.Stream.Launch(GroupKernel, (10, 100), x.View, new Pair(1, 2f), ILGPU.Runtime.SpecializedValue.New(4));
            device.Stream.Launch(GenericKernel<Twice>, 100, x.View);
            device.Stream.Launch(GenericKernel<Thrice>, 100, x.View);
        }

        Step();
        Step();
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 100; i++)
            Step();
        Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.Zero);
    }

    [Test]
    public void Arguments_are_the_same_whether_they_are_packed_by_type_or_from_objects()
    {
        object[] objects = [(sbyte)-3, true, (Half)1.5f, new Mixed(7, -2.5, 'x'), ILGPU.Runtime.SpecializedValue.New(-5), ulong.MaxValue,
            (short)-1];
        CompiledKernel kernel = CompiledKernel.Of(MixedKernel);
        Launch typed = new Launch().Begin(kernel, new Index3D(4, 1, 1), null)
            .Add((sbyte)-3).Add(true).Add((Half)1.5f).Add(new Mixed(7, -2.5, 'x')).Add(ILGPU.Runtime.SpecializedValue.New(-5))
            .Add(ulong.MaxValue).Add((short)-1);
        var boxed = new Launch(kernel, objects, new Index3D(4, 1, 1), null);
        ulong[] independent = KernelArguments.Bits(objects.Where(o => o is not ILGPU.Runtime.SpecializedValue<int>));
        Assert.That(typed.Parameters.ToArray(), Is.EqualTo(independent));
        Assert.That(boxed.Parameters.ToArray(), Is.EqualTo(independent));
        Assert.That(typed.Constants.ToArray(), Is.EqualTo(KernelArguments.Bits([ILGPU.Runtime.SpecializedValue.New(-5)])));
        Assert.That(boxed.Constants.ToArray(), Is.EqualTo(typed.Constants.ToArray()));
        Assert.That(typed.Arguments, Is.EqualTo(objects));
    }

    [Test]
    public void More_arguments_than_ever_before_find_room()
    {
        var launch = new Launch();
        launch.Begin(CompiledKernel.Of(MixedKernel), default, null);
        for (ulong i = 0; i < 1000; i++)
            launch.Add(i);
        Assert.That(launch.Parameters.ToArray(), Is.EqualTo(Enumerable.Range(0, 1000).Select(i => (ulong)i)));
    }

    static void AddKernel(Index1D i, ArrayView<float> x, float a) => x[i] += a;

    static void AddKernel(Index2D i, ArrayView<float> x, float a) => x[i.Y * 10 + i.X] += a;

    static void GroupKernel(ArrayView<float> x, Pair pair, ILGPU.Runtime.SpecializedValue<int> times) =>
        x[Grid.IdxX * 100 + Group.IdxX] += pair.A * pair.B * times;

    static void GenericKernel<T>(Index1D i, ArrayView<float> x)
        where T : struct, IFactor => x[i] *= default(T).Value;

    static void MixedKernel(Index1D i, sbyte a, bool b, Half c, Mixed d, ILGPU.Runtime.SpecializedValue<int> e, ulong f, short g)
    {
    }

    interface IFactor
    {
        float Value { get; }
    }

    struct Twice : IFactor
    {
        public readonly float Value => 2f;
    }

    struct Thrice : IFactor
    {
        public readonly float Value => 3f;
    }

    readonly record struct Pair(int A, float B);

    readonly record struct Mixed(byte A, double B, char C);
}
