
namespace Dalle2.Tests.Gpu.Compiler;

/// <summary>Kernels that use the language: references, control flow, small integers, constants. Compiled as a release build and as a debug build.</summary>
static class LanguageKernels
{
    const int Offset = 3;

    static readonly int[] Widths = [1, 2];

    static readonly Settings Default = new(2, Mode.Second, 0.25, new Inner(true, -7));

    public static void References(Index1D i, ArrayView<int> x, ArrayView<int> y)
    {
        ref int larger = ref Larger(ref x[i], ref y[i]);
        larger += 3;
        At(x, i) *= 2;
        ref int same = ref At(y, i);
        same = Swapped(ref x[i], ref y[i]) ? same + 1 : -same;
        int own = x[i];
        Add(ref own, in y[i]);
        Add(ref x[i], own);
    }

    static ref int Larger(ref int a, ref int b)
    {
        if (a > b)
            return ref a;
        return ref b;
    }

    static ref int At(ArrayView<int> view, int i) => ref view[i];

    static bool Swapped(ref int a, ref int b)
    {
        if (a <= b)
            return false;
        (a, b) = (b, a);
        return true;
    }

    static void Add(ref int to, in int value) => to += value;

    public static void Switches(Index1D i, ArrayView<int> x)
    {
        int value = x[i];
        switch (value)
        {
            case 0:
                switch (i % 4)
                {
                    case 0:
                        value = 100;
                        break;
                    case 1:
                        return;
                    case 2:
                        goto case 3;
                    case 3:
                        value = 300 + i;
                        break;
                }

                break;
            case 1:
            case 2:
                for (int k = 0; k < i; k++)
                {
                    if (k == 3)
                        continue;
                    if (k > 9)
                        break;
                    value += (k & 3) switch { 0 => 1, 1 => k, 2 => -value, _ => 7 };
                }

                break;
            case 3 when i > 10:
                value = -3;
                break;
            default:
                value *= i.X switch { < 4 => 2, >= 20 and < 24 => 3, _ => 4 };
                break;
        }

        x[i] = value;
    }

    public static void Returns(Index1D i, ArrayView<int> x, ArrayView<int> y)
    {
        if (x[i] < 0)
            return;
        for (int k = 0; k < 8; k++)
        {
            for (int m = k; ; m += 2)
            {
                if (m > 20)
                    break;
                if (m * k == x[i] + 7)
                {
                    y[i] = Find(k, m);
                    return;
                }
            }
        }

        int count = 0;
        do
        {
            count++;
            if ((count & 1) == 0)
                continue;
            y[i] += count;
        }
        while (count < x[i]);
        if (count == 3)
            goto end;
        y[i]++;
    end:
        x[i] = count;
    }

    static int Find(int from, int to)
    {
        while (from < to)
        {
            if (from * from > to)
                return from;
            from++;
        }

        return -1;
    }

    public static void Constants(Index1D i, ArrayView<int> x, ArrayView<double> y)
    {
        x[i] = Offset + Default.Width + (Default.Mode == Mode.Second ? 10 : 20) + Default.Twice()
            + (Default.Inner.Flag ? Default.Inner.Number : 0);
        y[i] = Default.Scale * double.MaxValue + (byte)Mode.Second + sizeof(long) + Limits.Largest;
        Mode mode = (Mode)(x[i] & 1);
        x[i] += mode is Mode.First ? 1000 : 2000;
    }

    public static void Small(Index1D i, ArrayView<int> x, ArrayView<byte> bytes, ArrayView<short> shorts)
    {
        byte a = bytes[i];
        sbyte b = (sbyte)(a + 100);
        ushort c = (ushort)(shorts[i] * 3);
        short d = (short)(c - 40000);
        char e = (char)(c ^ 0x8001);
        a += 200;
        b *= 5;
        c >>= 3;
        d <<= 2;
        d++;
        --b;
        a = (byte)~a;
        b = (sbyte)-b;
        Widen(ref a, ref d);
        bytes[i] = (byte)(a ^ b);
        shorts[i] += (short)(d / 3 + c % 7);
        bool less = b < a, odd = (c & 1) == 1, both = less & odd, one = less ^ odd;
        x[i] = a + b * 256 + c + d * 3 + e + (both ? 1 : 0) + (one || less ? 2 : 0) + (!odd && less ? 4 : 0) + (b > d == less ? 8 : 0);
    }

    static void Widen(ref byte a, ref short d)
    {
        a = (byte)(a * 3);
        d = (short)(d + a);
        a |= 1;
    }

    public static void Wide(Index1D i, ArrayView<long> x, ArrayView<ulong> y, ArrayView<uint> z)
    {
        long a = x[i] * 1_000_000_007L;
        ulong b = y[i] + ulong.MaxValue / 3;
        uint c = z[i] - 5u;
        x[i] = (a >> 7) ^ (long)(b >> 9) + (int)c + (a > 100 ? a % 97 : a / 3);
        y[i] = b / 10 + c + (b > (ulong)a ? 1UL : 0UL) + (b % 7);
        z[i] = (uint)(c * 3 / 2 + (c >> 3) + (c < 10u ? c % 3 : c / 5)) + (uint)(float)c + (uint)(int)(double)a;
    }

    public static void Structs(Index1D i, ArrayView<int> x, ArrayView<Box> boxes)
    {
        var box = new Box { Low = new Inner(x[i] > 0, i), High = default };
        box.Grow(x[i]);
        Box copy = box with { High = new Inner(true, 5) };
        copy.High.Move(box.Low);
        ref Inner low = ref copy.Low;
        low.Move(copy.High);
        boxes[i] = Larger(box, copy);
        boxes[i].High.Move(in low);
        x[i] = boxes[i].Size + copy.Size;
    }

    static Box Larger(Box a, Box b) => a.Size > b.Size ? a : b;

    public enum Mode : byte
    {
        First,
        Second = 200,
    }

    public record struct Inner(bool Flag, int Number)
    {
        public void Move(in Inner by)
        {
            Number += by.Flag ? by.Number : -1;
            Flag ^= by.Flag;
        }
    }

    public readonly record struct Settings(int Width, Mode Mode, double Scale, Inner Inner)
    {
        public int Twice() => 2 * Width;
    }

    public struct Box
    {
        public Inner Low;
        public Inner High;

        public readonly int Size => High.Number - Low.Number;

        public void Grow(int by)
        {
            Low.Number -= by;
            High.Number += 2 * by;
        }
    }

    static class Limits
    {
        public static readonly long Largest = 1L << 40;
    }

    /// <summary>Not a kernel: keeps a field that kernels may not read.</summary>
    public static int Count() => Widths.Length;
}
