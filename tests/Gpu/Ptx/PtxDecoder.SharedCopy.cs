namespace Dalle2.Tests.Gpu.Ptx;

/// <content>
/// cp.async from device to shared memory. A copy is done as late as is allowed, when its thread waits, so that whoever waits too little finds nothing there; until then nobody may touch
/// what it writes. Bytes behind the source's size are zeros, and are not read.
/// </content>
sealed partial class PtxDecoder
{
    PtxStep? SharedCopy(PtxLine line)
    {
        switch (line.Opcode)
        {
            case ["cp", "async", "ca", "shared", "global"]:
                RequireMatrixUnits();
                return BeginCopy(line);
            case ["cp", "async", "wait_all"]:
                RequireMatrixUnits();
                Count(line, 0);
                return t =>
                {
                    t.Copies.ForEach(copy => copy());
                    t.Copies.Clear();
                };
            default:
                return null;
        }
    }

    PtxStep BeginCopy(PtxLine line)
    {
        Count(line, 4);
        if (line.Operands[2] is not ("4" or "8" or "16"))
            throw new PtxFault("copies 4, 8 or 16 bytes");
        int size = int.Parse(line.Operands[2]), given = Source(line.Operands[3], new PtxType('u', 32));
        Func<PtxThread, ulong> to = Address(line.Operands[0], "shared", size), from = Address(line.Operands[1], "global", size);
        return t =>
        {
            ulong target = to(t), source = from(t);
            int bytes = (int)t.Get(given);
            if (bytes > size)
                throw new PtxFault($"{bytes} bytes are more than {size}");
            Memory.NoteCopy(t, target, size, isUnderWay: true);
            t.Copies.Add(() =>
            {
                Memory.NoteCopy(t, target, size, isUnderWay: false);
                for (int b = 0; b < size; b++)
                    Memory.Store(t, 's', target + (ulong)b, 1, b < bytes ? Memory.Load(t, 'g', source + (ulong)b, 1) : 0);
            });
        };
    }
}
