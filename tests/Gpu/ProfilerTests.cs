using System.Diagnostics;
using Dalle2.Gpu.Runtime;

namespace Dalle2.Tests.Gpu;

[TestFixture("cpu")]
[TestFixture("reference")]
sealed class ProfilerTests(string deviceName) : ILaunchProfiler
{
    readonly List<StreamRecord> records = [];

    [Test]
    public void It_is_told_of_each_piece_of_work_in_order_and_of_none_when_taken_away()
    {
        using Device device = Device.Open(deviceName);
        using Buffer<float> x = device.Allocate<float>(100), y = device.Allocate<float>(100);
        device.Profiler = this;
        long before = Stopwatch.GetTimestamp();
        device.Stream.Clear(x.View);
        device.Stream.Write<float>(new float[100], y.View);
        device.Stream.Launch(AddKernel, 100, x.View, y.View);
        device.Stream.Launch(GroupKernel, new KernelConfig(new Index2D(5, 2), new Index2D(2, 5)), x.View);
        device.Stream.Copy(x.View.SubView(0, 50), y.View.SubView(50));
        device.Stream.Read<float>(y.View, new float[100]);
        long after = Stopwatch.GetTimestamp();
        device.Profiler = null;
        device.Stream.Clear(x.View);

        Assert.That(records.Select(r => (r.Kind, r.Kernel, r.Grid, r.Group, r.Bytes)),
            Is.EqualTo(new (StreamWork, string?, Index3D, Index3D, long)[]
        {
            (StreamWork.Clear, null, default, default, 400),
            (StreamWork.Write, null, default, default, 400),
            (StreamWork.Launch, "ProfilerTests.AddKernel", new Index3D(100, 1, 1), default, 800),
            (StreamWork.Launch, "ProfilerTests.GroupKernel", new Index3D(5, 2, 1), new Index3D(2, 5, 1), 400),
            (StreamWork.Copy, null, default, default, 200),
            (StreamWork.Read, null, default, default, 400),
        }));
        long[] times = [before, .. records.SelectMany<StreamRecord, long>(r => [r.Start, r.Began, r.End]), after];
        Assert.That(times, Is.Ordered);
    }

    void ILaunchProfiler.Done(in StreamRecord record) => records.Add(record);

    static void AddKernel(Index1D i, ArrayView<float> x, ArrayView<float> y) => x[i] += y[i];

    static void GroupKernel(ArrayView<float> x) => x[(Grid.IdxY * 5 + Grid.IdxX) * 10 + Group.IdxY * 2 + Group.IdxX] += 1f;
}
