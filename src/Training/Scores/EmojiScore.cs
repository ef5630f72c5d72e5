namespace Dalle2.Training.Scores;

/// <summary>
/// Judges drawings of <c>emoji</c> by choice among real pictures, by squared pixel distance. Tone: the five skin tones of the same subject and
/// style (chance 1/5). Subject: fifty subjects of the same tone and style, the true one among them (chance 1/50).
/// </summary>
/// <param name="Count">How many trials there were.</param>
/// <param name="Right">The share in which the true picture is the nearest.</param>
/// <param name="Chance">The share expected of a drawing that says nothing: the mean of one over the number of candidates.</param>
public sealed record EmojiScore(int Count, WilsonInterval Right, double Chance)
{
    /// <summary>Candidates of the tone test.</summary>
    public const int ToneChoices = 5;

    /// <summary>Candidates of the subject test.</summary>
    public const int SubjectChoices = 50;

    /// <summary>Scores a list of trials of one test.</summary>
    /// <exception cref="ArgumentException">There is no trial, or a picture has another length than its sample.</exception>
    public static EmojiScore Of(IReadOnlyList<ChoiceTrial> trials)
    {
        ArgumentNullException.ThrowIfNull(trials);
        if (trials.Count == 0)
            throw new ArgumentException("there is nothing to score", nameof(trials));

        int right = trials.Count(IsRight);
        return new EmojiScore(trials.Count, WilsonInterval.Of(right, trials.Count), trials.Average(trial => 1.0 / trial.Candidates.Count));
    }

    /// <summary>Whether the true picture is nearer than every other; a tie is wrong, and so is a sample with NaN.</summary>
    /// <exception cref="ArgumentException">A candidate has another length than the sample, or the truth is not among them.</exception>
    public static bool IsRight(ChoiceTrial trial)
    {
        ArgumentNullException.ThrowIfNull(trial);
        if (trial.Truth < 0 || trial.Truth >= trial.Candidates.Count)
            throw new ArgumentException($"candidate {trial.Truth} of {trial.Candidates.Count} cannot be the true one", nameof(trial));

        double own = Distance(trial.Sample, trial.Candidates[trial.Truth]);
        for (int i = 0; i < trial.Candidates.Count; i++)
        {
            if (i != trial.Truth && !(own < Distance(trial.Sample, trial.Candidates[i])))
                return false;
        }

        return double.IsFinite(own);
    }

    static double Distance(float[] a, float[] b)
    {
        if (a.Length != b.Length)
            throw new ArgumentException($"a sample of {a.Length} values and a candidate of {b.Length} cannot be compared");

        double sum = 0;
        for (int i = 0; i < a.Length; i++)
        {
            double difference = (double)a[i] - b[i];
            sum += difference * difference;
        }

        return sum;
    }
}
