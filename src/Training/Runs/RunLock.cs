using System.Diagnostics;
using System.Globalization;
using Dalle2.Data;

namespace Dalle2.Training.Runs;

/// <summary>
/// Keeps two programs from training in one folder. The operating system holds the lock on <c>.lock</c> and drops it when the program ends, however it ends:
/// a file left by a killed program is taken over. <c>.lock.pid</c> beside it says who holds it, for the message.
/// </summary>
sealed class RunLock : IDisposable
{
    const string LockName = ".lock";
    const string OwnerName = ".lock.pid";

    readonly FileStream stream;
    readonly string owner;

    RunLock(FileStream stream, string owner)
    {
        this.stream = stream;
        this.owner = owner;
    }

    internal static bool IsLockFile(string path) => Path.GetFileName(path) is LockName or OwnerName;

    internal static RunLock Take(string folder)
    {
        string path = Path.Combine(folder, LockName);
        string owner = Path.Combine(folder, OwnerName);
        FileStream stream;
        try
        {
            stream = new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (UnauthorizedAccessException fault)
        {
            throw new UserInputException(
                $"{path}: no permission to train in this folder. Change its permissions or name another one with --out.", fault);
        }
        catch (IOException fault) when (!IsTaken(fault))
        {
            throw new UserInputException($"{path}: the folder cannot be locked ({fault.Message}). Name another one with --out.", fault);
        }
        catch (IOException fault)
        {
            throw Taken(folder, fault);
        }

        try
        {
            AtomicFile.WriteText(owner, Environment.ProcessId + "\n");
            return new RunLock(stream, owner);
        }
        catch
        {
            stream.Dispose();
            throw;
        }
    }

    /// <summary>Throws when another program trains in the folder; leaves nothing behind.</summary>
    internal static void RequireFree(string folder)
    {
        string path = Path.Combine(folder, LockName);
        if (!File.Exists(path))
            return;
        try
        {
            new FileStream(path, FileMode.Open, FileAccess.ReadWrite, FileShare.None).Dispose();
        }
        catch (IOException fault) when (IsTaken(fault))
        {
            throw Taken(folder, fault);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            // Whoever takes the lock says what is wrong with it.
            return;
        }
    }

    /// <summary>The process that says it trains in the folder, while it lives. The lock itself is not tried: a trial could be in the way of one that begins.</summary>
    internal static int? OwnerOf(string folder)
    {
        try
        {
            int process = int.Parse(File.ReadAllText(Path.Combine(folder, OwnerName)), NumberStyles.Integer, CultureInfo.InvariantCulture);
            using var owner = Process.GetProcessById(process);
            return process;
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException or FormatException or OverflowException
        or ArgumentException)
        {
            return null;
        }
    }

    public void Dispose()
    {
        try
        {
            // The lock file itself stays: removing it would let a third program lock a new file while a second one holds the old.
            File.Delete(owner);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            // The folder may be gone: whatever ended the training says so.
        }

        stream.Dispose();
    }

    static UserInputException Taken(string folder, IOException fault) =>
        new($"{folder}: another program trains in this folder (process {OwnerText(Path.Combine(folder, OwnerName))}). Wait for it, stop "
        + "it, or name another folder with --out.", fault);

    // EWOULDBLOCK on Linux and macOS, ERROR_SHARING_VIOLATION on Windows.
    static bool IsTaken(IOException fault) => fault.HResult is 11 or 35 or unchecked((int)0x80070020);

    static string OwnerText(string path)
    {
        try
        {
            return File.ReadAllText(path).Trim();
        }
        catch (IOException)
        {
            return "unknown";
        }
    }
}
