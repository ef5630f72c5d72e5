using System.Buffers;
using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Dalle2.Data;
using Microsoft.Win32.SafeHandles;

namespace Dalle2.Training.Runs;

/// <summary>
/// A safetensors file: eight bytes of little-endian header length, a JSON header (name to dtype, shape and data_offsets, and a
/// <c>__metadata__</c> map of strings), then the tensors' bytes without a hole. Opening checks all of the header; values are read when asked for.
/// Format: https://github.com/huggingface/safetensors.
/// </summary>
public sealed class SafeTensorsFile : IDisposable
{
    // The format's own limit, which keeps a lying length from asking for gigabytes.
    const long MaxHeaderBytes = 100_000_000;
    const int PieceBytes = 1 << 20;

    readonly SafeFileHandle? handle;
    readonly ReadAt read;
    readonly string path;
    readonly long dataStart;
    readonly Dictionary<string, SafeTensorEntry> byName;

    SafeTensorsFile(string path, long length, ReadAt read, SafeFileHandle? handle)
    {
        (this.path, this.read, this.handle) = (path, read, handle);
        (dataStart, List<SafeTensorEntry> entries, Metadata) = ReadHeader(path, length, read);
        byName = entries.ToDictionary(entry => entry.Name, StringComparer.Ordinal);
        Tensors = entries;
    }

    // Fills the beginning of the bytes from an offset on and returns how many there were: 0 at the end.
    delegate int ReadAt(Span<byte> bytes, long offset);

    /// <summary>The tensors, in the order of their bytes.</summary>
    public IReadOnlyList<SafeTensorEntry> Tensors { get; }

    /// <summary>The strings of <c>__metadata__</c>, in ordinal order of their keys.</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; }

    /// <summary>
    /// Writes a file, to a temporary name first. Wider element types come first, so that every tensor is aligned; within a type the order given is kept.
    /// The same arguments give the same bytes.
    /// </summary>
    /// <exception cref="ArgumentException">Two tensors have one name, or a name is <c>__metadata__</c>.</exception>
    /// <exception cref="UserInputException">The file cannot be written; see <see cref="AtomicFile"/>.</exception>
    public static void Write(string path, IReadOnlyList<NamedTensor> tensors, IReadOnlyDictionary<string, string> metadata)
    {
        ArgumentNullException.ThrowIfNull(tensors);
        ArgumentNullException.ThrowIfNull(metadata);
        RequireLittleEndian();
        NamedTensor[] ordered = [.. InFileOrder(tensors)];
        var names = new HashSet<string>(StringComparer.Ordinal) { "__metadata__" };
        var entries = new List<SafeTensorEntry>();
        long offset = 0;
        foreach (NamedTensor tensor in ordered)
        {
            if (!names.Add(tensor.Name))
                throw new ArgumentException($"the tensor name '{tensor.Name}' is taken", nameof(tensors));

            long end = offset + (long)tensor.Count * NamedTensor.SizeOf(tensor.Type);
            entries.Add(new SafeTensorEntry(tensor.Name, tensor.Type, tensor.Shape.ToArray(), offset, end));
            offset = end;
        }

        byte[] header = SafeTensorsHeader.Format(entries, metadata);
        AtomicFile.Write(path, stream =>
        {
            Span<byte> length = stackalloc byte[8];
            BinaryPrimitives.WriteInt64LittleEndian(length, header.Length);
            stream.Write(length);
            stream.Write(header);
            foreach (NamedTensor tensor in ordered)
                tensor.ForEachPiece(stream.Write);
        });
    }

    /// <summary>Opens a file and checks its header against its length; no tensor is read yet.</summary>
    /// <exception cref="UserInputException">There is no such file, or it is damaged; the message names the file and the fault.</exception>
    public static SafeTensorsFile Open(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        RequireLittleEndian();
        SafeFileHandle? handle = null;
        try
        {
            SafeFileHandle opened = handle = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.Read);
            var file = new SafeTensorsFile(
                path, RandomAccess.GetLength(opened), (bytes, offset) => RandomAccess.Read(opened, bytes, offset), opened);
            handle = null;
            return file;
        }
        catch (Exception fault) when (fault is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new UserInputException($"{path}: there is no such file. Check the path.", fault);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            throw new UserInputException($"{path}: cannot be read ({fault.Message}). Check that it is a file and that you may read it.",
                fault);
        }
        finally
        {
            handle?.Dispose();
        }
    }

    /// <summary>Opens a file that lies in memory.</summary>
    /// <param name="name">What messages call it.</param>
    /// <param name="content">Its bytes, which must stay as they are.</param>
    /// <exception cref="UserInputException">It is damaged; the message names the fault.</exception>
    public static SafeTensorsFile Open(string name, byte[] content)
    {
        ArgumentNullException.ThrowIfNull(content);
        RequireLittleEndian();
        return new SafeTensorsFile(name, content.Length, Read, null);

        int Read(Span<byte> bytes, long offset)
        {
            ReadOnlySpan<byte> rest = content.AsSpan((int)Math.Min(offset, content.Length));
            int count = Math.Min(rest.Length, bytes.Length);
            rest[..count].CopyTo(bytes);
            return count;
        }
    }

    /// <summary>The tensor's description, or null when there is none of that name.</summary>
    public SafeTensorEntry? Find(string name) => byName.GetValueOrDefault(name);

    /// <summary>Reads all values of a tensor, row-major. Several threads may read at once.</summary>
    /// <typeparam name="T">float, int, long or byte, as the tensor's type says.</typeparam>
    /// <exception cref="ArgumentException">No such tensor, or the type or the length is not the tensor's.</exception>
    /// <exception cref="UserInputException">The disk fails, or the file became shorter since it was opened.</exception>
    public void Read<T>(string name, Span<T> values) where T : unmanaged
    {
        SafeTensorEntry entry = Find(name) ?? throw new ArgumentException($"{path} has no tensor '{name}'", nameof(name));
        if (typeof(T) != ElementType(entry.Type) || values.Length != entry.Count)
        {
            throw new ArgumentException(
                $"tensor '{name}' of {path} has {entry.Count} values of type {entry.Type}, not {values.Length} of {typeof(T).Name}",
                nameof(values));
        }

        int step = PieceBytes / Unsafe.SizeOf<T>();
        for (int start = 0; start < values.Length; start += step)
        {
            Span<byte> piece = MemoryMarshal.AsBytes(values.Slice(start, Math.Min(step, values.Length - start)));
            ReadFully(path, read, dataStart + entry.Begin + (long)start * Unsafe.SizeOf<T>(), piece);
        }
    }

    /// <summary>Reads a tensor of any type into host memory.</summary>
    /// <exception cref="UserInputException">As <see cref="Read{T}"/>, or the tensor has more values than an array holds.</exception>
    public NamedTensor ReadTensor(SafeTensorEntry entry)
    {
        ArgumentNullException.ThrowIfNull(entry);
        if (entry.Count > Array.MaxLength)
            throw SafeTensorsHeader.Fault(path, $"tensor '{entry.Name}' has {entry.Count} values, more than fit in memory at once");

        return entry.Type switch
        {
            SafeTensorType.F32 => new NamedTensor(entry.Name, entry.Shape, ReadArray<float>(entry)),
            SafeTensorType.I32 => new NamedTensor(entry.Name, entry.Shape, ReadArray<int>(entry)),
            SafeTensorType.I64 => new NamedTensor(entry.Name, entry.Shape, ReadArray<long>(entry)),
            _ => new NamedTensor(entry.Name, entry.Shape, ReadArray<byte>(entry)),
        };
    }

    /// <summary>Hands a tensor's little-endian bytes on in pieces, without keeping them.</summary>
    /// <exception cref="UserInputException">As <see cref="Read{T}"/>.</exception>
    internal void ForEachPiece(SafeTensorEntry entry, Action<ReadOnlySpan<byte>> action)
    {
        byte[] piece = ArrayPool<byte>.Shared.Rent(PieceBytes);
        for (long start = entry.Begin; start < entry.End; start += PieceBytes)
        {
            Span<byte> own = piece.AsSpan(0, (int)Math.Min(PieceBytes, entry.End - start));
            ReadFully(path, read, dataStart + start, own);
            action(own);
        }

        ArrayPool<byte>.Shared.Return(piece);
    }

    /// <summary>Closes the file.</summary>
    public void Dispose() => handle?.Dispose();

    internal static IEnumerable<NamedTensor> InFileOrder(IEnumerable<NamedTensor> tensors) =>
        tensors.OrderByDescending(tensor => NamedTensor.SizeOf(tensor.Type));

    T[] ReadArray<T>(SafeTensorEntry entry) where T : unmanaged
    {
        var values = new T[entry.Count];
        Read<T>(entry.Name, values);
        return values;
    }

    static (long DataStart, List<SafeTensorEntry> Entries, SortedDictionary<string, string> Metadata) ReadHeader(string path,
        long length, ReadAt read)
    {
        if (length < 8)
        {
            throw SafeTensorsHeader.Fault(path, length == 0
                ? "it is empty" : $"it is truncated: {length} bytes are fewer than the 8 of the header's length");
        }

        Span<byte> prefix = stackalloc byte[8];
        ReadFully(path, read, 0, prefix);
        ulong headerBytes = BinaryPrimitives.ReadUInt64LittleEndian(prefix);
        if (headerBytes > MaxHeaderBytes)
        {
            throw SafeTensorsHeader.Fault(path,
                $"its first 8 bytes give a header of {headerBytes} bytes, the format allows {MaxHeaderBytes}");
        }

        if ((long)headerBytes > length - 8)
            throw SafeTensorsHeader.Fault(path, $"it is truncated: its header needs {headerBytes} bytes and {length - 8} are there");

        byte[] header = new byte[headerBytes];
        ReadFully(path, read, 8, header);
        long dataStart = 8 + (long)headerBytes;
        (List<SafeTensorEntry> entries, var metadata) = SafeTensorsHeader.Parse(path, header, length - dataStart);
        return (dataStart, entries, metadata);
    }

    static void ReadFully(string path, ReadAt read, long offset, Span<byte> bytes)
    {
        try
        {
            while (bytes.Length > 0)
            {
                int count = read(bytes, offset);
                if (count == 0)
                    throw SafeTensorsHeader.Fault(path, "it is truncated: it became shorter while it was read");

                bytes = bytes[count..];
                offset += count;
            }
        }
        catch (IOException fault)
        {
            throw new UserInputException($"{path}: cannot be read ({fault.Message}). Check the disk.", fault);
        }
    }

    static Type ElementType(SafeTensorType type) => type switch
    {
        SafeTensorType.F32 => typeof(float),
        SafeTensorType.I32 => typeof(int),
        SafeTensorType.I64 => typeof(long),
        _ => typeof(byte),
    };

    static void RequireLittleEndian()
    {
        if (!BitConverter.IsLittleEndian)
            throw new PlatformNotSupportedException("safetensors files are little-endian, this processor is not");
    }
}
