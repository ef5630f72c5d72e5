namespace Dalle2.Standalone;

public static class SampleKernels
{
    public static void Reciprocal(Index1D i, ArrayView<int> x) => x[i] = 100 / x[i];

    public static void Add(Index1D i, ArrayView<int> x, int n)
    {
        int sum = 0;
        for (int turn = 0; turn < 3; turn++)
            sum += x[i] / n;
        x[i] = sum + turnsOf(n);

        static int turnsOf(int n) => n * 10;
    }

    public static void Throw(Index1D i, ArrayView<int> x)
    {
        if (x[i] < 0)
            throw new ArgumentException("negative");
    }
}
