namespace Dalle2.Gpu.Runtime.Cuda;

/// <summary>How a launch over an extent is cut into groups: what keeps most threads on each multiprocessor, but no fewer groups than there are multiprocessors.</summary>
static class ExtentGroups
{
    /// <summary>The smallest groups: a warp.</summary>
    public const int LeastThreads = 32;

    const int UsualThreads = 128, MostThreads = 1024;

    /// <summary>The smallest usual size with the most resident threads; a smaller one only if it has more of them. Null if no group fits.</summary>
    /// <param name="groupsPerMultiprocessor">How many groups of so many threads a multiprocessor holds at once.</param>
    public static int? MostResident(Func<int, int> groupsPerMultiprocessor)
    {
        int best = UsualThreads, most = 0;
        foreach (int size in (int[])[UsualThreads, 2 * UsualThreads, 4 * UsualThreads, MostThreads, UsualThreads / 2, LeastThreads])
        {
            int resident = size * groupsPerMultiprocessor(size);
            if (resident > most)
                (best, most) = (size, resident);
        }

        return most > 0 ? best : null;
    }

    /// <summary>Groups, and threads of each.</summary>
    /// <param name="threads">Threads of the launch.</param>
    /// <param name="best">What <see cref="MostResident"/> says of its kernel.</param>
    /// <param name="multiprocessors">Of the card.</param>
    public static (int Groups, int Threads) Spread(int threads, int best, int multiprocessors)
    {
        int size = best;
        while (size > LeastThreads && IntrinsicMath.DivRoundUp(threads, size) < multiprocessors)
            size /= 2;
        return (IntrinsicMath.DivRoundUp(threads, size), size);
    }
}
