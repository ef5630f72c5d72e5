namespace Dalle2.Models.Diffusion;

/// <summary>
/// How much is left of a sample at a time t from 0 (none of the noise) to 1 (nothing but noise): <c>alpha(t) x + sigma(t) eps</c> with
/// <c>alpha^2 + sigma^2 = 1</c>. On the host, in double precision.
/// </summary>
public sealed class NoiseSchedule
{
    /// <summary>The least log of alpha^2: beyond it alpha, by which the clean sample is found from the noise, would be lost in a float's rounding.</summary>
    public const double LeastLog = -18;

    /// <summary>s of the cosine schedule, where no other is given.</summary>
    public const double CosineOffset = 0.008;

    // The largest part of alpha^2 that a step of a discrete schedule takes (Nichol and Dhariwal, 2021).
    const double LargestBeta = 0.999;

    readonly Func<double, double> logSquare;

    NoiseSchedule(Func<double, double> logSquare) => this.logSquare = logSquare;

    /// <summary>
    /// The cosine schedule (Nichol and Dhariwal, 2021, arXiv 2102.09672): <c>alpha^2 = f(t) / f(0)</c>, <c>f(t) = cos^2((t + s) / (1 + s) pi / 2)</c>.
    /// </summary>
    /// <param name="offset">s.</param>
    /// <exception cref="ArgumentException">The offset is negative or not finite.</exception>
    public static NoiseSchedule Cosine(double offset = CosineOffset)
    {
        if (!(offset >= 0) || !double.IsFinite(offset))
            throw new ArgumentException($"the offset of a cosine schedule is 0 or more, not {offset}");
        return new NoiseSchedule(t => 2 * Math.Log(Math.Max(0, Cos(t)) / Cos(0)));

        double Cos(double t) => Math.Cos((t + offset) / (1 + offset) * Math.PI / 2);
    }

    /// <summary>
    /// The linear schedule of DDPM (Ho et al., 2020, arXiv 2006.11239) for any time: beta grows from the first to the last, of so many steps,
    /// <c>log alpha^2 = -steps (first t + (last - first) t^2 / 2)</c> (Song et al., 2021, arXiv 2011.13456). Its own discrete form is <see cref="Discrete(double[])"/>.
    /// </summary>
    /// <param name="first">Beta of the first step.</param>
    /// <param name="last">Beta of the last.</param>
    /// <param name="steps">The steps that the betas are meant for.</param>
    /// <exception cref="ArgumentException">The betas are not within (0, 1) and growing, or there is no step.</exception>
    public static NoiseSchedule LinearBeta(double first = 1e-4, double last = 0.02, int steps = 1000)
    {
        if (!(first > 0 && first <= last && last < 1) || steps < 1)
            throw new ArgumentException($"betas grow within (0, 1) over one step or more, not from {first} to {last} over {steps}");
        return new NoiseSchedule(t => -steps * (first * t + (last - first) * t * t / 2));
    }

    /// <summary>A schedule of T steps, given by their betas: <c>alpha^2 = product of (1 - beta)</c> at the times 1 / T, 2 / T, ..., and its log is linear between those.</summary>
    /// <param name="betas">Of each step, within (0, 1).</param>
    /// <exception cref="ArgumentException">There is none, or one is out of (0, 1).</exception>
    public static NoiseSchedule Discrete(params double[] betas)
    {
        if (betas.Length == 0 || !betas.All(beta => beta is > 0 and < 1))
            throw new ArgumentException("a discrete schedule has betas within (0, 1), one at least");
        var logs = new double[betas.Length + 1];
        for (int step = 0; step < betas.Length; step++)
            logs[step + 1] = logs[step] + Math.Log(1 - betas[step]);
        return new NoiseSchedule(t =>
        {
            double place = t * betas.Length;
            int before = Math.Min((int)place, betas.Length - 1);
            return logs[before] + (place - before) * (logs[before + 1] - logs[before]);
        });
    }

    /// <summary>This schedule in T steps, whose betas are .999 at most.</summary>
    /// <param name="steps">T.</param>
    /// <exception cref="ArgumentException">There is no step.</exception>
    public NoiseSchedule Discrete(int steps)
    {
        if (steps < 1)
            throw new ArgumentException($"a discrete schedule has one step or more, not {steps}");
        return Discrete([.. Enumerable.Range(1, steps).Select(
            step => Math.Min(LargestBeta, -Expm1(logSquare((double)step / steps) - logSquare((step - 1.0) / steps))))]);
    }

    /// <summary>What is left of the sample.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The time is outside of [0, 1].</exception>
    public double Alpha(double t) => Math.Exp(LogSquare(t) / 2);

    /// <summary>The deviation of the noise.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The time is outside of [0, 1].</exception>
    public double Sigma(double t) => Math.Sqrt(-Expm1(LogSquare(t)));

    /// <summary>The log of the signal's power over the noise's, <c>log(alpha^2 / sigma^2)</c>; infinite at 0.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The time is outside of [0, 1].</exception>
    public double LogSnr(double t) => LogSquare(t) - Math.Log(-Expm1(LogSquare(t)));

    /// <summary>
    /// The weight of the squared error at a time (min-SNR-gamma: Hang et al., 2023, arXiv 2303.09556): that of the clean sample's error is <c>min(SNR, gamma)</c>,
    /// whatever is predicted; so <c>min(SNR, gamma)</c> of x, over SNR of eps, over SNR + 1 of v.
    /// </summary>
    /// <param name="t">The time, in (0, 1].</param>
    /// <param name="target">What is predicted.</param>
    /// <param name="gamma">The largest weight of the clean sample's error; infinite for the weights of SNR itself.</param>
    /// <exception cref="ArgumentOutOfRangeException">The time is outside of (0, 1].</exception>
    /// <exception cref="ArgumentException">There is no such target.</exception>
    public double MinSnrWeight(double t, DiffusionTarget target, double gamma = 5)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(t);
        double snr = Math.Exp(LogSnr(t)), clean = Math.Min(snr, gamma);
        return target switch
        {
            DiffusionTarget.Velocity => clean / (snr + 1),
            DiffusionTarget.Noise => clean / snr,
            DiffusionTarget.Clean => clean,
            _ => throw new ArgumentException($"there is no target number {(int)target}"),
        };
    }

    double LogSquare(double t)
    {
        if (!(t is >= 0 and <= 1))
            throw new ArgumentOutOfRangeException(nameof(t), $"times of diffusion lie in [0, 1]; this is {t}");
        return Math.Max(LeastLog, logSquare(t));
    }

    // exp(x) - 1 without loss near 0 (Kahan).
    static double Expm1(double x)
    {
        double u = Math.Exp(x);
        return u == 1 ? x : u - 1 == -1 ? -1 : (u - 1) * x / Math.Log(u);
    }
}
