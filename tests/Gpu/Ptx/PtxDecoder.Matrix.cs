namespace Dalle2.Tests.Gpu.Ptx;

/// <content>
/// Matrix units: mma.sync of 16 x 8 results, and the conversions to what it multiplies. Which element of which matrix a register of a lane holds is in the document's
/// tables "Matrix Fragments for mma.m16n8k8" (.tf32) and "mma.m16n8k16" (.bf16). The order of the sum is open there: here it is exact, in double, and rounded once.
/// </content>
sealed partial class PtxDecoder
{
    const int MatrixTarget = 80;
    const double MatrixVersion = 7.0;

    static readonly PtxType Word = new('b', 32), SingleFloat = new('f', 32);

    PtxStep? MatrixUnit(PtxLine line)
    {
        switch (line.Opcode)
        {
            case ["mma", "sync", "aligned", "m16n8k8", "row", "col", "f32", "tf32", "tf32", "f32"]:
                return Multiply(line, 8);
            case ["mma", "sync", "aligned", "m16n8k16", "row", "col", "f32", "bf16", "bf16", "f32"]:
                return Multiply(line, 16);
            case ["ldmatrix", "sync", "aligned", "m8n8", "x4", "shared", "b16"]:
                return LoadRows(line);
            case ["cvt", "rna", "tf32", "f32"]:
                RequireMatrixUnits();
                Count(line, 2);
                int target = Target(line.Operands[0], Word), value = RegisterSource(line.Operands[1], SingleFloat);
                return t => t.Put(target, Rounded(Single(t.Get(value)), 10, MidpointRounding.AwayFromZero));
            case ["cvt", "rn", "bf16x2", "f32"]:
                RequireMatrixUnits();
                Count(line, 3);
                int pair = Target(line.Operands[0], Word), upper = RegisterSource(line.Operands[1], SingleFloat),
                    lower = RegisterSource(line.Operands[2], SingleFloat);
                return t => t.Put(pair, Rounded(Single(t.Get(upper)), 7, MidpointRounding.ToEven) & 0xFFFF0000
                    | Rounded(Single(t.Get(lower)), 7, MidpointRounding.ToEven) >> 16);
            default:
                return null;
        }
    }

    void RequireMatrixUnits()
    {
        Since(MatrixVersion);
        if (text.Target < MatrixTarget)
            throw new PtxFault($"comes with sm_{MatrixTarget}");
    }

    // The bits of the nearest float with so many bits of mantissa.
    static ulong Rounded(float value, int mantissa, MidpointRounding halves)
    {
        if (float.IsNaN(value))
            return mantissa == 7 ? 0x7FFF0000u : 0x7FFFE000u;
        if (float.IsInfinity(value) || value == 0f)
            return BitConverter.SingleToUInt32Bits(value);
        double step = Math.ScaleB(1.0, Math.Max(Math.ILogB(value), -126) - mantissa);
        return BitConverter.SingleToUInt32Bits((float)(Math.Round(value / step, halves) * step));
    }

    // Of four matrices of 8 rows of 16 bytes: lanes 8 m to 8 m + 7 give the addresses of the rows of matrix m; each lane gets of each matrix two numbers of 16 bits, those at
    // column 2 (lane % 4) of row lane / 4. Comes with version 6.5 and sm_75, below which it is not emitted.
    PtxStep LoadRows(PtxLine line)
    {
        RequireMatrixUnits();
        Count(line, 2);
        int[] d = [.. Elements(line.Operands[0], 4).Select(operand => Target(operand, Word))];
        Func<PtxThread, ulong> row = Address(line.Operands[1], "shared", 16);
        void Exchange(PtxThread t, PtxThread?[] lanes)
        {
            for (int m = 0; m < 4; m++)
            {
                PtxThread giver = lanes[8 * m + t.Lane / 4] ?? throw new PtxFault("a lane does not take part in reading rows of matrices");
                t.Put(d[m], Memory.Load(t, 's', giver.Given + 4 * (ulong)(t.Lane % 4), 4));
            }
        }

        return t =>
        {
            t.Given = row(t);
            Memory.Accesses?.Note(t, line, isGlobal: false, t.Given, 16);
            Wait(t, uint.MaxValue, Exchange);
        };
    }

    PtxStep Multiply(PtxLine line, int depth)
    {
        RequireMatrixUnits();
        Count(line, 4);
        int[] d = [.. Elements(line.Operands[0], 4).Select(operand => Target(operand, SingleFloat))];
        int[] given =
        [
            .. Elements(line.Operands[1], 4).Select(operand => RegisterSource(operand, Word)),
            .. Elements(line.Operands[2], 2).Select(operand => RegisterSource(operand, Word)),
            .. Elements(line.Operands[3], 4).Select(operand => RegisterSource(operand, SingleFloat)),
        ];
        void Exchange(PtxThread t, PtxThread?[] lanes)
        {
            for (int i = 0; i < 4; i++)
            {
                int row = t.Lane / 4 + (i < 2 ? 0 : 8), column = t.Lane % 4 * 2 + (i & 1);
                double sum = Single(t.GivenMany[6 + i]);
                for (int k = 0; k < depth; k++)
                {
                    sum += (depth == 8 ? TensorFloat(Left(lanes, row, k)) : BrainFloat(Left16(lanes, row, k), k))
                        * (depth == 8 ? TensorFloat(Right(lanes, k, column)) : BrainFloat(Right16(lanes, k, column), k));
                }

                t.Put(d[i], Bits((float)sum));
            }
        }

        return t =>
        {
            t.GivenMany = [.. given.Select(t.Get)];
            Wait(t, uint.MaxValue, Exchange);
        };
    }

    // .tf32: a0 and a2 are row groupID, a1 and a3 row groupID + 8; a0 and a1 are column threadID_in_group, a2 and a3 the one 4 further.
    static ulong Left(PtxThread?[] lanes, int row, int column) => Of(lanes, row % 8 * 4 + column % 4, row / 8 + column / 4 * 2);

    // .tf32: b0 is row threadID_in_group, b1 the one 4 further; the column is groupID.
    static ulong Right(PtxThread?[] lanes, int row, int column) => Of(lanes, column * 4 + row % 4, 4 + row / 4);

    // .bf16: a0, a1, a4, a5 are row groupID, the others row groupID + 8; columns threadID_in_group * 2 + (i & 1), from a4 on 8 further. Two to a register.
    static ulong Left16(PtxThread?[] lanes, int row, int column) => Of(lanes, row % 8 * 4 + column % 8 / 2, row / 8 + column / 8 * 2);

    // .bf16: rows threadID_in_group * 2 + (i & 1), from b2 on 8 further; the column is groupID.
    static ulong Right16(PtxThread?[] lanes, int row, int column) => Of(lanes, column * 4 + row % 8 / 2, 4 + row / 8);

    static ulong Of(PtxThread?[] lanes, int lane, int register) =>
        (lanes[lane] ?? throw new PtxFault($"lane {lane} does not take part in a product of matrices")).GivenMany[register];

    // The lower 13 bits are not looked at.
    static double TensorFloat(ulong word) => Single(word & 0xFFFFE000);

    static double BrainFloat(ulong word, int element) => Single(element % 2 == 0 ? word << 16 & 0xFFFF0000 : word & 0xFFFF0000);
}
