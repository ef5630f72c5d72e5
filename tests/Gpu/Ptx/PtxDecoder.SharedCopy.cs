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
            case ["cp", "async", "ca" or "cg", "shared", "global"]:
                RequireMatrixUnits();
                return BeginCopy(line, line.Opcode[2] == "cg");
            case ["cp", "async", "commit_group"]:
                RequireMatrixUnits();
                Count(line, 0);
                return Commit;
            case ["cp", "async", "wait_group"]:
                RequireMatrixUnits();
                Count(line, 1);
                if (!int.TryParse(line.Operands[0], out int most) || most < 0)
                    throw new PtxFault("the number of groups is a constant");
                return t => Complete(t, most);
            case ["cp", "async", "wait_all"]:
                RequireMatrixUnits();
                Count(line, 0);
                return t =>
                {
                    Commit(t);
                    Complete(t, 0);
                };
            default:
                return null;
        }
    }

    static void Commit(PtxThread thread)
    {
        thread.Groups.Enqueue([.. thread.Copies]);
        thread.Copies.Clear();
    }

    // All but the most recent groups.
    static void Complete(PtxThread thread, int most)
    {
        while (thread.Groups.Count > most)
            Array.ForEach(thread.Groups.Dequeue(), copy => copy());
    }

    PtxStep BeginCopy(PtxLine line, bool isWide)
    {
        Count(line, 4);
        if (isWide && line.Operands[2] != "16")
            throw new PtxFault("past the first cache, 16 bytes are copied");
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
            Memory.Accesses?.Note(t, line, isGlobal: false, target, size);
            if (bytes > 0)
                Memory.Accesses?.Note(t, line, isGlobal: true, source, bytes);
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
