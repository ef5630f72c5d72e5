using Dalle2.Gpu.Runtime;

namespace Dalle2.Tensors;

/// <summary>
/// Memory for the tensors of one step. What is known to be read no more is given back with <see cref="Release"/> and serves the allocations that
/// follow; <see cref="Reset"/> takes all back at once. The same sequence of allocations and releases after a reset finds the same addresses and
/// gives the same objects, so that after the first step nothing more is asked of the device or of the host.
/// </summary>
public sealed class Arena(Device device) : IDisposable
{
    const long BlockBytes = 32 << 20;
    const long Alignment = 64;

    // Steps whose shapes are never the same twice shall not collect objects without end.
    const int MostTensors = 100_000;

    readonly List<Buffer<byte>> blocks = [];

    // Sorted by place; neighbors are one.
    readonly List<(Place Place, long Bytes)> free = [];
    readonly Dictionary<Place, (long Bytes, long Number)> live = [];
    readonly List<(long Number, Place Place)> found = [];
    readonly Dictionary<(Place Place, Shape Shape, ElementType Type), Tensor> tensors = [];
    readonly Dictionary<(Place Place, Shape Shape), IntTensor> intTensors = [];
    readonly Dictionary<Tensor, Place> places = new(ReferenceEqualityComparer.Instance);
    readonly long[] bytesOfTypes = new long[2];
    long used;
    long allocations;

    /// <summary>Bytes held.</summary>
    public long CapacityBytes => blocks.Sum(b => b.Length);

    /// <summary>The most bytes that were in use at once, over all steps.</summary>
    public long PeakBytes { get; private set; }

    /// <summary>Bytes of tensors in a type that were asked for since the last <see cref="Reset"/>, memory that served several counted for each.</summary>
    public long BytesOf(ElementType type) => bytesOfTypes[(int)type];

    /// <summary>Overwrite what is given back with ones (NaN for floats), so that a later read of it shows; for tests.</summary>
    public bool PoisonsReleased { get; set; }

    /// <summary>Uninitialized memory, valid until <see cref="Reset"/>.</summary>
    public ArrayView<T> Allocate<T>(long length)
        where T : unmanaged => View<T>(Take<T>(length), length);

    /// <summary>An uninitialized tensor, valid until <see cref="Reset"/> or its <see cref="Release"/>.</summary>
    public Tensor Allocate(Shape shape, ElementType type = ElementType.Float32)
    {
        int words = Tensor.Words(shape, type);
        bytesOfTypes[(int)type] += sizeof(float) * (long)words;
        Place place = Take<float>(words);
        if (!tensors.TryGetValue((place, shape, type), out Tensor? tensor))
        {
            Forget();
            tensor = new Tensor(View<float>(place, words), shape, type);
            tensors.Add((place, shape, type), tensor);
            places.Add(tensor, place);
        }

        return tensor;
    }

    /// <summary>Uninitialized integers, valid until <see cref="Reset"/>.</summary>
    public IntTensor AllocateIntegers(Shape shape)
    {
        Place place = Take<int>(shape.Length);
        if (!intTensors.TryGetValue((place, shape), out IntTensor? tensor))
        {
            Forget();
            intTensors.Add((place, shape), tensor = new IntTensor(View<int>(place, shape.Length), shape));
        }

        return tensor;
    }

    /// <summary>Gives back the memory of a tensor, or of the one that it is a part of: nothing reads it any more.</summary>
    /// <exception cref="InvalidOperationException">It is not of this arena, or was given back before.</exception>
    public void Release(Tensor tensor)
    {
        if (!places.TryGetValue(tensor.Whole, out Place place))
            throw new InvalidOperationException($"a tensor of {tensor.Shape} is not of this arena and cannot be given back to it");
        if (!live.ContainsKey(place))
            throw new InvalidOperationException($"a tensor of {tensor.Shape} is given back to its arena twice");
        Free(place);
    }

    /// <summary>A moment, for <see cref="ReleaseSince"/>.</summary>
    public long Mark() => allocations;

    /// <summary>Gives back all that was allocated since a moment and is not given back yet: nothing reads it any more. For loops whose layers would leave something behind in each round.</summary>
    /// <param name="mark">From <see cref="Mark"/>, of this step.</param>
    public void ReleaseSince(long mark)
    {
        found.Clear();
        foreach (var (place, (_, number)) in live)
        {
            if (number >= mark)
                found.Add((number, place));
        }

        // In the order of allocation: the same sequence shall find the same places.
        found.Sort();
        foreach (var (_, place) in found)
            Free(place);
    }

    void Free(Place place)
    {
        live.Remove(place, out var allocation);
        used -= allocation.Bytes;
        if (PoisonsReleased)
            Poison(blocks[place.Block].View.Part(place.Offset, allocation.Bytes));
        GiveBack(place, allocation.Bytes);
    }

    /// <summary>Takes back everything that was allocated.</summary>
    public void Reset()
    {
        live.Clear();
        allocations = 0;
        free.Clear();
        Array.Clear(bytesOfTypes);
        used = 0;
        for (int block = 0; block < blocks.Count; block++)
            free.Add((new Place(block, 0), blocks[block].Length));
    }

    /// <summary>Overwrites all held memory with a bit pattern (all ones: NaN for floats), so that a read of something never written shows.</summary>
    public void Poison()
    {
        foreach (Buffer<byte> held in blocks)
            Poison(held.View);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (Buffer<byte> held in blocks)
            held.Dispose();
        blocks.Clear();
        Reset();
    }

    // The first place that is large enough. Blocks come in the order in which they were made, so that the next step finds the places of the first.
    unsafe Place Take<T>(long length)
        where T : unmanaged
    {
        long bytes = Math.Max(Alignment, (length * sizeof(T) + Alignment - 1) / Alignment * Alignment);
        int at = 0;
        while (at < free.Count && free[at].Bytes < bytes)
            at++;
        if (at == free.Count)
        {
            blocks.Add(device.Allocate<byte>(Math.Max(BlockBytes, bytes)));
            free.Add((new Place(blocks.Count - 1, 0), blocks[^1].Length));
        }

        var (place, room) = free[at];
        if (room == bytes)
            free.RemoveAt(at);
        else
            free[at] = (place with { Offset = place.Offset + bytes }, room - bytes);
        live.Add(place, (bytes, allocations++));
        used += bytes;
        PeakBytes = Math.Max(PeakBytes, used);
        return place;
    }

    void GiveBack(Place place, long bytes)
    {
        int at = 0;
        while (at < free.Count && free[at].Place.CompareTo(place) < 0)
            at++;
        bool joinsNext = at < free.Count && free[at].Place == place with { Offset = place.Offset + bytes };
        if (joinsNext)
        {
            bytes += free[at].Bytes;
            free.RemoveAt(at);
        }

        if (at > 0 && free[at - 1] is var (before, size) && before with { Offset = before.Offset + size } == place)
            free[at - 1] = (before, size + bytes);
        else
            free.Insert(at, (place, bytes));
    }

    unsafe ArrayView<T> View<T>(Place place, long length)
        where T : unmanaged => blocks[place.Block].View.Part(place.Offset, length * sizeof(T)).Cast<T>();

    void Forget()
    {
        if (tensors.Count + intTensors.Count < MostTensors)
            return;
        // Those in use stay good; a tensor that is still to be given back is not forgotten.
        foreach (var (key, tensor) in tensors)
        {
            if (!live.ContainsKey(key.Place))
            {
                tensors.Remove(key);
                places.Remove(tensor);
            }
        }

        intTensors.Clear();
    }

    void Poison(ArrayView<byte> view)
    {
        var ones = new byte[view.Length];
        Array.Fill(ones, (byte)0xFF);
        device.Stream.Write<byte>(ones, view);
    }

    // Where an allocation begins: which block, and how many bytes into it.
    readonly record struct Place(int Block, long Offset) : IComparable<Place>
    {
        public int CompareTo(Place other) => Block != other.Block ? Block.CompareTo(other.Block) : Offset.CompareTo(other.Offset);
    }
}
