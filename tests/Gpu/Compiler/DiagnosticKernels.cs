using System.Runtime.InteropServices;

namespace Dalle2.Tests.Gpu.Compiler;

/// <summary>Kernels that say what kernels cannot say, one for each diagnostic.</summary>
static class DiagnosticKernels
{
    static int counter = 1;

    public static void D2G001(Index1D i, ArrayView<int> x) => x[i] = Environment.TickCount;

    public static void D2G002(Index1D i, ArrayView<int> x)
    {
        var table = new List<int>();
        x[i] = table.Count;
    }

    public static void D2G003(Index1D i, ArrayView<int> x)
    {
        if (x[i] < 0)
            throw new InvalidOperationException();
    }

    public static void D2G004(Index1D i, ArrayView<int> x) => x[i] = Factorial(x[i]);

    public static void D2G005(Index1D i, ArrayView<int> x) => x[i] = counter;

    public static void D2G006(Index1D i, ArrayView<int> x) => x[i] = checked(x[i] + 1);

    public static void D2G007(ArrayView<int> x, int n) => x[0] = SharedMemory.Allocate<int>(n)[0];

    public static void D2G008(Index1D i, ArrayView<int> x)
    {
        int own = 0;
        ref int element = ref own;
        if (x[i] > 0)
            element = ref x[i];
        element = 3;
    }

    public static void D2G009(Index1D i, ArrayView<int> x, Overlaid value) => x[i] = value.Integer;

    public static void D2G010(Index1D i, ArrayView<int> x) => x[i] = Native();

    public static void D2G011(Index1D i, ArrayView<int> x) => x[i] = ((object)x[i]).GetHashCode();

    public static void D2G012(ArrayView<int> x, int n)
    {
        ArrayView<int> view = SharedMemory.Allocate<int>(4);
        if (n > 0)
            view = x;
        view[0] = 1;
    }

    public static void D2G013(Index1D i, ArrayView<int> x)
    {
        int own = i;
        x[i] = Atomic.Add(ref own, 1);
    }

    public static void D2G014(Index1D i, ArrayView<int> x) => x[i] = Group.IdxX;

    [StructLayout(LayoutKind.Explicit)]
    public struct Overlaid
    {
        [FieldOffset(0)]
        public int Integer;

        [FieldOffset(0)]
        public float Number;
    }

    static int Factorial(int n) => n < 2 ? 1 : n * Factorial(n - 1);

    [DllImport("none")]
    static extern int Native();

    /// <summary>Not a diagnostic: keeps the compiler from finding that the field never changes.</summary>
    public static void Count() => counter++;
}
