using Dalle2.Data;
using Dalle2.Gpu.Runtime;
using Dalle2.Gpu.Runtime.Cuda;
using Dalle2.Models.Parts;
using Dalle2.Tests.Gpu.Cuda;
using Dalle2.Training.Loop;

namespace Dalle2.Tests.Training;

sealed class StepMemoryTests
{
    // Batches differ in the length of their longest caption; every length has been seen after the first epochs.
    const int Epochs = 8, StepsPerEpoch = 5;

    [TestCaseSource(typeof(TrainingSteps), nameof(TrainingSteps.Cases))]
    public void A_step_allocates_nothing_after_the_first_ones(string stage, RecurrentCell cell)
    {
        using Device device = Device.Open("cpu", 2);
        using var steps = new TrainingSteps(device, stage, cell);
        // Of hard batches, which are one of two, so many again.
        int first = Epochs * StepsPerEpoch * (steps.Stage.HasHardBatches ? 4 : 1);
        for (int step = 0; step < first; step++)
            steps.Run(step);
        long onDevice = device.AllocatedBytes, before = GC.GetAllocatedBytesForCurrentThread();
        for (int step = first; step < first + Epochs * StepsPerEpoch; step++)
            steps.Run(step);
        long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        Assert.That(allocated, Is.Zero, "on the host");
        Assert.That(device.AllocatedBytes, Is.EqualTo(onDevice), "on the device");
    }

    [TestCase("text")]
    [TestCase("joint")]
    [TestCase("unclip/decoder")]
    public void Nor_does_a_step_of_several_batches(string stage)
    {
        using Device device = Device.Open("cpu", 2);
        using var steps = new TrainingSteps(device, stage, change: config => config with { Accumulation = 2 });
        int first = Epochs * StepsPerEpoch;
        for (int step = 0; step < first; step++)
            steps.Run(step);
        long onDevice = device.AllocatedBytes, before = GC.GetAllocatedBytesForCurrentThread();
        for (int step = first; step < 2 * first; step++)
            steps.Run(step);
        Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.Zero, "on the host");
        Assert.That(device.AllocatedBytes, Is.EqualTo(onDevice), "on the device");
    }

    [TestCase("text")]
    [TestCase("joint")]
    [TestCase("unclip/clip")]
    [TestCase("unclip/decoder")]
    public void What_is_given_back_by_several_batches_is_read_no_more(string stage)
    {
        using Device device = Device.Open("cpu", 2);
        TrainingSteps Create() => new(device, stage, change: config => config with { Accumulation = 3 });
        using TrainingSteps plain = Create(), poisoned = Create();
        (poisoned.IsReplayed, poisoned.Context.Arena.PoisonsReleased) = (false, true);
        for (int step = 0; step < 3; step++)
            Assert.That(poisoned.Run(step), Is.EqualTo(plain.Run(step)).And.Not.NaN, $"loss of step {step}");
        Assert.That(poisoned.Values(), Is.EqualTo(plain.Values()));
    }

    [TestCaseSource(typeof(TrainingSteps), nameof(TrainingSteps.Cases))]
    public void What_is_given_back_is_read_no_more(string stage, RecurrentCell cell)
    {
        using Device device = Device.Open("cpu", 2);
        using TrainingSteps plain = new(device, stage, cell), poisoned = new(device, stage, cell);
        // The host writes the poison, which cannot be recorded.
        (poisoned.IsReplayed, poisoned.Context.Arena.PoisonsReleased) = (false, true);
        for (int step = 0; step < 3; step++)
            Assert.That(poisoned.Run(step), Is.EqualTo(plain.Run(step)).And.Not.NaN, $"loss of step {step}");
        Assert.That(poisoned.Values(), Is.EqualTo(plain.Values()));
    }

    [TestCaseSource(typeof(TrainingSteps), nameof(TrainingSteps.Cases))]
    public void The_plan_is_what_a_step_takes_and_changes_nothing(string stage, RecurrentCell cell)
    {
        using Device device = Device.Open("cpu", 2);
        using TrainingSteps planned = new(device, stage, cell), plain = new(device, stage, cell);
        Batch largest = planned.Sampler.Largest();
        long held = device.AllocatedBytes, bytes = StepMemory.Of(device, planned.Stage, largest);
        Assert.That(device.AllocatedBytes, Is.EqualTo(held));
        for (int step = 0; step < 3; step++)
            Assert.That(planned.Run(step), Is.EqualTo(plain.Run(step)));
        planned.Context.BeginStep(3, training: true);
        using (planned.Context.GatherUploads())
            planned.Stage.Upload(planned.Context, largest);
        planned.Stage.Run(planned.Context);
        Assert.That(planned.Context.CapacityBytes, Is.EqualTo(bytes));
    }

    [Test]
    public void A_step_that_the_device_has_no_memory_for_is_refused_with_figures()
    {
        using Device device = Device.Open("cpu", 1);
        using var steps = new TrainingSteps(device, "image");
        string sentence = StepMemory.Require(device, steps.Stage, steps.Sampler.Largest());
        Assert.That(sentence,
            Does.Match(
            "memory of cpu: stage 'image' takes [0-9]+ MiB for a step of 8 pictures, beside the [0-9]+ MiB of parameters and moments"));
        using var small = new SmallDevice();
        Assert.That(
            () => StepMemory.Require(small, steps.Stage, steps.Sampler.Largest()),
            Throws.TypeOf<UserInputException>().With.Message.Match(
            "small: .* takes [0-9]+ MiB .*, and 1 MiB are available; take a smaller batch \\(--set batch=N, it is 8; with accumulation=N "
            + "as many times larger"));
    }

    [Test]
    public void With_precision_bf16_the_plan_says_what_is_kept_how()
    {
        using CudaDevice device = StandInDevice.Open(new StandInDriver { Capability = 80 });
        using var steps = new TrainingSteps(device, "image");
        Assert.That(StepMemory.Require(device, steps.Stage, steps.Sampler.Largest()), Does.EndWith("moments"));
        device.Precision = Precision.Bf16;
        Assert.That(StepMemory.Require(device, steps.Stage, steps.Sampler.Largest()),
            Does.Match(
            "^memory of cuda:0 bf16: .* moments; of the step's tensors, [0-9]+ MiB are in bfloat16 and [0-9]+ MiB in float32$"));
    }

    // A device with little memory left.
    sealed class SmallDevice() : Device("small", 1)
    {
        public override string Description => "small";

        public override long AvailableBytes => 1 << 20;

        internal override void Run(Launch launch) => throw new NotSupportedException();

        internal override void CopyIn(ReadOnlySpan<byte> source, nint target) => throw new NotSupportedException();

        internal override void CopyOut(nint source, Span<byte> target) => throw new NotSupportedException();

        internal override void CopyWithin(nint source, nint target, long bytes) => throw new NotSupportedException();

        internal override void ClearBytes(nint target, long bytes) => throw new NotSupportedException();

        private protected override nint Reserve(long bytes) => 0;

        private protected override void Release(nint address)
        {
        }

        protected override void Dispose(bool disposing)
        {
        }
    }
}
