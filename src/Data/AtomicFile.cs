namespace Dalle2.Data;

/// <summary>Writes a file so that a reader, or a program killed at any moment, sees the whole old file or the whole new one.</summary>
public static class AtomicFile
{
    static int serial;

    /// <summary>
    /// Writes to a temporary name in the same folder, flushes it to the disk and renames it over <paramref name="path"/>.
    /// When anything fails, the temporary file is removed and the old file stays as it was.
    /// </summary>
    /// <param name="path">The file to write; its folder is made as needed.</param>
    /// <param name="write">Gets the seekable stream to write to, and does not close it.</param>
    /// <exception cref="UserInputException">The disk is full, or the folder may not be written; the message says which.</exception>
    public static void Write(string path, Action<Stream> write)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        ArgumentNullException.ThrowIfNull(write);
        string full = Path.GetFullPath(path);
        if (Directory.Exists(full))
            throw new UserInputException($"{path}: cannot be written, it is a folder. Name a file.");

        // The process id keeps two programs apart, the serial two threads.
        string temporary = Path.Combine(Path.GetDirectoryName(full)!,
            $".{Path.GetFileName(full)}.{Environment.ProcessId}-{Interlocked.Increment(ref serial)}.tmp");
        bool created = false;
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(full)!);
            using (var stream = new FileStream(temporary, FileMode.Create, FileAccess.ReadWrite, FileShare.None, 1 << 16))
            {
                created = true;
                write(stream);
                stream.Flush(flushToDisk: true);
            }

            File.Move(temporary, full, overwrite: true);
            created = false;
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            throw new UserInputException(Explain(path, fault), fault);
        }
        finally
        {
            if (created)
                Remove(temporary);
        }
    }

    /// <summary>Writes bytes, as <see cref="Write(string, Action{Stream})"/> does.</summary>
    /// <exception cref="UserInputException">As <see cref="Write(string, Action{Stream})"/>.</exception>
    public static void Write(string path, ReadOnlyMemory<byte> content) => Write(path, stream => stream.Write(content.Span));

    /// <summary>Writes the text as UTF-8 without a byte order mark, as <see cref="Write(string, Action{Stream})"/> does.</summary>
    /// <exception cref="UserInputException">As <see cref="Write(string, Action{Stream})"/>.</exception>
    public static void WriteText(string path, string text) => Write(path, System.Text.Encoding.UTF8.GetBytes(text));

    /// <summary>Says in one sentence why a file cannot be written, and what to do.</summary>
    internal static string Explain(string path, Exception fault) => fault switch
    {
        UnauthorizedAccessException => $"{path}: no permission to write there. Choose another folder or change its permissions.",
        PathTooLongException => $"{path}: the name is too long for this file system. Choose a shorter one.",
        _ when IsDiskFull(fault) => $"{path}: the disk is full, nothing was changed. Free some space or choose another folder.",
        _ => $"{path}: cannot be written ({fault.Message}). Nothing was changed.",
    };

    // On Unix the result code is errno (ENOSPC 28, EDQUOT 122 on Linux and 69 on macOS), on Windows ERROR_DISK_FULL or ERROR_HANDLE_DISK_FULL.
    static bool IsDiskFull(Exception fault) => OperatingSystem.IsWindows()
        ? fault.HResult is unchecked((int)0x80070070) or unchecked((int)0x80070027)
        : fault.HResult == 28 || fault.HResult == (OperatingSystem.IsMacOS() ? 69 : 122);

    static void Remove(string temporary)
    {
        try
        {
            File.Delete(temporary);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            // The fault that made the write fail matters more than a file left behind.
        }
    }
}
