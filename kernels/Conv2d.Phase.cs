using ILGPU;

namespace Dalle2.Kernels;

/// <content>
/// Which taps of a kernel meet a pixel of the input: pixels that are a stride apart meet the same ones, and make a phase.
///   tap r meets input line iy where (iy + padding - r dilation) is a multiple of the stride
/// </content>
public static partial class Conv2dOp
{
    // Taps r with (offset - r * dilation) % stride == 0 repeat after stride / gcd(stride, dilation); the first of them, or the stride if there is none.
    static int FirstTap(int offset, int stride, int dilation)
    {
        int first = stride;
        for (int r = stride - 1; r >= 0; r--)
        {
            if ((offset - r * dilation) % stride == 0)
                first = r;
        }

        return first;
    }

    static int Period(int stride, int dilation)
    {
        int period = stride;
        for (int r = stride - 1; r >= 1; r--)
        {
            if (r * dilation % stride == 0)
                period = r;
        }

        return period;
    }

    static int Taps(int taps, int first, int period) => first < taps && first < period ? (taps - first + period - 1) / period : 0;

    // The input pixels that the group's z names, those that are a stride apart, and the taps that fall on them: each so many lines and columns from the first.
    readonly struct Phase
    {
        readonly ConvolutionShape s;
        readonly int firstY, firstX, periodY, periodX, tapsX;

        public Phase(ConvolutionShape s)
        {
            this.s = s;
            Y = Grid.IdxZ / s.StrideX;
            X = Grid.IdxZ % s.StrideX;
            High = (s.Height - Y + s.StrideY - 1) / s.StrideY;
            Wide = (s.Width - X + s.StrideX - 1) / s.StrideX;
            firstY = FirstTap(Y + s.PaddingY, s.StrideY, s.DilationY);
            firstX = FirstTap(X + s.PaddingX, s.StrideX, s.DilationX);
            periodY = Period(s.StrideY, s.DilationY);
            periodX = Period(s.StrideX, s.DilationX);
            tapsX = Conv2dOp.Taps(s.S, firstX, periodX);
            Taps = tapsX * Conv2dOp.Taps(s.R, firstY, periodY);
        }

        public int Y { get; }

        public int X { get; }

        public int Taps { get; }

        public int High { get; }

        public int Wide { get; }

        public int LineOf(int tap) => (Y + s.PaddingY - RowOf(tap) * s.DilationY) / s.StrideY;

        public int ColumnOf(int tap) => (X + s.PaddingX - PlaceOf(tap) * s.DilationX) / s.StrideX;

        public int WeightOf(int tap) => RowOf(tap) * s.S + PlaceOf(tap);

        // Where no tap falls on the phase, nothing is divided by zero.
        int RowOf(int tap) => firstY + tap / IntrinsicMath.Max(1, tapsX) * periodY;

        int PlaceOf(int tap) => firstX + tap % IntrinsicMath.Max(1, tapsX) * periodX;
    }
}
