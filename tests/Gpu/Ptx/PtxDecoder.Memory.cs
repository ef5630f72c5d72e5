using System.Text.RegularExpressions;

namespace Dalle2.Tests.Gpu.Ptx;

/// <content>Loads, stores and atomic operations.</content>
sealed partial class PtxDecoder
{
    const string Generic = "x";

    PtxStep? MemoryAccess(PtxLine line)
    {
        // Threads take turns here, so that what is volatile needs no more care than the rest.
        string[] opcode = line.Opcode is ["ld" or "st", "volatile", ..] ? [line.Opcode[0], .. line.Opcode[2..]] : line.Opcode;
        switch (opcode)
        {
            case ["ld", "param", var name] when PtxType.Parse(name) is { Kind: not 'p' } type:
                return LoadParameter(line, type);
            case ["ld", "global" or "shared" or "local", .. { Length: <= 1 } vector,
                var name] when PtxType.Parse(name) is { Kind: not 'p' } type:
                return Load(line, opcode[1], type, Width(vector, type));
            case ["st", "global" or "shared" or "local", .. { Length: <= 1 } vector,
                var name] when PtxType.Parse(name) is { Kind: not 'p' } type:
                return Store(line, opcode[1], type, Width(vector, type));
            // Without a space, the address says which.
            case ["ld", .. { Length: <= 1 } vector, var name] when isForeign && PtxType.Parse(name) is { Kind: not 'p' } type:
                return Load(line, Generic, type, Width(vector, type));
            case ["st", .. { Length: <= 1 } vector, var name] when isForeign && PtxType.Parse(name) is { Kind: not 'p' } type:
                return Store(line, Generic, type, Width(vector, type));
            case ["cvta", "global" or "shared" or "local", "u64"]:
                return ConvertAddress(line, opcode[1][0], toGeneric: true);
            case ["cvta", "to", "global" or "shared" or "local", "u64"]:
                return ConvertAddress(line, opcode[2][0], toGeneric: false);
            case ["atom", "global" or "shared", var operation, var name] when PtxType.Parse(name) is { Bits: >= 32 } type:
                return Atomic(line, opcode[1], operation, type);
            // The space may come behind the operation, or be left to the address; without the old value, the operation is a reduction.
            case ["atom" or "red", var operation, "global" or "shared", var name] when isForeign
                && PtxType.Parse(name) is { Bits: >= 32 } type:
                return Atomic(line, opcode[2], operation, type);
            case ["atom" or "red", var operation, var name] when isForeign && PtxType.Parse(name) is { Bits: >= 32 } type:
                return Atomic(line, Generic, operation, type);
            default:
                return null;
        }
    }

    static int Width(string[] vector, PtxType type)
    {
        int width = vector switch
        {
            [] => 1,
            ["v2"] => 2,
            ["v4"] => 4,
            _ => throw new PtxFault("unknown vector"),
        };
        return width * type.Bits <= 128 ? width : throw new PtxFault("an access has at most 128 bits");
    }

    PtxStep LoadParameter(PtxLine line, PtxType type)
    {
        Count(line, 2);
        Match match = AddressPattern().Match(line.Operands[1]);
        string name = match.Groups["base"].Value;
        int parameter = text.Parameters.FindIndex(p => p.Name == name), passed = text.Passed.FindIndex(p => p.Name == name);
        if (parameter < 0 && passed < 0)
            throw new PtxFault($"{line.Operands[1]} is no parameter");
        int offset = PlaceOf(match, parameter >= 0 ? text.Parameters[parameter] : text.Passed[passed], type), size = type.Bytes;
        int d = Target(line.Operands[0], type, wider: true);
        ulong mask = text.Registers[line.Operands[0]].Mask;
        return t =>
        {
            byte[] bytes = parameter >= 0 ? t.Parameters[parameter] : t.Passed[passed]
                ?? throw new PtxFault("the function has given nothing");
            ulong value = 0;
            for (int b = size - 1; b >= 0; b--)
                value = value << 8 | bytes[offset + b];
            t.Put(d, Extend(value, type) & mask);
        };
    }

    // Where a value of the type lies in a parameter.
    static int PlaceOf(Match match, PtxVariable variable, PtxType type)
    {
        int offset = Offset(match), size = type.Bytes;
        if (variable.IsArray && (offset < 0 || offset + size > variable.Bytes || offset % size != 0))
            throw new PtxFault($"the parameter's {variable.Bytes} bytes have none of this type there");
        if (!variable.IsArray && (variable.Type.Bits != type.Bits || offset != 0))
            throw new PtxFault("the parameter has another width");
        return offset;
    }

    PtxStep Load(PtxLine line, string space, PtxType type, int width)
    {
        Count(line, 2);
        int[] targets = [.. Elements(line.Operands[0], width).Select(operand => Target(operand, type, wider: true))];
        ulong[] masks = [.. Elements(line.Operands[0], width).Select(operand => text.Registers[operand].Mask)];
        Func<PtxThread, ulong> address = Address(line.Operands[1], space, type.Bytes * width);
        int size = type.Bytes;
        char where = space[0];
        if (width == 1 && where != 's')
        {
            int d = targets[0];
            ulong mask = masks[0];
            return t =>
            {
                ulong at = address(t);
                NoteAccess(t, line, where, at, size);
                t.Put(d, Extend(Memory.Load(t, where, at, size), type) & mask);
            };
        }

        return t =>
        {
            ulong at = address(t);
            NoteAccess(t, line, where, at, size * width);
            for (int e = 0; e < targets.Length; e++)
                t.Put(targets[e], Extend(Memory.Load(t, where, at + (ulong)(e * size), size), type) & masks[e]);
        };
    }

    PtxStep Store(PtxLine line, string space, PtxType type, int width)
    {
        Count(line, 2);
        int[] sources = [.. Elements(line.Operands[1], width)
            .Select(operand => isForeign ? Source(operand, type, wider: true) : RegisterSource(operand, type, wider: true))];
        Func<PtxThread, ulong> address = Address(line.Operands[0], space, type.Bytes * width);
        int size = type.Bytes;
        char where = space[0];
        return t =>
        {
            ulong at = address(t);
            NoteAccess(t, line, where, at, size * width);
            for (int e = 0; e < sources.Length; e++)
                Memory.Store(t, where, at + (ulong)(e * size), size, t.Get(sources[e]));
        };
    }

    void NoteAccess(PtxThread thread, PtxLine line, char space, ulong address, int bytes)
    {
        if (space is 's' or 'g')
            Memory.Accesses?.Note(thread, line, space == 'g', address, bytes);
    }

    // [register], [variable], each with a number of bytes added; a multiple of the access's size.
    Func<PtxThread, ulong> Address(string operand, string space, int alignment)
    {
        Match match = AddressPattern().Match(operand);
        if (!match.Success)
            throw new PtxFault($"{operand} is no address");
        ulong offset = (ulong)Offset(match);
        string name = match.Groups["base"].Value;
        int start;
        if (name[0] != '%')
        {
            var variable = Find(name) ?? throw new PtxFault($"there is no variable {name}");
            start = variable.Space == space ? Constant((ulong)variable.Address)
                : throw new PtxFault($"{name} lies in {variable.Space} memory");
        }
        else
        {
            if (!text.Registers.TryGetValue(name, out PtxType register) || register.IsFloat
                || register.Bits < (space is "global" or Generic ? 64 : 32))
            {
                throw new PtxFault($"{name} is no register with an address");
            }

            start = slots[name];
        }

        return t =>
        {
            ulong address = t.Get(start) + offset;
            return address % (ulong)alignment == 0 ? address
                : throw new PtxFault($"the address {address:x} is not aligned to {alignment} bytes");
        };
    }

    static int Offset(Match address) => address.Groups["offset"].Success ? int.Parse(address.Groups["offset"].Value) : 0;

    PtxStep ConvertAddress(PtxLine line, char space, bool toGeneric)
    {
        Count(line, 2);
        var type = new PtxType('u', 64);
        int d = Target(line.Operands[0], type), a = RegisterSource(line.Operands[1], type);
        if (toGeneric)
            return t => t.Put(d, PtxMemory.ToGeneric(space, t.Get(a)));
        return t =>
        {
            var (where, address) = PtxMemory.FromGeneric(t.Get(a));
            t.Put(d, where == space ? address : throw new PtxFault($"the address {t.Get(a):x} lies in another space"));
        };
    }

    PtxStep Atomic(PtxLine line, string space, string operation, PtxType type)
    {
        bool compares = operation == "cas";
        bool keeps = line.Opcode[0] == "atom";
        Count(line, (compares ? 3 : 2) + (keeps ? 1 : 0));
        Func<ulong, ulong, ulong> combine = (operation, type.Kind, type.Bits) switch
        {
            ("add", 'u', 32 or 64) or ("add", 's', 32) => (old, value) => old + value,
            // On device memory the hardware takes denormals for zeros.
            ("add", 'f', 32) when space != "shared" => (old, value) => Bits(Flush(Flush(Single(old)) + Flush(Single(value)))),
            ("add", 'f', 32) => (old, value) => Bits(Single(old) + Single(value)),
            ("add", 'f', 64) => (old, value) => Bits(Double(old) + Double(value)),
            ("and", 'b', 32 or 64) => (old, value) => old & value,
            ("or", 'b', 32 or 64) => (old, value) => old | value,
            ("xor", 'b', 32 or 64) => (old, value) => old ^ value,
            ("min", 's', 32 or 64) => (old, value) => Signed(old, type.Bits) < Signed(value, type.Bits) ? old : value,
            ("max", 's', 32 or 64) => (old, value) => Signed(old, type.Bits) > Signed(value, type.Bits) ? old : value,
            ("min", 'u', 32 or 64) => Math.Min,
            ("max", 'u', 32 or 64) => Math.Max,
            ("exch" or "cas", 'b', 32 or 64) => (_, value) => value,
            _ => throw new PtxFault("unknown atomic operation"),
        };
        int d = keeps ? Target(line.Operands[0], type) : -1, value = Source(line.Operands[^1], type);
        int compare = compares ? Source(line.Operands[^2], type) : -1;
        Func<PtxThread, ulong> address = Address(line.Operands[keeps ? 1 : 0], space, type.Bytes);
        char where = space[0];
        int size = type.Bytes;
        ulong mask = type.Mask;
        return t =>
        {
            ulong at = address(t), old = Memory.Load(t, where, at, size, atomic: true), operand = t.Get(value);
            bool writes = compare < 0 || old == t.Get(compare);
            Memory.Store(t, where, at, size, writes ? combine(old, operand) & mask : old, atomic: true);
            if (keeps)
                t.Put(d, old);
        };
    }

    static float Flush(float value) => float.IsSubnormal(value) ? MathF.CopySign(0f, value) : value;

    [GeneratedRegex(@"^\[(?<base>%?[A-Za-z_$][\w$]*)(\+(?<offset>-?\d+))?\]$")]
    private static partial Regex AddressPattern();
}
