namespace Dalle2.Tests.Gpu.Ptx;

/// <content>Where threads meet: barriers and shuffles.</content>
sealed partial class PtxDecoder
{
    PtxStep? Meeting(PtxLine line)
    {
        switch (line.Opcode)
        {
            case ["bar", "sync"]:
                if (line.Operands is not ["0"])
                    throw new PtxFault("only barrier 0 of all threads is known");
                return t =>
                {
                    t.Combine = null;
                    t.State = PtxState.AtBarrier;
                };
            case ["bar", "red", "popc", "u32"]:
                return CombiningBarrier(line, new PtxType('u', 32), given => (ulong)given.Count(one => one));
            case ["bar", "red", "and", "pred"]:
                return CombiningBarrier(line, PtxType.Predicate, given => given.All(one => one) ? 1ul : 0ul);
            case ["bar", "red", "or", "pred"]:
                return CombiningBarrier(line, PtxType.Predicate, given => given.Any(one => one) ? 1ul : 0ul);
            case ["bar", "warp", "sync"]:
                Since(6.0);
                Count(line, 1);
                int mask = Source(line.Operands[0], new PtxType('b', 32));
                return t => Wait(t, (uint)t.Get(mask), null);
            case ["membar", "cta" or "gl" or "sys"]:
                Count(line, 0);
                return _ => { };
            case ["shfl", "sync", var mode, "b32"]:
                Since(6.0);
                return Shuffle(line, mode);
            default:
                return null;
        }
    }

    PtxStep CombiningBarrier(PtxLine line, PtxType type, Func<IEnumerable<bool>, ulong> combine)
    {
        Count(line, 3);
        if (line.Operands[1] != "0")
            throw new PtxFault("only barrier 0 of all threads is known");
        int d = Target(line.Operands[0], type), predicate = Source(line.Operands[2], PtxType.Predicate);
        return t =>
        {
            t.Given = t.Get(predicate);
            t.Combine = (thread, all) => thread.Put(d, combine(all.Select(one => one.Given != 0)));
            t.State = PtxState.AtBarrier;
        };
    }

    void Since(double version)
    {
        if (text.Version < version)
            throw new PtxFault($"comes with version {version}");
    }

    static void Wait(PtxThread thread, uint members, Action<PtxThread, PtxThread?[]>? exchange)
    {
        if ((members >> thread.Lane & 1) == 0)
            throw new PtxFault("the thread is not among the members");
        thread.Members = members;
        thread.Exchange = exchange;
        thread.State = PtxState.AtWarp;
    }

    PtxStep Shuffle(PtxLine line, string mode)
    {
        Count(line, 5);
        var type = new PtxType('b', 32);
        string[] results = line.Operands[0].Split('|');
        int d = Target(results[0], type), there = results.Length == 2 ? Target(results[1], PtxType.Predicate) : -1;
        int value = RegisterSource(line.Operands[1], type), lane = Source(line.Operands[2], type), bounds = Source(line.Operands[3], type),
            mask = Source(line.Operands[4], type);
        if (mode is not ("idx" or "up" or "down" or "bfly"))
            throw new PtxFault("unknown mode");
        void Exchange(PtxThread t, PtxThread?[] lanes)
        {
            int offset = (int)t.Get(lane) & 31, clamp = (int)t.Get(bounds) & 31, segment = (int)(t.Get(bounds) >> 8) & 31;
            int least = t.Lane & segment, most = least | (clamp & ~segment);
            int from = mode switch
            {
                "up" => t.Lane - offset,
                "down" => t.Lane + offset,
                "bfly" => t.Lane ^ offset,
                _ => least | (offset & ~segment),
            };
            bool inside = mode == "up" ? from >= most : from <= most;
            PtxThread source = lanes[inside ? from : t.Lane]
                ?? throw new PtxFault($"{text.Entry}, line {line.Number}: {line.Text}: lane {from} does not take part");
            t.Put(d, source.Given);
            if (there >= 0)
                t.Put(there, inside ? 1ul : 0ul);
        }

        return t =>
        {
            t.Given = t.Get(value);
            Wait(t, (uint)t.Get(mask), Exchange);
        };
    }
}
