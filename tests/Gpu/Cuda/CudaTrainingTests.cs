using Dalle2.Cli;
using Dalle2.Gpu.Runtime;
using Dalle2.Gpu.Runtime.Cuda;
using Dalle2.Ops;
using Dalle2.Training.Families;
using Dalle2.Training.Families.Classic;
using Dalle2.Training.Runs;

namespace Dalle2.Tests.Gpu.Cuda;

/// <summary>Training steps through the CUDA device end with the bits that the CPU's do.</summary>
public class CudaTrainingTests
{
    static TrainingConfig Config => ModelFamily.Default.Preset("tiny") with { Samples = 8, Batch = 2 };

    [Test]
    public void Steps_of_the_whole_model_end_with_the_bits_of_the_cpu_through_the_interpreter()
    {
        const int steps = 2;
        var driver = new StandInDriver();
        using (CudaDevice device = StandInDevice.Open(driver))
            Assert.That(Train(device, steps, Config), Is.EqualTo(OnTheCpu(steps, Config)));
        Assert.That(driver.Alive, Is.Empty);
        Assert.That(driver.Calls.Count(call => call.StartsWith("LaunchKernel")), Is.GreaterThan(100));
    }

    [Test]
    public void Twenty_steps_on_a_card_end_with_the_bits_of_the_cpu()
    {
        using Device device = Card();
        TrainingConfig config = Config with { Samples = 64, Batch = 16 };
        Assert.That(Train(device, 20, config), Is.EqualTo(OnTheCpu(20, config)));
    }

    [Test]
    public void Every_op_leaves_the_bits_of_the_reference_on_a_card()
    {
        using Device device = Card();
        Assert.Multiple(() =>
        {
            foreach (var (type, shape) in OpCaseRun.All)
                OpCaseRun.RequireEqualBits(device, type, shape);
        });
    }

    [Test]
    public void Ops_on_matrix_units_of_a_card_are_those_of_the_definition([Values(Precision.Tf32, Precision.Bf16)] Precision precision)
    {
        using Device device = Card();
        if (!device.HasMatrixUnits)
            Assert.Ignore($"{device.Description} has no matrix units");
        device.Precision = precision;
        Assert.Multiple(() =>
        {
            foreach (Type type in (Type[])[typeof(GemmCase), typeof(LinearCase), typeof(Conv2dCase), typeof(ConvTranspose2dCase)])
            {
                foreach (int[] shape in OpCase.Create(type).Shapes)
                {
                    OpResult result = GradientCheck.Run(type, shape, device, Rounding.To(precision));
                    Assert.That(result.Passed,
                        $"{OpCase.NameOf(type)} {string.Join('x', shape)}: {result.MaxRelativeError:E2}: {result.Where}");
                }
            }
        });
    }

    static Device Card()
    {
        DeviceDescription first = Device.All().First(device => device.Kind == "cuda");
        if (!first.Available)
            Assert.Ignore(first.Reason);
        return Device.Open(first.Name);
    }

    static string OnTheCpu(int steps, TrainingConfig config)
    {
        using Device cpu = Device.Open("cpu");
        return Train(cpu, steps, config);
    }

    static string Train(Device device, int steps, TrainingConfig config)
    {
        using var training = new ProfiledTraining(device, config, ClassicFamily.FineTune);
        for (int step = 0; step < steps; step++)
            training.Step(null, step);
        return training.Fingerprint();
    }
}
