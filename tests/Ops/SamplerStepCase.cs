namespace Dalle2.Ops;

/// <summary>Sizes: samples, elements of one, 1 with the clean samples of the step before, 1 with noise, 1 with clamping. Outputs: x, and the clean samples where they are kept.</summary>
public sealed class SamplerStepCase : OpCase
{
    const string Noise = "noise";
    const int Seed = 3, Index = 5;

    public override int[][] Shapes => [[1, 1, 0, 0, 0], [2, 35, 1, 0, 1], [1, 333, 0, 1, 1], [3, 70, 1, 1, 0]];

    public override int[][] BenchShapes => [[64, 12288, 1, 0, 1], [64, 12288, 0, 1, 1]];

    public override (double Flops, double Bytes) Cost(int[] s) =>
        ((s[3] == 1 ? 50.0 : 9.0) * s[0] * s[1], (s[2] == 1 ? 20.0 : 12.0) * s[0] * s[1]);

    public override Argument[] Arguments(int[] s) =>
    [
        Argument.Normal("x", 1, s[0], s[1]).Constant(), Argument.Normal("prediction", 1, s[0], s[1]).Constant(),
        Argument.Normal("previous", 1, s[0], s[1]).Constant(),
        Argument.Given("numbers", [.. Enumerable.Range(0, s[0]).Select(sample => 1000 - 300 * sample)], s[0]),
    ];

    // Each sample draws by its own number, and anew in each step of the sampler.
    public override double[][] Reference(int[] s, double[][] args)
    {
        double[] noise =
        [
            .. args[3].SelectMany(number => DiffusionCase.Normals(
                RandomKey.Named(Seed, ((ulong)Index << 32) + (ulong)number, Noise), 1, s[1])),
        ];
        SamplerCoefficients by = Coefficients(s);
        double[] clean = [.. args[0].Zip(args[1], (x, prediction) => by.OnX * x + by.OnPrediction * prediction)];
        if (by.Clamps)
            clean = [.. clean.Select(value => Math.Clamp(value, -1, 1))];
        double[] next = [.. clean.Select((value, i) => by.A * args[0][i] + by.B * value + by.C * args[2][i] + by.D * noise[i])];
        return s[2] == 1 ? [next, clean] : [next];
    }

    public override Tensor[] Forward(Context context, int[] s, DeviceArguments args)
    {
        Tensor x = Copy(args[0]);
        Tensor? previous = s[2] == 1 ? Copy(args[2]) : null;
        SamplerStepOp.Update(context.Stream, x, args[1], previous, Upload(context, s), Key(s, args));
        return previous == null ? [x] : [x, previous];

        Tensor Copy(Tensor from)
        {
            Tensor copy = context.Allocate(from.Shape);
            context.Stream.Copy(from.View, copy.View);
            return copy;
        }
    }

    // One step, over and over.
    public override OpPasses Prepare(Context context, int[] s, DeviceArguments args)
    {
        return new OpPasses(Update, null);

        Tensor[] Update()
        {
            SamplerStepOp.Update(context.Stream, args[0], args[1], s[2] == 1 ? args[2] : null, Upload(context, s), Key(s, args));
            return [args[0]];
        }
    }

    public override Tensor?[] Backward(Context context, int[] s, DeviceArguments args, Tensor[] gradients) => [null, null, null, null];

    static SampleKey? Key(int[] s, DeviceArguments args) =>
        s[3] == 1 ? new SampleKey(RandomKey.Named(Seed, 0, Noise), args.Integers(3)) : null;

    static Tensor Upload(Context context, int[] s)
    {
        var numbers = new float[SamplerCoefficients.Length];
        Coefficients(s).CopyTo(numbers);
        return context.Upload(numbers, numbers.Length);
    }

    static SamplerCoefficients Coefficients(int[] s) =>
        new(0.75, -0.5, 0.875, 0.25, s[2] == 1 ? -0.125 : 0, s[3] == 1 ? 0.375 : 0, s[4] == 1, Index);
}
