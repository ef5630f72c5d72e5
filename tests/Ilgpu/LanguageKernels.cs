using System.Diagnostics;

namespace Dalle2.IlgpuKernels;

/// <summary>C# as kernels use it: control flow, structs, generics, lambdas and constants.</summary>
public sealed class LanguageKernels : KernelFamily
{
    const int Scale = 3;

    static readonly int[] Primes = [2, 3, 5, 7, 11, 13, 17, 19];
    static readonly float[] Weights = [.25f, .5f, .25f];
    static readonly int Offset = 40;
    static readonly Interval Bounds = new(-2.5f, 4f);

    internal readonly struct Interval(float low, float high)
    {
        public readonly float Low = low;
        public readonly float High = high;

        public float Width => High - Low;

        public bool Contains(float value) => value >= Low && value < High;
    }

    internal enum Shape : byte
    {
        Square,
        Circle,
        Triangle = 7,
        None = 255,
    }

    internal interface IBinaryOperation<T>
    {
        T Neutral { get; }

        T Apply(T a, T b);
    }

    internal readonly struct Sum : IBinaryOperation<int>
    {
        public int Neutral => 0;

        public int Apply(int a, int b) => a + b;
    }

    internal readonly struct Largest : IBinaryOperation<float>
    {
        public float Neutral => float.NegativeInfinity;

        public float Apply(float a, float b) => a > b ? a : b;
    }

    internal readonly struct Modulo(int divisor) : IBinaryOperation<int>
    {
        public int Neutral => 1;

        public int Apply(int a, int b) => (a * 31 + b) % divisor;
    }

    static void ConstantsKernel(Index1D index, ArrayView<int> result) => result[index] = Scale * Primes[index % 8] + Offset + Primes.Length;

    static void StaticStructKernel(Index1D index, ArrayView<float> x, ArrayView<float> result)
    {
        result[index] = Bounds.Contains(x[index]) ? (x[index] - Bounds.Low) / Bounds.Width : -1;
    }

    static void LocalArrayKernel(Index1D index, ArrayView<int> data, ArrayView<int> result)
    {
        var counts = new int[4];
        for (int i = 0; i < data.Length; i++)
            counts[data[i] & 3] += index.X + 1;
        result[index] = counts[0] + 10 * counts[1] + 100 * counts[2] + 1000 * counts[3];
    }

    static void ArrayInitializerKernel(Index1D index, ArrayView<int> result)
    {
        int[] digits = [index, 2 * index, 7];
        var table = new[] { 5, 1, 4, 2, 3 };
        int sum = 0;
        for (int i = 0; i < digits.Length; i++)
            sum += digits[i] * table[(i + index) % table.Length];
        result[index] = sum;
    }

    static void WeightsKernel(Index1D index, ArrayView<float> x, ArrayView<float> result)
    {
        float sum = 0;
        for (int i = 0; i < 3; i++)
            sum += Weights[i] * x[index + i];
        result[index] = sum;
    }

    static void MatrixArrayKernel(Index1D index, ArrayView<float> x, ArrayView<float> result)
    {
        var matrix = new float[2, 3];
        for (int row = 0; row < 2; row++)
        {
            for (int column = 0; column < 3; column++)
                matrix[row, column] = x[index] * row + column;
        }
        result[index] = matrix[1, 2] - matrix[0, 1] + matrix[1, 0];
    }

    static void SwitchKernel(Index1D index, ArrayView<int> codes, ArrayView<int> result)
    {
        switch (codes[index])
        {
            case 0:
                result[index] = 10;
                break;
            case 1:
            case 2:
                result[index] = 20;
                return;
            case 3:
                result[index] = codes[0] + 30;
                break;
            case 50:
                result[index] = 500;
                break;
            default:
                result[index] = -1;
                break;
        }
        result[index] += 1;
    }

    static void EnumKernel(Index1D index, ArrayView<Shape> shapes, ArrayView<float> areas, Shape special)
    {
        Shape shape = shapes[index];
        areas[index] = shape switch
        {
            Shape.Square => 4f,
            Shape.Circle => 3.25f,
            Shape.Triangle => 2f,
            _ => 0f,
        };
        if (shape == special)
            shapes[index] = Shape.None;
    }

    static void LoopsKernel(Index1D index, ArrayView<int> result)
    {
        int steps = 0, value = index + 1;
        do
        {
            value = value % 2 == 0 ? value / 2 : 3 * value + 1;
            steps++;
        }
        while (value != 1 && steps < 100);
        for (int i = 0; i < 10; i++)
        {
            if (i == index)
                continue;
            for (int j = i; ; j++)
            {
                if (j * j > 20)
                    break;
                steps += j & 1;
            }
            if (i > index + 4)
                break;
        }
        result[index] = steps;
    }

    static void ShortCircuitKernel(Index1D index, ArrayView<int> data, ArrayView<int> result)
    {
        int i = index;
        bool inside = i > 0 && data[i - 1] < data[i] && (i + 1 >= data.Length || data[i + 1] <= data[i]);
        bool odd = (data[i] & 1) == 1 ^ inside;
        result[i] = inside || !odd ? inside ? 2 : 1 : 0;
    }

    static void ReferencesKernel(Index1D index, ArrayView<int> data)
    {
        int first = data[2 * index], second = data[2 * index + 1];
        if (first > second)
            Swap(ref first, ref second);
        Split(in first, second, out int quotient, out int remainder);
        Swap(ref data[2 * index], ref data[2 * index + 1]);
        data[2 * index] += 1000 * quotient;
        data[2 * index + 1] += 1000 * remainder;
    }

    static void Swap(ref int a, ref int b) => (a, b) = (b, a);

    static void Split(in int divisor, int value, out int quotient, out int remainder)
    {
        quotient = value / (divisor + 1);
        remainder = value % (divisor + 1);
    }

    static void TuplesKernel(Index1D index, ArrayView<int> data, ArrayView<int> result)
    {
        (int smallest, int largest) = Range(data, index, 5);
        var pair = (Sum: smallest + largest, Odd: (largest & 1) == 1);
        result[index] = pair.Odd ? pair.Sum : -pair.Sum;
    }

    static (int Smallest, int Largest) Range(ArrayView<int> data, int start, int length)
    {
        var range = (Smallest: int.MaxValue, Largest: int.MinValue);
        for (int i = start; i < start + length; i++)
        {
            range.Smallest = Math.Min(range.Smallest, data[i]);
            range.Largest = Math.Max(range.Largest, data[i]);
        }
        return range;
    }

    static void LocalFunctionKernel(Index1D index, ArrayView<int> data, ArrayView<int> result)
    {
        // Without captures: ILGPU refuses the struct that holds them, for its layout.
        static int Neighbor(ArrayView<int> data, int place) => data[place % data.IntLength];
        static int Square(int value) => value * value;
        result[index] = Square(Neighbor(data, index + 1)) - Neighbor(data, index + 2);
    }

    static void FoldKernel<T, TOperation>(Index1D index, ArrayView<T> data, ArrayView<T> result, int count, TOperation operation)
        where T : unmanaged
        where TOperation : struct, IBinaryOperation<T>
    {
        T folded = operation.Neutral;
        for (int i = 0; i < count; i++)
            folded = operation.Apply(folded, data[index * count + i]);
        result[index] = folded;
    }

    static void MapKernel<TOperation>(Index1D index, ArrayView<int> data, ArrayView<int> result)
        where TOperation : struct, IBinaryOperation<int>
    {
        TOperation operation = default;
        result[index] = operation.Apply(data[index], index);
    }

    static void SpecializedKernel(Index1D index, ArrayView<int> data, SpecializedValue<int> taps, SpecializedValue<float> factor)
    {
        int sum = 0;
        for (int i = 0; i < taps; i++)
            sum += i * (int)(factor.Value * index);
        data[index] = sum;
    }

    static void AssertKernel(Index1D index, ArrayView<int> data)
    {
        Debug.Assert(index >= 0, "no index is negative");
        Trace.Assert(data.Length > index, "every index is inside");
        data[index] += index;
    }

    static void WriteLineKernel(Index1D index, ArrayView<int> data)
    {
        if (data[index] > 1000)
            Interop.WriteLine("{0} at {1}", data[index], index.X);
        data[index] = Interop.SizeOf<long>() * index;
    }

    static void NullableHelperKernel(Index1D index, ArrayView<float> data, ArrayView<float> result)
    {
        float value = data[index];
        if (float.IsNaN(value))
        {
            result[index] = 0;
            return;
        }
        result[index] = Clip(value) switch { > 1 => 1, < -1 => -1, var inside => inside * 2 };
    }

    static float Clip(float value, float limit = 2) => value > limit ? limit : value < -limit ? -limit : value;

    public override IEnumerable<KernelCase> Cases
    {
        get
        {
            int[] data = Scattered(40);
            float[] floats = Fractions(40);
            yield return Implicit("Language.Constants", ConstantsKernel, new Index1D(20),
                Out(20, i => 3 * new[] { 2, 3, 5, 7, 11, 13, 17, 19 }[i % 8] + 48));
            yield return Implicit("Language.StaticStruct", StaticStructKernel, new Index1D(40), In(floats),
                Out(40, i => floats[i] is >= -2.5f and < 4 ? (floats[i] + 2.5f) / 6.5f : -1));
            yield return Implicit("Language.LocalArray", LocalArrayKernel, new Index1D(6), In(data),
                Out(6, i => (i + 1) * data.Sum(value => (value & 3) switch { 0 => 1, 1 => 10, 2 => 100, _ => 1000 })));
            int[] table = [5, 1, 4, 2, 3];
            yield return Implicit("Language.ArrayInitializers", ArrayInitializerKernel, new Index1D(7),
                Out(7, i => i * table[i % 5] + 2 * i * table[(i + 1) % 5] + 7 * table[(i + 2) % 5]));
            yield return Implicit("Language.StaticTable", WeightsKernel, new Index1D(38), In(floats),
                Out(38, i => floats[i] / 4 + floats[i + 1] / 2 + floats[i + 2] / 4));
            yield return Implicit("Language.Array2D", MatrixArrayKernel, new Index1D(10), In(floats),
                Out(10, i => floats[i] + 2 - 1 + floats[i]));
            int[] codes = [0, 1, 2, 3, 4, 50, -7, 51];
            yield return Implicit("Language.Switch", SwitchKernel, new Index1D(8), In(codes), Out(11, 20, 20, 31, 0, 501, 0, 0));
            yield return Implicit("Language.Enum", EnumKernel, new Index1D(4),
                InOut([Shape.Square, Shape.Circle, Shape.Triangle, (Shape)9], [Shape.Square, Shape.None, Shape.Triangle, (Shape)9]),
                Out(4f, 3.25f, 2f, 0f), Shape.Circle);
            yield return Implicit("Language.Loops", LoopsKernel, new Index1D(12), Out(12, LoopSteps));
            yield return Implicit("Language.ShortCircuit", ShortCircuitKernel, new Index1D(40), In(data), Out(40, i =>
            {
                bool peak = i > 0 && data[i - 1] < data[i] && (i == 39 || data[i + 1] <= data[i]);
                return peak ? 2 : data[i] % 2 == 1 ? 0 : 1;
            }));
            yield return Implicit("Language.References", ReferencesKernel, new Index1D(20), InOut(data, Fill(40, i =>
            {
                int a = data[i / 2 * 2], b = data[i / 2 * 2 + 1], low = Math.Min(a, b) + 1, high = Math.Max(a, b);
                return i % 2 == 0 ? b + 1000 * (high / low) : a + 1000 * (high % low);
            })));
            yield return Implicit("Language.Tuples", TuplesKernel, new Index1D(30), In(data), Out(30, i =>
            {
                int[] window = data[i..(i + 5)];
                return (window.Min() + window.Max()) * (window.Max() % 2 == 1 ? 1 : -1);
            }));
            yield return Implicit("Language.LocalFunctions", LocalFunctionKernel, new Index1D(40), In(data),
                Out(40, i => data[(i + 1) % 40] * data[(i + 1) % 40] - data[(i + 2) % 40]));
            yield return Implicit("Language.GenericFold", (Action<Index1D, ArrayView<int>, ArrayView<int>, int, Sum>)FoldKernel,
                new Index1D(8), In(data), Out(8, i => data[(5 * i)..(5 * i + 5)].Sum()), 5, new Sum());
            yield return Implicit("Language.GenericFoldFloat",
                (Action<Index1D, ArrayView<float>, ArrayView<float>, int, Largest>)FoldKernel, new Index1D(8), In(floats),
                Out(8, i => floats[(5 * i)..(5 * i + 5)].Max()), 5, new Largest());
            yield return Implicit("Language.GenericState", (Action<Index1D, ArrayView<int>, ArrayView<int>, int, Modulo>)FoldKernel,
                new Index1D(8), In(data),
                Out(8, i => data[(5 * i)..(5 * i + 5)].Aggregate(1, (a, b) => (a * 31 + b) % 97)), 5, new Modulo(97));
            yield return Implicit("Language.GenericOperation", (Action<Index1D, ArrayView<int>, ArrayView<int>>)MapKernel<Sum>,
                new Index1D(40), In(data), Out(40, i => data[i] + i));
            yield return Implicit("Language.Lambda", (Index1D index, ArrayView<int> source, ArrayView<int> target) =>
            {
                target[index] = 2 * source[index] - index;
            }, new Index1D(40), In(data), Out(40, i => 2 * data[i] - i));
            yield return Explicit("Language.StaticLambda", static (ArrayView<int> target, int factor) =>
            {
                target[Grid.GlobalIndex.X] = factor * Group.IdxX;
            }, new KernelConfig(2, 8), Out(16, i => 6 * (i % 8)), 6);
            yield return Implicit("Language.SpecializedValue", SpecializedKernel, new Index1D(10), Out(10, i => 6 * (int)(1.5f * i)),
                SpecializedValue.New(4), SpecializedValue.New(1.5f));
            yield return Implicit("Language.Assert", AssertKernel, new Index1D(40), InOut(data, Fill(40, i => data[i] + i)));
            yield return Implicit("Language.WriteLine", WriteLineKernel, new Index1D(8), InOut(data[..8], Fill(8, i => 8 * i)));
            float[] awkward = [float.NaN, .25f, -.75f, 1.5f, -1.5f, 100, float.NegativeInfinity];
            yield return Implicit("Language.SwitchExpression", NullableHelperKernel, new Index1D(7), In(awkward),
                Out(0, .5f, -1.5f, 1, -1, 1, -1));
        }
    }

    static int LoopSteps(int index)
    {
        int steps = 0;
        for (int value = index + 1; steps == 0 || value != 1; steps++)
            value = value % 2 == 0 ? value / 2 : 3 * value + 1;
        // Odd numbers from i to 4.
        int[] odds = [2, 2, 1, 1, 0];
        for (int i = 0; i < 10 && i <= index + 5; i++)
            steps += i != index && i < 5 ? odds[i] : 0;
        return steps;
    }
}
