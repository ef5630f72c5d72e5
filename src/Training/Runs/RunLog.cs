using System.Buffers;
using System.Text;
using System.Text.Json;
using Dalle2.Data;

namespace Dalle2.Training.Runs;

/// <summary>
/// The log of a run, one JSON object a line: <c>{"stage":"decoder","step":10,"loss":0.25}</c>. It only grows; a resumed stage first cuts off
/// what it will write again, so that in the end the file has the same bytes as that of a run which was never stopped. Therefore figures that differ
/// from run to run (times, speeds) do not belong in it.
/// </summary>
/// <param name="path">The file; the first line creates it.</param>
public sealed class RunLog(string path) : IDisposable
{
    FileStream? stream;

    /// <summary>The file.</summary>
    public string FilePath { get; } = path;

    /// <summary>Adds a line, which survives the program from here on.</summary>
    /// <exception cref="UserInputException">The disk is full, or the file may not be written.</exception>
    public void Append(LogEntry entry)
    {
        ArgumentNullException.ThrowIfNull(entry);
        try
        {
            // Unbuffered: one write a line, so that a killed program tears the last line at most.
            stream ??= OpenAtEnd();
            stream.Write(Format(entry));
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            throw new UserInputException(
                $"{FilePath}: the log cannot be written ({fault.Message}). Free some space or change the permissions, then resume.", fault);
        }
    }

    /// <summary>Forces the lines to the disk; called before a checkpoint that relies on them is saved.</summary>
    public void Flush() => stream?.Flush(flushToDisk: true);

    /// <summary>Removes the lines of a stage whose step is above <paramref name="step"/>, and a torn last line. All others keep their bytes.</summary>
    /// <exception cref="UserInputException">A whole line is not a log entry, or the file cannot be written.</exception>
    public void CutAfter(string stage, long step)
    {
        Dispose();
        if (!File.Exists(FilePath))
            return;

        byte[] all = File.ReadAllBytes(FilePath);
        var kept = new ArrayBufferWriter<byte>(Math.Max(1, all.Length));
        foreach ((Range line, LogEntry entry) in Lines(all))
        {
            if (entry.Stage != stage || entry.Step <= step)
                kept.Write(all.AsSpan(line));
        }

        if (kept.WrittenCount < all.Length)
            AtomicFile.Write(FilePath, stream => stream.Write(kept.WrittenSpan));
    }

    /// <summary>Reads the log; a torn last line is left out.</summary>
    /// <returns>The entries in file order; none when there is no file.</returns>
    /// <exception cref="UserInputException">A whole line is not a log entry; the message names the line.</exception>
    public IReadOnlyList<LogEntry> Read()
    {
        if (!File.Exists(FilePath))
            return [];

        // The writer may be another program that is training right now.
        using var stream = new FileStream(FilePath, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        byte[] all = new byte[stream.Length];
        int length = stream.ReadAtLeast(all, all.Length, throwOnEndOfStream: false);
        return [.. Lines(all[..length]).Select(line => line.Entry)];
    }

    /// <summary>Closes the file; a later line opens it again.</summary>
    public void Dispose()
    {
        stream?.Dispose();
        stream = null;
    }

    FileStream OpenAtEnd()
    {
        var stream = new FileStream(FilePath, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.Read, bufferSize: 0);
        byte[] all = new byte[stream.Length];
        stream.ReadExactly(all);
        int whole = all.AsSpan().LastIndexOf((byte)'\n') + 1;
        stream.SetLength(whole);
        stream.Position = whole;
        return stream;
    }

    static ReadOnlySpan<byte> Format(LogEntry entry)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteString("stage", entry.Stage);
            json.WriteNumber("step", entry.Step);
            foreach ((string name, double value) in entry.Values)
            {
                if (double.IsFinite(value))
                    json.WriteNumber(name, value);
                else
                    json.WriteNull(name);
            }

            json.WriteEndObject();
        }

        buffer.Write("\n"u8);
        return buffer.WrittenSpan;
    }

    List<(Range Line, LogEntry Entry)> Lines(byte[] all)
    {
        var lines = new List<(Range, LogEntry)>();
        int start = 0;
        while (all.AsSpan(start).IndexOf((byte)'\n') is var length and >= 0)
        {
            Range line = start..(start + length + 1);
            lines.Add((line, Parse(all.AsMemory(start, length), lines.Count + 1)));
            start += length + 1;
        }

        return lines;
    }

    LogEntry Parse(ReadOnlyMemory<byte> line, int number)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(line);
            string stage = document.RootElement.GetProperty("stage").GetString()!;
            long step = document.RootElement.GetProperty("step").GetInt64();
            var values = new List<KeyValuePair<string, double>>();
            foreach (JsonProperty property in document.RootElement.EnumerateObject())
            {
                if (property.Name is not ("stage" or "step"))
                {
                    values.Add(new(property.Name, property.Value.ValueKind == JsonValueKind.Null
                        ? double.NaN : property.Value.GetDouble()));
                }
            }

            return new LogEntry(stage, step, values);
        }
        catch (Exception fault) when (fault is JsonException or InvalidOperationException or KeyNotFoundException or FormatException)
        {
            throw new UserInputException(
                $"{FilePath}, line {number}: not a log entry ("
                + $"{Encoding.UTF8.GetString(line.Span[..Math.Min(line.Length, 60)])}). Remove the line.", fault);
        }
    }
}
