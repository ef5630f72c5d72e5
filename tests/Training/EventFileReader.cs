using System.Buffers.Binary;
using System.Text;

namespace Dalle2.Tests.Training;

/// <summary>
/// Reads TensorBoard's event files by the definition of their records (<c>record_writer.h</c>) and of protocol buffers' encoding, checksums bit by bit:
/// nothing of what writes them.
/// </summary>
static class EventFileReader
{
    /// <summary>An event: its step, figures by tag, texts, pictures, and whether a session begins with it.</summary>
    public sealed record Event(double Time, long Step, string? Version, bool IsSession)
    {
        public Dictionary<string, float> Scalars { get; } = [];

        public Dictionary<string, string> Texts { get; } = [];

        public Dictionary<string, (int Height, int Width, byte[] File)> Pictures { get; } = [];
    }

    /// <summary>The whole records of a file; a torn last one ends it.</summary>
    /// <exception cref="InvalidDataException">A checksum is wrong.</exception>
    public static List<Event> Read(string path)
    {
        byte[] file = File.ReadAllBytes(path);
        var events = new List<Event>();
        int at = 0;
        while (file.Length - at >= 12)
        {
            Span<byte> length = file.AsSpan(at, 8);
            Require(length, file.AsSpan(at + 8, 4));
            int count = checked((int)BinaryPrimitives.ReadUInt64LittleEndian(length));
            if (file.Length - at < 12 + count + 4)
                break;
            Span<byte> data = file.AsSpan(at + 12, count);
            Require(data, file.AsSpan(at + 12 + count, 4));
            events.Add(Parse(data.ToArray()));
            at += 12 + count + 4;
        }

        return events;
    }

    /// <summary>CRC-32C (Castagnoli, reflected polynomial 0x82F63B78), bit by bit.</summary>
    public static uint Checksum(ReadOnlySpan<byte> data)
    {
        uint remainder = uint.MaxValue;
        foreach (byte value in data)
        {
            remainder ^= value;
            for (int bit = 0; bit < 8; bit++)
                remainder = (remainder & 1) != 0 ? (remainder >> 1) ^ 0x82F63B78 : remainder >> 1;
        }

        return ~remainder;
    }

    /// <summary>A message's fields: varints, 8 bytes and 4 bytes as <see cref="ulong"/>, the rest as bytes.</summary>
    public static List<(int Field, ulong Number, byte[] Bytes)> Fields(byte[] message)
    {
        var fields = new List<(int, ulong, byte[])>();
        for (int at = 0; at < message.Length;)
        {
            ulong tag = Varint(message, ref at);
            switch (tag & 7)
            {
                case 0:
                    fields.Add(((int)(tag >> 3), Varint(message, ref at), []));
                    break;
                case 1:
                    fields.Add(((int)(tag >> 3), BinaryPrimitives.ReadUInt64LittleEndian(message.AsSpan(at, 8)), []));
                    at += 8;
                    break;
                case 2:
                    int length = (int)Varint(message, ref at);
                    fields.Add(((int)(tag >> 3), 0, message[at..(at + length)]));
                    at += length;
                    break;
                case 5:
                    fields.Add(((int)(tag >> 3), BinaryPrimitives.ReadUInt32LittleEndian(message.AsSpan(at, 4)), []));
                    at += 4;
                    break;
                default:
                    throw new InvalidDataException($"wire type {tag & 7}");
            }
        }

        return fields;
    }

    static void Require(ReadOnlySpan<byte> data, ReadOnlySpan<byte> stored)
    {
        uint masked = BinaryPrimitives.ReadUInt32LittleEndian(stored), rotated = unchecked(masked - 0xA282EAD8);
        if (((rotated << 15) | (rotated >> 17)) != Checksum(data))
            throw new InvalidDataException("a checksum is wrong");
    }

    // event.proto: 1 wall_time, 2 step, 3 file_version, 5 summary, 7 session_log (1 status, 1 is START).
    static Event Parse(byte[] message)
    {
        var fields = Fields(message);
        var parsed = new Event(
            BitConverter.UInt64BitsToDouble(fields.Single(field => field.Field == 1).Number),
            (long)fields.SingleOrDefault(field => field.Field == 2).Number,
            fields.Where(field => field.Field == 3).Select(field => Encoding.UTF8.GetString(field.Bytes)).SingleOrDefault(),
            fields.Any(field => field.Field == 7 && Fields(field.Bytes).Any(status => status is { Field: 1, Number: 1 })));
        foreach (var value in fields.Where(field => field.Field == 5).SelectMany(field => Fields(field.Bytes)))
        {
            Assert.That(value.Field, Is.EqualTo(1));
            AddValue(parsed, Fields(value.Bytes));
        }

        return parsed;
    }

    // summary.proto: 1 tag, 2 simple_value, 4 image (1 height, 2 width, 3 colorspace, 4 file), 8 tensor (tensor.proto: 1 type, 7 is string,
    // 2 shape, 8 string_val), 9 metadata (1 plugin: 1 name).
    static void AddValue(Event parsed, List<(int Field, ulong Number, byte[] Bytes)> value)
    {
        string tag = Encoding.UTF8.GetString(value.Single(field => field.Field == 1).Bytes);
        foreach (var (field, number, bytes) in value)
        {
            if (field == 2)
                parsed.Scalars.Add(tag, BitConverter.UInt32BitsToSingle((uint)number));
            if (field == 4)
            {
                var image = Fields(bytes);
                Assert.That(image.Single(one => one.Field == 3).Number, Is.EqualTo(3), "RGB");
                parsed.Pictures.Add(tag, ((int)image.Single(one => one.Field == 1).Number, (int)image.Single(one => one.Field == 2).Number,
                    image.Single(one => one.Field == 4).Bytes));
            }

            if (field == 8)
            {
                var plugin = Fields(value.Single(one => one.Field == 9).Bytes).Single(one => one.Field == 1);
                Assert.That(Fields(plugin.Bytes).Single(one => one.Field == 1).Bytes, Is.EqualTo("text"u8.ToArray()));
                var tensor = Fields(bytes);
                Assert.That(tensor.Single(one => one.Field == 1).Number, Is.EqualTo(7), "DT_STRING");
                Assert.That(tensor.Single(one => one.Field == 2).Bytes, Is.Empty, "no dimensions");
                parsed.Texts.Add(tag, Encoding.UTF8.GetString(tensor.Single(one => one.Field == 8).Bytes));
            }
        }
    }

    static ulong Varint(byte[] message, ref int at)
    {
        ulong value = 0;
        for (int shift = 0; ; shift += 7)
        {
            byte part = message[at++];
            value |= (ulong)(part & 0x7F) << shift;
            if (part < 0x80)
                return value;
        }
    }
}
