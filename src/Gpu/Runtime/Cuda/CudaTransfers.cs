namespace Dalle2.Gpu.Runtime.Cuda;

/// <summary>
/// Copies between the host and a card, by way of two pieces of pinned memory: one is filled or emptied while the other is under way. A copy to the card
/// returns before it is done; its source may change at once.
/// </summary>
sealed unsafe class CudaTransfers : IDisposable
{
    const int PieceBytes = 4 << 20;
    const uint NoTiming = 2;

    readonly CudaApi api;
    readonly nint stream;
    readonly Action<int, string> require;
    readonly Piece[] pieces = [new(), new()];
    int next;

    /// <param name="api">The driver.</param>
    /// <param name="stream">The order of work.</param>
    /// <param name="require">Throws if a code is a failure, of which the text says what failed.</param>
    public CudaTransfers(CudaApi api, nint stream, Action<int, string> require)
    {
        this.api = api;
        this.stream = stream;
        this.require = require;
    }

    public void ToDevice(ReadOnlySpan<byte> source, nint target)
    {
        for (int at = 0; at < source.Length; at += PieceBytes)
        {
            ReadOnlySpan<byte> part = source[at..Math.Min(source.Length, at + PieceBytes)];
            Piece piece = Take();
            part.CopyTo(new Span<byte>(piece.Memory, part.Length));
            Require(api.MemcpyHtoDAsync(target + at, piece.Memory, (nuint)part.Length, stream), source.Length, "to");
            Require(api.EventRecord(piece.Done, stream), source.Length, "to");
        }
    }

    public void FromDevice(nint source, Span<byte> target)
    {
        Piece? under = null;
        int start = 0;
        for (int at = 0; at < target.Length; at += PieceBytes)
        {
            int count = Math.Min(PieceBytes, target.Length - at);
            Piece piece = Take();
            Require(api.MemcpyDtoHAsync(piece.Memory, source + at, (nuint)count, stream), target.Length, "from");
            Require(api.EventRecord(piece.Done, stream), target.Length, "from");
            if (under != null)
                Finish(under, target.Slice(start, PieceBytes), target.Length);
            (under, start) = (piece, at);
        }

        if (under != null)
            Finish(under, target[start..], target.Length);
    }

    public void Dispose()
    {
        foreach (Piece piece in pieces.Where(piece => piece.Memory != null))
        {
            api.EventDestroy(piece.Done);
            api.MemFreeHost(piece.Memory);
        }
    }

    // The piece that was used longest ago, once its last copy is done.
    Piece Take()
    {
        Piece piece = pieces[next];
        next = 1 - next;
        if (piece.Memory != null)
        {
            require(api.EventSynchronize(piece.Done), "waiting for a copy");
            return piece;
        }

        void* memory;
        nint done;
        require(api.MemHostAlloc(&memory, PieceBytes, 0), $"allocating {PieceBytes >> 20} MiB of pinned memory");
        require(api.EventCreate(&done, NoTiming), "making an event");
        piece.Memory = memory;
        piece.Done = done;
        return piece;
    }

    void Finish(Piece piece, Span<byte> target, int all)
    {
        Require(api.EventSynchronize(piece.Done), all, "from");
        new ReadOnlySpan<byte>(piece.Memory, target.Length).CopyTo(target);
    }

    void Require(int code, int bytes, string direction)
    {
        if (code != CudaStatus.Success)
            require(code, $"copying {bytes} bytes {direction} the device");
    }

    sealed class Piece
    {
        public void* Memory;
        public nint Done;
    }
}
