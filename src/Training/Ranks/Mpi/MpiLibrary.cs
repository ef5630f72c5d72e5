using System.Runtime.InteropServices;
using System.Text;
using System.Text.RegularExpressions;
using Dalle2.Data;

namespace Dalle2.Training.Ranks.Mpi;

/// <summary>
/// The dozen functions of MPI that are needed, of the library that fits what started the process; <c>D2_MPI</c> names another one. Handles are passed as 64 bits:
/// those of MPICH's kind, which have 32, are their lower half, both in registers and, once set to 0, in memory of little-endian machines.
/// </summary>
sealed unsafe partial class MpiLibrary
{
    const int ThreadSerialized = 2;

    const int LongestText = 8192;

    readonly nint library;
    readonly string name;
    readonly nint world;
    readonly nint bytes;
    readonly nint errorsReturn;
    readonly nint statusIgnore;
    readonly delegate* unmanaged<nint, nint, int, int*, int> initThread;
    readonly delegate* unmanaged<int*, int> initialized;
    readonly delegate* unmanaged<nint, int*, int> commRank;
    readonly delegate* unmanaged<nint, int*, int> commSize;
    readonly delegate* unmanaged<nint, nint, int> commSetErrorHandler;
    readonly delegate* unmanaged<nint, int, nint, int, int, nint, nint*, int> isend;
    readonly delegate* unmanaged<nint, int, nint, int, int, nint, nint*, int> irecv;
    readonly delegate* unmanaged<nint*, int*, nint, int> test;
    readonly delegate* unmanaged<nint, int, int> abort;
    readonly delegate* unmanaged<int> finish;
    readonly delegate* unmanaged<byte*, int*, int> getLibraryVersion;
    readonly delegate* unmanaged<byte*, int*, int> getProcessorName;
    readonly delegate* unmanaged<int, byte*, int*, int> errorString;

    MpiLibrary(nint library, string name)
    {
        this.library = library;
        this.name = name;
        if (NativeLibrary.TryGetExport(library, "ompi_mpi_comm_world", out world))
        {
            Flavor = MpiFlavor.OpenMpi;
            bytes = NativeLibrary.GetExport(library, "ompi_mpi_byte");
            errorsReturn = NativeLibrary.GetExport(library, "ompi_mpi_errors_return");
        }
        else
        {
            Flavor = MpiFlavor.Mpich;
            world = 0x44000000;
            bytes = 0x4c00010d;
            errorsReturn = 0x54000001;
            statusIgnore = 1;
        }

        initThread = (delegate* unmanaged<nint, nint, int, int*, int>)Export("MPI_Init_thread");
        initialized = (delegate* unmanaged<int*, int>)Export("MPI_Initialized");
        commRank = (delegate* unmanaged<nint, int*, int>)Export("MPI_Comm_rank");
        commSize = (delegate* unmanaged<nint, int*, int>)Export("MPI_Comm_size");
        commSetErrorHandler = (delegate* unmanaged<nint, nint, int>)Export("MPI_Comm_set_errhandler");
        isend = (delegate* unmanaged<nint, int, nint, int, int, nint, nint*, int>)Export("MPI_Isend");
        irecv = (delegate* unmanaged<nint, int, nint, int, int, nint, nint*, int>)Export("MPI_Irecv");
        test = (delegate* unmanaged<nint*, int*, nint, int>)Export("MPI_Test");
        abort = (delegate* unmanaged<nint, int, int>)Export("MPI_Abort");
        finish = (delegate* unmanaged<int>)Export("MPI_Finalize");
        getLibraryVersion = (delegate* unmanaged<byte*, int*, int>)Export("MPI_Get_library_version");
        getProcessorName = (delegate* unmanaged<byte*, int*, int>)Export("MPI_Get_processor_name");
        errorString = (delegate* unmanaged<int, byte*, int*, int>)Export("MPI_Error_string");
    }

    /// <summary>Which binary interface it has.</summary>
    public MpiFlavor Flavor { get; }

    /// <summary>Its own name and version in a few words.</summary>
    public string Description => Describe(Text(getLibraryVersion));

    /// <summary>Which machine this is.</summary>
    public string ProcessorName => Text(getProcessorName);

    /// <summary>Whether it says that it takes addresses of a CUDA card's memory.</summary>
    public bool TakesCudaMemory => NativeLibrary.TryGetExport(library, "MPIX_Query_cuda_support", out nint query)
        && ((delegate* unmanaged<int>)query)() == 1;

    public int Rank => Of(commRank, "MPI_Comm_rank");

    public int Size => Of(commSize, "MPI_Comm_size");

    /// <summary>Loads the library that fits.</summary>
    /// <param name="launcher">What started the process; null for nothing.</param>
    /// <exception cref="UserInputException">There is none.</exception>
    public static MpiLibrary Load(MpiLauncher? launcher)
    {
        if (Environment.GetEnvironmentVariable("D2_MPI") is { Length: > 0 } named)
        {
            MpiLibrary given = TryLoad(named)
                ?? throw new UserInputException($"D2_MPI={named} is no MPI library that can be loaded. {Advice}");
            // Started all the same, each rank would be alone, or end without a word.
            return launcher == null || launcher.Flavors.Contains(given.Flavor) ? given
                : throw new UserInputException($"D2_MPI={named} is {given.Description}, which does not fit the launcher. Start with the "
                    + "mpiexec that belongs to it");
        }

        IReadOnlyList<MpiFlavor> flavors = launcher?.Flavors ?? [MpiFlavor.Mpich, MpiFlavor.OpenMpi];
        foreach (MpiFlavor flavor in flavors)
        {
            // An Open MPI of long ago had the name that MPICH's has now.
            if (Names(flavor).Select(TryLoad).FirstOrDefault(loaded => loaded?.Flavor == flavor) is { } fitting)
                return fitting;
        }

        string started = flavors switch
        {
            [MpiFlavor.OpenMpi] => " of Open MPI, whose launcher started this",
            [MpiFlavor.Mpich] => " of MPICH's kind, whose launcher started this",
            _ => "",
        };
        throw new UserInputException($"there is no MPI library{started} on {Environment.MachineName}. {Advice}");
    }

    /// <summary>Joins the other ranks, and has errors returned.</summary>
    /// <returns>What is to be said about threads; null for nothing.</returns>
    public string? Start()
    {
        int already, given = ThreadSerialized;
        Check(initialized(&already), "MPI_Initialized");
        if (already == 0)
            Check(initThread(0, 0, ThreadSerialized, &given), "MPI_Init_thread");
        Check(commSetErrorHandler(world, errorsReturn), "MPI_Comm_set_errhandler");
        return given >= ThreadSerialized ? null : $"{Description} allows calls from the thread alone that started it";
    }

    public int Isend(nint address, int count, int to, int tag, nint* request) => isend(address, count, bytes, to, tag, world, request);

    public int Irecv(nint address, int count, int from, int tag, nint* request) => irecv(address, count, bytes, from, tag, world, request);

    public int Test(nint* request, int* done) => test(request, done, statusIgnore);

    public void Abort(int code) => _ = abort(world, code);

    public void Finish() => Check(finish(), "MPI_Finalize");

    /// <summary>MPI's own words for an error.</summary>
    public string Words(int code, string function)
    {
        byte* text = stackalloc byte[LongestText];
        int length;
        string words = errorString(code, text, &length) == 0 ? Encoding.UTF8.GetString(text, length) : $"error {code}";
        string[] lines = words.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        return $"{function}: {string.Join("; ", lines)}";
    }

    internal static string Describe(string version)
    {
        string line = WhiteSpace().Replace(version.Trim('\0', '\n', ' ').Split('\n', ',')[0].Replace("Version:", " "), " ").Trim();
        return VersionLetter().Replace(line, " ");
    }

    static IEnumerable<string> Names(MpiFlavor flavor) => flavor switch
    {
        MpiFlavor.OpenMpi when OperatingSystem.IsMacOS() => ["libmpi.40.dylib"],
        MpiFlavor.OpenMpi => ["libmpi.so.40"],
        _ when OperatingSystem.IsWindows() => ["msmpi.dll", "impi.dll"],
        _ when OperatingSystem.IsMacOS() => ["libmpi.12.dylib", "libmpich.12.dylib"],
        // Only Debian gives MPICH's the other name; the first is what a cluster's modules put on the path.
        _ => ["libmpi.so.12", "libmpich.so.12"],
    };

    static string Advice => "Install one (Debian: apt-get install mpich; or libopenmpi3 and openmpi-bin for Open MPI; Intel MPI, MVAPICH, "
        + "Cray MPICH and MS-MPI will do as well), or name it: D2_MPI=/path/to/libmpi.so.12";

    static MpiLibrary? TryLoad(string file)
    {
        if (!NativeLibrary.TryLoad(file, out nint library))
            return null;
        try
        {
            return new MpiLibrary(library, file);
        }
        catch (EntryPointNotFoundException)
        {
            NativeLibrary.Free(library);
            return null;
        }
    }

    void* Export(string function) => (void*)NativeLibrary.GetExport(library, function);

    int Of(delegate* unmanaged<nint, int*, int> function, string called)
    {
        int value;
        Check(function(world, &value), called);
        return value;
    }

    static string Text(delegate* unmanaged<byte*, int*, int> function)
    {
        byte* text = stackalloc byte[LongestText];
        int length;
        return function(text, &length) == 0 ? Encoding.UTF8.GetString(text, length) : "unknown";
    }

    void Check(int code, string function)
    {
        if (code != 0)
            throw new IOException($"{name}: {Words(code, function)}");
    }

    [GeneratedRegex(@"\s+")]
    private static partial Regex WhiteSpace();

    [GeneratedRegex(@" v(?=\d)")]
    private static partial Regex VersionLetter();
}
