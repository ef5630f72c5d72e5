namespace Dalle2.Ops;

/// <summary>Sizes: elements, 1 with the clean sample of the step before, 1 with noise, 1 with clamping. Outputs: x, and the clean sample where it is kept.</summary>
public sealed class SamplerStepCase : OpCase
{
    const string Noise = "noise";
    const int Index = 5;

    public override int[][] Shapes => [[1, 0, 0, 0], [70, 1, 0, 1], [333, 0, 1, 1]];

    public override int[][] BenchShapes => [[64 * 12288, 1, 0, 1], [64 * 12288, 0, 1, 1]];

    public override (double Flops, double Bytes) Cost(int[] s) =>
        ((s[2] == 1 ? 50.0 : 9.0) * s[0], (s[1] == 1 ? 20.0 : 12.0) * s[0]);

    public override Argument[] Arguments(int[] s) =>
    [
        Argument.Normal("x", 1, s[0]).Constant(), Argument.Normal("prediction", 1, s[0]).Constant(),
        Argument.Normal("previous", 1, s[0]).Constant(),
    ];

    // The seed and the step of the check, and the sampler's step.
    public override double[][] Reference(int[] s, double[][] args)
    {
        double[] noise = DiffusionCase.Normals(RandomKey.Named(3, 1 + ((ulong)Index << 40), Noise), 1, s[0]);
        SamplerCoefficients by = Coefficients(s);
        double[] clean = [.. args[0].Zip(args[1], (x, prediction) => by.OnX * x + by.OnPrediction * prediction)];
        if (by.Clamps)
            clean = [.. clean.Select(value => Math.Clamp(value, -1, 1))];
        double[] next = [.. clean.Select((value, i) => by.A * args[0][i] + by.B * value + by.C * args[2][i] + by.D * noise[i])];
        return s[1] == 1 ? [next, clean] : [next];
    }

    public override Tensor[] Forward(Context context, int[] s, DeviceArguments args)
    {
        Tensor x = Copy(args[0]);
        Tensor? previous = s[1] == 1 ? Copy(args[2]) : null;
        SamplerStepOp.Update(context.Stream, x, args[1], previous, Upload(context, s), context.Key(Noise));
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
            SamplerStepOp.Update(
                context.Stream, args[0], args[1], s[1] == 1 ? args[2] : null, Upload(context, s), context.Key(Noise));
            return [args[0]];
        }
    }

    public override Tensor?[] Backward(Context context, int[] s, DeviceArguments args, Tensor[] gradients) => [null, null, null];

    static Tensor Upload(Context context, int[] s)
    {
        var numbers = new float[SamplerCoefficients.Length];
        Coefficients(s).CopyTo(numbers);
        return context.Upload(numbers, numbers.Length);
    }

    static SamplerCoefficients Coefficients(int[] s) =>
        new(0.75, -0.5, 0.875, 0.25, s[1] == 1 ? -0.125 : 0, s[2] == 1 ? 0.375 : 0, s[3] == 1, Index);
}
