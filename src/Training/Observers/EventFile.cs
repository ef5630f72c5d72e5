using System.Buffers.Binary;
using System.Numerics;
using Dalle2.Data;

namespace Dalle2.Training.Observers;

/// <summary>
/// A file of TensorFlow's record format, which TensorBoard reads: of each record its length (8 bytes, little endian), the length's masked CRC-32C, the
/// data, and the data's masked CRC-32C (<c>tensorflow/core/lib/io/record_writer.h</c>). A record is written at once, so that a killed program tears
/// the last one at most.
/// </summary>
sealed class EventFile : IDisposable
{
    readonly FileStream stream;

    /// <summary>Makes a new file and its folder.</summary>
    /// <exception cref="UserInputException">It cannot be written, or is there.</exception>
    public EventFile(string path)
    {
        FilePath = path;
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            stream = new FileStream(path, FileMode.CreateNew, FileAccess.Write, FileShare.ReadWrite, bufferSize: 0);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            throw CannotWrite(fault);
        }
    }

    /// <summary>The file.</summary>
    public string FilePath { get; }

    /// <summary>Adds a record.</summary>
    /// <exception cref="UserInputException">The disk is full.</exception>
    public void Write(ReadOnlySpan<byte> data)
    {
        const int head = sizeof(ulong) + sizeof(uint);
        var record = new byte[head + data.Length + sizeof(uint)];
        BinaryPrimitives.WriteUInt64LittleEndian(record, (ulong)data.Length);
        BinaryPrimitives.WriteUInt32LittleEndian(record.AsSpan(sizeof(ulong)), MaskedChecksum(record.AsSpan(0, sizeof(ulong))));
        data.CopyTo(record.AsSpan(head));
        BinaryPrimitives.WriteUInt32LittleEndian(record.AsSpan(head + data.Length), MaskedChecksum(data));
        try
        {
            stream.Write(record);
        }
        catch (IOException fault)
        {
            throw CannotWrite(fault);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => stream.Dispose();

    // Masked, for a checksum of data that hold checksums is a weak one.
    static uint MaskedChecksum(ReadOnlySpan<byte> data)
    {
        uint checksum = ~0u;
        foreach (byte value in data)
            checksum = BitOperations.Crc32C(checksum, value);
        return BitOperations.RotateRight(~checksum, 15) + 0xA282EAD8;
    }

    UserInputException CannotWrite(Exception fault) => new(
        $"{FilePath}: the log for TensorBoard cannot be written ({fault.Message}). Free some space or change the permissions, then resume.",
        fault);
}
