
namespace Dalle2.Tests.Gpu.Compiler;

/// <summary>Kernels that use what C# has and kernels do not, beyond one for each diagnostic.</summary>
static unsafe class UnsupportedKernels
{
    static readonly int[] Table = [1, 2, 3];

    static readonly string Name = "name";

    public static void Lambda(Index1D i, ArrayView<int> x)
    {
        Func<int, int> twice = v => 2 * v;
        x[i] = twice(x[i]);
    }

    public static void Text(Index1D i, ArrayView<int> x) => x[i] = "text".Length;

    public static void StaticText(Index1D i, ArrayView<int> x) => x[i] = Name.Length;

    public static void StaticArray(Index1D i, ArrayView<int> x) => Table[i % 3] = x[i];

    public static void Try(Index1D i, ArrayView<int> x)
    {
        try
        {
            x[i]++;
        }
        finally
        {
            x[i]--;
        }
    }

    public static void Lock(Index1D i, ArrayView<int> x)
    {
        lock (Table)
            x[i]++;
    }

    public static void Interface(Index1D i, ArrayView<int> x) => x[i] = Of(new Number(3));

    static int Of(INumber number) => number.Value;

    public static void Instance(Index1D i, ArrayView<int> x) => x[i] = new Counter().Next();

    public static void StackAllocation(Index1D i, ArrayView<int> x)
    {
        int* own = stackalloc int[4];
        own[i & 3] = i;
        x[i] = own[0];
    }

    public static void Span(Index1D i, ArrayView<int> x)
    {
        Span<int> own = [1, 2, 3];
        x[i] = own[i % 3];
    }

    public static void LibraryCall(Index1D i, ArrayView<int> x) => x[i] = Random.Shared.Next(x[i]);

    public static void CheckedConversion(Index1D i, ArrayView<int> x) => x[i] = checked((byte)x[i]);

    public static void Decimal(Index1D i, ArrayView<decimal> x) => x[i] += 1m;

    public static void TypeOf(Index1D i, ArrayView<int> x) => x[i] = typeof(int) == typeof(uint) ? 1 : x[i].GetType().MetadataToken;

    public static void StaticWrite(Index1D i, ArrayView<int> x) => Written = x[i];

    public static void MutualRecursion(Index1D i, ArrayView<int> x) => x[i] = Even(i) ? 1 : 0;

    public static void FunctionPointer(Index1D i, ArrayView<int> x)
    {
        delegate*<int, bool> even = &Even;
        x[i] = even(i) ? 1 : 0;
    }

    public static void AtomicOfBytes(Index1D i, ArrayView<Flags> x) => Atomic.Add(ref i.X > 3 ? ref x[0].Low : ref x[1].High, 1);

    public static int Written { get; private set; }

    static bool Even(int n) => n == 0 || Odd(n - 1);

    static bool Odd(int n) => n != 0 && Even(n - 1);

    public struct Flags
    {
        public int Low;
        public int High;
    }

    interface INumber
    {
        int Value { get; }
    }

    readonly record struct Number(int Value) : INumber;

    sealed class Counter
    {
        int count;

        public int Next() => ++count;
    }
}
