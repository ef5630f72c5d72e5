using System.Buffers;
using System.Text;
using System.Text.Json;
using Dalle2.Data;

namespace Dalle2.Training.Runs;

/// <summary>The JSON header of a safetensors file: written canonically, read with every fault named.</summary>
static class SafeTensorsHeader
{
    const string MetadataKey = "__metadata__";

    /// <summary>The header's bytes, padded with spaces so that the tensors begin at a multiple of 8.</summary>
    internal static byte[] Format(IReadOnlyList<SafeTensorEntry> entries, IReadOnlyDictionary<string, string> metadata)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            if (metadata.Count > 0)
            {
                json.WriteStartObject(MetadataKey);
                foreach ((string key, string value) in metadata.OrderBy(pair => pair.Key, StringComparer.Ordinal))
                    json.WriteString(key, value);

                json.WriteEndObject();
            }

            foreach (SafeTensorEntry entry in entries)
            {
                json.WriteStartObject(entry.Name);
                json.WriteString("dtype", entry.Type.ToString());
                json.WriteStartArray("shape");
                foreach (int extent in entry.Shape)
                    json.WriteNumberValue(extent);

                json.WriteEndArray();
                json.WriteStartArray("data_offsets");
                json.WriteNumberValue(entry.Begin);
                json.WriteNumberValue(entry.End);
                json.WriteEndArray();
                json.WriteEndObject();
            }

            json.WriteEndObject();
        }

        byte[] padded = new byte[(buffer.WrittenCount + 7) / 8 * 8];
        padded.AsSpan().Fill((byte)' ');
        buffer.WrittenSpan.CopyTo(padded);
        return padded;
    }

    /// <summary>Reads the header; the entries come in the order of their bytes and are checked to fill <paramref name="dataBytes"/> exactly.</summary>
    internal static (List<SafeTensorEntry> Entries, SortedDictionary<string, string> Metadata) Parse(string path, byte[] header,
        long dataBytes)
    {
        var entries = new List<SafeTensorEntry>();
        var metadata = new SortedDictionary<string, string>(StringComparer.Ordinal);
        try
        {
            // Strict decoding first: JsonDocument would only complain when the faulty string is asked for.
            string text = new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(header);
            using JsonDocument document = JsonDocument.Parse(text);
            if (document.RootElement.ValueKind != JsonValueKind.Object)
                throw Fault(path, "its header is not a JSON object");

            var names = new HashSet<string>(StringComparer.Ordinal);
            foreach (JsonProperty property in document.RootElement.EnumerateObject())
            {
                if (!names.Add(property.Name))
                    throw Fault(path, $"its header names '{property.Name}' twice");

                if (property.Name == MetadataKey)
                    ReadMetadata(path, property.Value, metadata);
                else
                    entries.Add(ReadEntry(path, property.Name, property.Value));
            }
        }
        catch (Exception fault) when (fault is JsonException or DecoderFallbackException or InvalidOperationException)
        {
            // InvalidOperationException: a \u escape that is half a surrogate pair.
            throw Fault(path, "its header is not valid JSON", fault);
        }

        entries.Sort((a, b) => (a.Begin, a.End).CompareTo((b.Begin, b.End)));
        CheckLayout(path, entries, dataBytes);
        return (entries, metadata);
    }

    internal static UserInputException Fault(string path, string what, Exception? inner = null) =>
        new($"{path}: not a usable safetensors file, {what}. Use another copy of the file.", inner);

    static void ReadMetadata(string path, JsonElement value, SortedDictionary<string, string> metadata)
    {
        if (value.ValueKind != JsonValueKind.Object)
            throw Fault(path, $"'{MetadataKey}' is not a JSON object");

        foreach (JsonProperty property in value.EnumerateObject())
        {
            if (property.Value.ValueKind != JsonValueKind.String)
                throw Fault(path, $"the metadata entry '{property.Name}' is not a string");

            if (!metadata.TryAdd(property.Name, property.Value.GetString()!))
                throw Fault(path, $"the metadata entry '{property.Name}' occurs twice");
        }
    }

    static SafeTensorEntry ReadEntry(string path, string name, JsonElement value)
    {
        if (value.ValueKind != JsonValueKind.Object)
            throw Fault(path, $"tensor '{name}' is not described by a JSON object");

        SafeTensorType? type = null;
        int[]? shape = null;
        long[]? offsets = null;
        int fields = 0;
        foreach (JsonProperty property in value.EnumerateObject())
        {
            fields++;
            switch (property.Name)
            {
                case "dtype":
                    type = ReadType(path, name, property.Value);
                    break;
                case "shape":
                    shape = [.. ReadNumbers(path, name, property, int.MaxValue).Select(extent => (int)extent)];
                    break;
                case "data_offsets":
                    offsets = [.. ReadNumbers(path, name, property, long.MaxValue)];
                    break;
                default:
                    throw Fault(path, $"tensor '{name}' has an unknown field '{property.Name}'");
            }
        }

        if (type is null || shape is null || offsets is null || fields != 3)
            throw Fault(path, $"tensor '{name}' needs dtype, shape and data_offsets, once each");

        if (offsets.Length != 2 || offsets[1] < offsets[0])
            throw Fault(path, $"tensor '{name}' has data_offsets that are not a begin and an end");

        // A product that overflows is larger than any file, so the 128-bit value decides.
        Int128 bytes = NamedTensor.SizeOf(type.Value);
        foreach (int extent in shape)
            bytes = Int128.Min(bytes * extent, long.MaxValue);

        if (bytes != offsets[1] - offsets[0])
        {
            throw Fault(path, $"tensor '{name}' of type {type} and shape [{string.Join(", ", shape)}] needs "
                + $"{bytes} bytes, its data_offsets span {offsets[1] - offsets[0]}");
        }

        return new SafeTensorEntry(name, type.Value, shape, offsets[0], offsets[1]);
    }

    static SafeTensorType ReadType(string path, string name, JsonElement value)
    {
        string text = value.ValueKind == JsonValueKind.String ? value.GetString()! : value.GetRawText();
        foreach (SafeTensorType type in Enum.GetValues<SafeTensorType>())
        {
            if (text == type.ToString())
                return type;
        }

        throw Fault(path,
            $"tensor '{name}' has the element type {text}; this program reads {string.Join(", ", Enum.GetNames<SafeTensorType>())}");
    }

    static List<long> ReadNumbers(string path, string name, JsonProperty property, long limit)
    {
        var numbers = new List<long>();
        if (property.Value.ValueKind == JsonValueKind.Array)
        {
            foreach (JsonElement element in property.Value.EnumerateArray())
            {
                if (element.ValueKind != JsonValueKind.Number || !element.TryGetInt64(out long number) || number < 0 || number > limit)
                {
                    throw Fault(path,
                        $"tensor '{name}' has {element.GetRawText()} in its {property.Name}, where a whole number from 0 belongs");
                }

                numbers.Add(number);
            }

            return numbers;
        }

        throw Fault(path, $"the {property.Name} of tensor '{name}' is not a list");
    }

    static void CheckLayout(string path, List<SafeTensorEntry> entries, long dataBytes)
    {
        long end = 0;
        string previous = "the header";
        foreach (SafeTensorEntry entry in entries)
        {
            if (entry.Begin < end)
                throw Fault(path, $"the bytes of tensor '{entry.Name}' overlap those of {previous}");

            if (entry.Begin > end)
                throw Fault(path, $"there is a hole of {entry.Begin - end} bytes before tensor '{entry.Name}'");

            end = entry.End;
            previous = $"tensor '{entry.Name}'";
        }

        if (end > dataBytes)
            throw Fault(path, $"it is truncated: its tensors need {end} bytes and {dataBytes} are there");

        if (end < dataBytes)
            throw Fault(path, $"{dataBytes - end} bytes follow the last tensor that belong to none");
    }
}
