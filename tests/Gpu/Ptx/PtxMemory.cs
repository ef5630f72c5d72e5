namespace Dalle2.Tests.Gpu.Ptx;

/// <summary>
/// The address spaces. Device memory is the host's own, where only the launch's views may be touched; variables of the group and of the thread
/// lie apart from each other, so that what runs over the end of one meets no other.
/// </summary>
sealed unsafe class PtxMemory
{
    const int Gap = 512;

    // Where the windows of shared and local memory lie among generic addresses; the host has no memory there.
    const ulong SharedWindow = 1ul << 62, LocalWindow = 1ul << 61, WindowBytes = 1ul << 32;

    readonly Dictionary<string, (string Space, int Address)> addresses = [];
    readonly List<(int Start, int End)> shared = [];
    readonly List<(int Start, int End)> local = [];
    readonly bool hasDynamic;
    int dynamicBytes;

    public PtxMemory(IEnumerable<PtxVariable> variables)
    {
        SharedBytes = LocalBytes = Gap;
        // The one whose size is not known comes last.
        foreach (PtxVariable variable in variables.OrderBy(variable => variable.Bytes == PtxVariable.Dynamic))
        {
            bool ofGroup = variable.Space == "shared";
            int start = ((ofGroup ? SharedBytes : LocalBytes) + variable.Alignment - 1) / variable.Alignment * variable.Alignment,
                end = start + Math.Max(0, variable.Bytes);
            addresses.Add(variable.Name, (variable.Space, start));
            (ofGroup ? shared : local).Add((start, end));
            if (ofGroup)
                SharedBytes = end + Gap;
            else
                LocalBytes = end + Gap;
            hasDynamic |= variable.Bytes == PtxVariable.Dynamic;
        }
    }

    public int SharedBytes { get; private set; }

    public int LocalBytes { get; }

    /// <summary>How many bytes the launch gives to the variable of shared memory that has no size of its own.</summary>
    public int DynamicBytes
    {
        set
        {
            if (!hasDynamic)
                return;
            int start = shared[^1].Start;
            shared[^1] = (start, start + value);
            SharedBytes = start + value + Gap;
            dynamicBytes = value;
        }
        get => dynamicBytes;
    }

    public IReadOnlyList<(long Start, long End)> Ranges { get; set; } = [];

    /// <summary>The bytes of the entry's parameters.</summary>
    public byte[][] Parameters { get; set; } = [];

    /// <summary>What counts the accesses to shared and device memory; null counts none.</summary>
    public WarpAccesses? Accesses { get; set; }

    /// <summary>The generic address of an address in one of the spaces.</summary>
    public static ulong ToGeneric(char space, ulong address) => space switch
    {
        's' => SharedWindow + address,
        'l' => LocalWindow + address,
        _ => address,
    };

    /// <summary>Which space a generic address lies in, and where there.</summary>
    public static (char Space, ulong Address) FromGeneric(ulong address) =>
        address - SharedWindow < WindowBytes ? ('s', address - SharedWindow) : address - LocalWindow < WindowBytes
        ? ('l', address - LocalWindow) : ('g', address);

    /// <summary>The variable's space and address, if there is one of that name.</summary>
    public (string Space, int Address)? Find(string name) => addresses.TryGetValue(name, out var found) ? found : null;

    /// <param name="thread">Who loads.</param>
    /// <param name="space">The first letter of global, shared or local; x for a generic address.</param>
    /// <param name="address">Where.</param>
    /// <param name="size">How many bytes, at most 8.</param>
    /// <param name="atomic">Whether it is part of an atomic operation.</param>
    public ulong Load(PtxThread thread, char space, ulong address, int size, bool atomic = false)
    {
        if (space == 'x')
            (space, address) = FromGeneric(address);
        switch (space)
        {
            case 'g':
                byte* at = Global(address, size);
                return size switch
                {
                    1 => *at,
                    2 => *(ushort*)at,
                    4 => *(uint*)at,
                    _ => *(ulong*)at,
                };
            case 's':
                Require(shared, address, size);
                return thread.Group.Load(thread, (int)address, size, atomic);
            default:
                Require(local, address, size);
                ulong value = 0;
                for (int b = 0; b < size; b++)
                {
                    if (!thread.LocalKnown[(int)address + b])
                        throw new PtxFault("local memory is read that nothing has been written to");
                    value |= (ulong)thread.Local[(int)address + b] << (8 * b);
                }

                return value;
        }
    }

    public void Store(PtxThread thread, char space, ulong address, int size, ulong value, bool atomic = false)
    {
        if (space == 'x')
            (space, address) = FromGeneric(address);
        switch (space)
        {
            case 'g':
                byte* at = Global(address, size);
                new ReadOnlySpan<byte>(&value, size).CopyTo(new Span<byte>(at, size));
                break;
            case 's':
                Require(shared, address, size);
                thread.Group.Store(thread, (int)address, size, value, atomic);
                break;
            default:
                Require(local, address, size);
                for (int b = 0; b < size; b++)
                {
                    thread.Local[(int)address + b] = (byte)(value >> (8 * b));
                    thread.LocalKnown[(int)address + b] = true;
                }

                break;
        }
    }

    /// <summary>Copies begin or are done with bytes of shared memory.</summary>
    public void NoteCopy(PtxThread thread, ulong address, int size, bool isUnderWay)
    {
        Require(shared, address, size);
        thread.Group.Note((int)address, size, isUnderWay);
    }

    byte* Global(ulong address, int size)
    {
        foreach (var (start, end) in Ranges)
        {
            if (address >= (ulong)start && address <= (ulong)(end - size) && end - start >= size)
                return (byte*)address;
        }

        throw new PtxFault($"the {size} bytes at {address:x} lie outside of the launch's views");
    }

    static void Require(List<(int Start, int End)> variables, ulong address, int size)
    {
        foreach (var (start, end) in variables)
        {
            if (address >= (ulong)start && address <= (ulong)(end - size) && end - start >= size)
                return;
        }

        throw new PtxFault($"the {size} bytes at {address} lie outside of the declared variables");
    }
}
