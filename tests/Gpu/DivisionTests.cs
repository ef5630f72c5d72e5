using System.Numerics;
using Dalle2.Gpu.Passes;
using Dalle2.Gpu.Runtime;
using Dalle2.Gpu.Runtime.OpenCl;
using Dalle2.Tests.Gpu.Compiler;
using Dalle2.Tests.Gpu.Cuda;
using Dalle2.Tests.Gpu.OpenCl;
using Dalle2.Tests.Gpu.Ptx;

namespace Dalle2.Tests.Gpu;

/// <summary>Integers divided by zero, and the smallest by -1: defined, and the same on every device.</summary>
public class DivisionTests
{
    static readonly string[] Names =
        ["reference", "ir", "cpu:128", "cpu:256", "cpu:512", "ptx", "cuda stand-in",
        .. OpenClOnce.IsHere ? (string[])["opencl x1", "opencl x16"] : []];

    static readonly string[] CheckedNames = ["reference", "cpu:128", "cpu:512", "cuda stand-in",
        .. OpenClOnce.IsHere ? (string[])["opencl x1", "opencl x16"] : []];

    static Device Open(string name) => name switch
    {
        "reference" => Device.Open("reference"),
        "ir" => new IrDevice { WithChecks = false },
        "ptx" => new PtxDevice { WithChecks = false },
        "cuda stand-in" => StandInDevice.Open(new StandInDriver()),
        _ => TestDevices.Open(name),
    };

    static Device OpenChecked(string name) => name switch
    {
        "opencl x1" or "opencl x16" =>
        OpenClDevice.Open("opencl:0", OpenClOnce.CacheFolder, name == "opencl x1" ? 1 : 16, CheckMode.Require),
        "cuda stand-in" => StandInDevice.Open(new StandInDriver(), CheckMode.Require),
        _ => Device.Open(name, threads: name == "reference" ? 0 : 1, isChecked: true),
    };

    [TestCaseSource(nameof(Names))]
    public void A_division_by_zero_gives_zero_and_its_remainder_is_the_dividend(string name)
    {
        using Device device = Open(name);
        Expect<int>(device, DivideKernel, [7, -7, 0, int.MinValue, int.MaxValue, 1], [0, 0, 0, 0, 0, 0], [0, 0, 0, 0, 0, 0],
            [7, -7, 0, int.MinValue, int.MaxValue, 1]);
        Expect<uint>(device, DivideKernel, [7, 0, uint.MaxValue, 1u << 31], [0, 0, 0, 0], [0, 0, 0, 0], [7, 0, uint.MaxValue, 1u << 31]);
        Expect<long>(device, DivideKernel, [7, -7, 0, long.MinValue, 1L << 40], [0, 0, 0, 0, 0], [0, 0, 0, 0, 0],
            [7, -7, 0, long.MinValue, 1L << 40]);
        Expect<ulong>(device, DivideKernel, [7, 0, ulong.MaxValue, 1ul << 63], [0, 0, 0, 0], [0, 0, 0, 0],
            [7, 0, ulong.MaxValue, 1ul << 63]);
        Expect<sbyte>(device, SmallKernel, [7, -7, sbyte.MinValue], [0, 0, 0], [0, 0, 0], [7, -7, sbyte.MinValue]);
        Expect<ushort>(device, SmallKernel, [7, 0, ushort.MaxValue], [0, 0, 0], [0, 0, 0], [7, 0, ushort.MaxValue]);
    }

    [TestCaseSource(nameof(Names))]
    public void The_smallest_integer_divided_by_minus_one_is_itself_without_remainder(string name)
    {
        using Device device = Open(name);
        Expect<int>(device, DivideKernel, [int.MinValue, 9, int.MinValue], [-1, -1, 1], [int.MinValue, -9, int.MinValue], [0, 0, 0]);
        Expect<long>(device, DivideKernel, [long.MinValue, 9, int.MinValue], [-1, -1, -1], [long.MinValue, -9, 1L << 31], [0, 0, 0]);
        Expect<sbyte>(device, SmallKernel, [sbyte.MinValue, 9], [-1, -1], [sbyte.MinValue, -9], [0, 0]);
    }

    [TestCaseSource(nameof(Names))]
    public void Other_divisions_beside_them_are_those_of_integers(string name)
    {
        int[] a = [.. Enumerable.Range(0, 200).Select(i => unchecked(i * -1_640_531_527 ^ i))],
            b = [.. Enumerable.Range(0, 200).Select(i => i % 7 == 0 ? 0 : (i - 100) * (i % 3 == 0 ? 1 : 77777))];
        using Device device = Open(name);
        Expect(device, DivideKernel, a, b, [.. a.Zip(b, (x, y) => y == 0 ? 0 : (int)((long)x / y))],
            [.. a.Zip(b, (x, y) => y == 0 ? x : (int)((long)x % y))]);
        uint[] ua = [.. a.Select(x => unchecked((uint)x))], ub = [.. b.Select(x => unchecked((uint)x))];
        Expect(device, DivideKernel, ua, ub, [.. ua.Zip(ub, (x, y) => y == 0 ? 0 : x / y)], [.. ua.Zip(ub, (x, y) => y == 0 ? x : x % y)]);
    }

    [TestCaseSource(nameof(Names))]
    public void Divisors_that_all_threads_share_or_the_compiler_knows_are_no_exception(string name)
    {
        using Device device = Open(name);
        using Buffer<int> x = device.Allocate<int>(6);
        device.Stream.Write<int>([7, -7, int.MinValue, 0, 5, 6], x.View);
        using Buffer<int> y = device.Allocate<int>(24);
        device.Stream.Launch(SharedKernel, 6, x.View, y.View, 0, -1, ILGPU.Runtime.SpecializedValue.New(0));
        var values = new int[24];
        device.Stream.Read<int>(y.View, values);
        Assert.That(values[..6], Is.EqualTo(new[] { 7, -7, int.MinValue, 0, 5, 6 }), "x / 0 + x % 0");
        Assert.That(values[6..12], Is.EqualTo(new[] { -7, 7, int.MinValue, 0, -5, -6 }), "x / -1 + x % -1");
        Assert.That(values[12..18], Is.EqualTo(new[] { 21, -21, unchecked(int.MinValue * 3), 0, 15, 18 }), "three turns of x / 0 + x % 0");
        Assert.That(values[18..], Is.EqualTo(new[] { 7 + 7, -7 + 7, int.MinValue + 7, 0 + 7, 5 + 7, 6 + 7 }),
            "x / 0 + x % 0 + 7 / 0 + 7 % 0, known");
    }

    [TestCaseSource(nameof(CheckedNames))]
    public void Checked_mode_tells_of_a_division_without_a_result(string name)
    {
        using Device device = OpenChecked(name);
        using Buffer<int> a = device.Allocate<int>(3), b = device.Allocate<int>(3), y = device.Allocate<int>(6);
        device.Stream.Write<int>([4, 9, int.MinValue], a.View);
        device.Stream.Write<int>([2, -1, 1], b.View);
        device.Stream.Launch(DivideKernel, 3, a.View, b.View, y.View);
        device.Stream.Synchronize();
        device.Stream.Write<int>([2, 0, 1], b.View);
        Fails("9 divided by 0 is no integer of its type");
        device.Stream.Write<int>([2, 2, -1], b.View);
        Fails("-2147483648 divided by -1 is no integer of its type");

        void Fails(string message) => Assert.That(
            () =>
            {
                device.Stream.Launch(DivideKernel, 3, a.View, b.View, y.View);
                device.Stream.Synchronize();
            },
            Throws.TypeOf<KernelException>().With.Message.Contains(message).And.Message.Contains(
            "DivisionTests.DivideKernel").And.Message.Match(@"DivisionTests\.cs, line \d+"));
    }

    static void Expect<T>(Device device, Action<Index1D, ArrayView<T>, ArrayView<T>, ArrayView<T>> kernel, T[] a, T[] b, T[] quotients,
        T[] remainders)
        where T : unmanaged
    {
        using Buffer<T> first = device.Allocate<T>(a.Length), second = device.Allocate<T>(a.Length),
            results = device.Allocate<T>(2 * a.Length);
        device.Stream.Write<T>(a, first.View);
        device.Stream.Write<T>(b, second.View);
        device.Stream.Launch(kernel, a.Length, first.View, second.View, results.View);
        var values = new T[2 * a.Length];
        device.Stream.Read<T>(results.View, values);
        Assert.That(values[..a.Length], Is.EqualTo(quotients), $"quotients of {typeof(T).Name}");
        Assert.That(values[a.Length..], Is.EqualTo(remainders), $"remainders of {typeof(T).Name}");
    }

    static void DivideKernel(Index1D i, ArrayView<int> a, ArrayView<int> b, ArrayView<int> y)
    {
        y[i] = a[i] / b[i];
        y[i + a.IntLength] = a[i] % b[i];
    }

    static void DivideKernel(Index1D i, ArrayView<uint> a, ArrayView<uint> b, ArrayView<uint> y)
    {
        y[i] = a[i] / b[i];
        y[i + a.IntLength] = a[i] % b[i];
    }

    static void DivideKernel(Index1D i, ArrayView<long> a, ArrayView<long> b, ArrayView<long> y)
    {
        y[i] = a[i] / b[i];
        y[i + a.IntLength] = a[i] % b[i];
    }

    // Through .NET's own operators.
    static void DivideKernel(Index1D i, ArrayView<ulong> a, ArrayView<ulong> b, ArrayView<ulong> y)
    {
        y[i] = Quotient(a[i], b[i]);
        y[i + a.IntLength] = Math.DivRem(a[i], b[i]).Remainder;
    }

    static T Quotient<T>(T a, T b)
        where T : INumber<T> => a / b;

    static void SmallKernel(Index1D i, ArrayView<sbyte> a, ArrayView<sbyte> b, ArrayView<sbyte> y)
    {
        y[i] = (sbyte)(a[i] / b[i]);
        y[i + a.IntLength] = (sbyte)(a[i] % b[i]);
    }

    static void SmallKernel(Index1D i, ArrayView<ushort> a, ArrayView<ushort> b, ArrayView<ushort> y)
    {
        y[i] = (ushort)(a[i] / b[i]);
        y[i + a.IntLength] = (ushort)(a[i] % b[i]);
    }

    static void SharedKernel(Index1D i, ArrayView<int> x, ArrayView<int> y, int zero, int minusOne,
        ILGPU.Runtime.SpecializedValue<int> known)
    {
        int n = x.IntLength, sum = 0;
        y[i] = x[i] / zero + x[i] % zero;
        y[i + n] = x[i] / minusOne + x[i] % minusOne;
        for (int turn = 0; turn < 3 - zero; turn++)
            sum += x[i] / zero + x[i] % zero;
        y[i + 2 * n] = sum;
        int seven = 7 + known.Value;
        y[i + 3 * n] = x[i] / known.Value + x[i] % known.Value + seven / known.Value + seven % known.Value;
    }
}
