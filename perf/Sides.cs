using System.Globalization;
using System.Runtime.Intrinsics.X86;

namespace Dalle2.Perf;

/// <summary>Opens the two sides of a comparison, each in a process of its own.</summary>
static class Sides
{
    /// <summary>Our side, on a device.</summary>
    public static ISide Ours(string device, int threads)
    {
        string host = Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet" ? Environment.ProcessPath! : "dotnet";
        return new ProcessSide("ours", host, [typeof(Sides).Assembly.Location, "serve", "--device", device, "--threads", Text(threads)],
            []);
    }

    /// <summary>PyTorch, with the settings that are fair to it.</summary>
    /// <param name="python">The Python that has it.</param>
    /// <param name="threads">Its threads.</param>
    public static ISide PyTorch(string python, int threads) => new ProcessSide(
        "PyTorch", python, [Path.Combine(ResultHeader.Root, "perf", "peers", "torch_peer.py")],
        [("OMP_NUM_THREADS", Text(threads)), ("PYTHONDONTWRITEBYTECODE", "1"), .. BlasOfWideVectors]);

    // An OpenBLAS that does not know a processor takes AVX2. Told of one with AVX-512, it ends where there is none.
    static IEnumerable<(string, string)> BlasOfWideVectors => Avx512F.IsSupported ? [("OPENBLAS_CORETYPE", "SkylakeX")] : [];

    static string Text(int value) => value.ToString(CultureInfo.InvariantCulture);
}
