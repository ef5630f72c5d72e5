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

    readonly FileStream _stream;
    readonly string _owner;

    RunLock(FileStream stream, string owner)
    {
        _stream = stream;
        _owner = owner;
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
            throw new UserInputException($"{path}: no permission to train in this folder. Change its permissions or name another one with --out.", fault);
        }
        catch (IOException fault) when (!IsTaken(fault))
        {
            throw new UserInputException($"{path}: the folder cannot be locked ({fault.Message}). Name another one with --out.", fault);
        }
        catch (IOException fault)
        {
            throw new UserInputException($"{folder}: another program trains in this folder (process {OwnerOf(owner)}). Wait for it, stop it, or name another folder with --out.", fault);
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

    public void Dispose()
    {
        // The lock file itself stays: removing it would let a third program lock a new file while a second one holds the old.
        File.Delete(_owner);
        _stream.Dispose();
    }

    // EWOULDBLOCK on Linux and macOS, ERROR_SHARING_VIOLATION on Windows.
    static bool IsTaken(IOException fault) => fault.HResult is 11 or 35 or unchecked((int)0x80070020);

    static string OwnerOf(string path)
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
