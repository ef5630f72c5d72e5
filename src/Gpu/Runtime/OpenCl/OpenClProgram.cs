using System.Text;

namespace Dalle2.Gpu.Runtime.OpenCl;

/// <summary>A built program of one kernel, and the kernel object that its launches set arguments on.</summary>
sealed unsafe class OpenClProgram : IDisposable
{
    const string Options = "-cl-std=CL1.2 -cl-fp32-correctly-rounded-divide-sqrt";
    const uint BuildLog = 0x1183, BinarySizes = 0x1165, Binaries = 0x1166;

    readonly OpenClApi api;
    nint program;

    OpenClProgram(OpenClApi api, nint program, nint kernel, bool fromCache)
    {
        this.api = api;
        this.program = program;
        Kernel = kernel;
        FromCache = fromCache;
    }

    public nint Kernel { get; }

    /// <summary>True if the binary came from the disk.</summary>
    public bool FromCache { get; }

    /// <summary>Builds a text, or takes its binary from the cache.</summary>
    /// <param name="api">The loader.</param>
    /// <param name="context">The context.</param>
    /// <param name="hardware">The device to build for.</param>
    /// <param name="cache">Where binaries are kept; null builds for one run: quickly, and without a binary, which PoCL compiles beside what it runs.</param>
    /// <param name="name">The kernel's name for people.</param>
    /// <param name="entry">The name of the kernel function in the text.</param>
    /// <param name="text">OpenCL C.</param>
    /// <exception cref="KernelException">The driver's compiler refuses the text; the message has its log.</exception>
    public static OpenClProgram Build(OpenClApi api, nint context, OpenClHardware hardware, ProgramCache? cache, string name, string entry,
        string text)
    {
        string key = ProgramCache.Key(text, Options, hardware.Name, hardware.Driver, hardware.Version);
        if (cache?.Read(key) is { } kept && FromBinary(api, context, hardware.Id, kept) is var loaded and not 0)
        {
            nint kernel = CreateKernel(api, loaded, entry, out int code);
            if (code == OpenClStatus.Success)
                return new OpenClProgram(api, loaded, kernel, fromCache: true);
            api.ReleaseProgram(loaded);
        }

        nint program = FromText(api, context, hardware.Id, name, text, cache == null ? Options + " -cl-opt-disable" : Options);
        nint created = CreateKernel(api, program, entry, out int status);
        OpenClStatus.Require(status, $"{name}: the driver built it and cannot make a kernel of it");
        if (cache != null && Binary(api, program) is { } binary)
            cache.Write(key, binary);
        return new OpenClProgram(api, program, created, fromCache: false);
    }

    public void Dispose()
    {
        if (program == 0)
            return;
        api.ReleaseKernel(Kernel);
        api.ReleaseProgram(program);
        program = 0;
    }

    static nint FromText(OpenClApi api, nint context, nint device, string name, string text, string options)
    {
        byte[] source = Encoding.ASCII.GetBytes(text);
        int code;
        nint program;
        fixed (byte* first = source)
        {
            byte* start = first;
            nuint length = (nuint)source.Length;
            program = api.CreateProgramWithSource(context, 1, &start, &length, &code);
        }

        OpenClStatus.Require(code, $"{name}: no program could be made");
        code = BuildFor(api, program, device, options);
        if (code == OpenClStatus.Success)
            return program;
        string log = Log(api, program, device);
        api.ReleaseProgram(program);
        throw new KernelException($"{name}: the driver's OpenCL compiler refuses it ({OpenClStatus.Name(code)}):\n{log}");
    }

    // 0 if the driver does not take it: made by another driver version of the same name, for example.
    static nint FromBinary(OpenClApi api, nint context, nint device, byte[] binary)
    {
        int code, status;
        nint program;
        fixed (byte* first = binary)
        {
            byte* start = first;
            nuint length = (nuint)binary.Length;
            program = api.CreateProgramWithBinary(context, 1, &device, &length, &start, &status, &code);
        }

        if (code != OpenClStatus.Success)
            return 0;
        if (status == OpenClStatus.Success && BuildFor(api, program, device, Options) == OpenClStatus.Success)
            return program;
        api.ReleaseProgram(program);
        return 0;
    }

    static int BuildFor(OpenClApi api, nint program, nint device, string options)
    {
        fixed (byte* first = Encoding.ASCII.GetBytes(options + '\0'))
            return api.BuildProgram(program, 1, &device, first, null, null);
    }

    static nint CreateKernel(OpenClApi api, nint program, string entry, out int status)
    {
        int code;
        nint kernel;
        fixed (byte* name = Encoding.ASCII.GetBytes(entry + '\0'))
            kernel = api.CreateKernel(program, name, &code);
        status = code;
        return kernel;
    }

    static string Log(OpenClApi api, nint program, nint device)
    {
        nuint size = 0;
        if (api.GetProgramBuildInfo(program, device, BuildLog, 0, null, &size) != 0 || size <= 1)
            return "(it says nothing)";
        var log = new byte[(int)size];
        fixed (byte* first = log)
            api.GetProgramBuildInfo(program, device, BuildLog, size, first, null);
        return Encoding.UTF8.GetString(log).TrimEnd('\0').Trim();
    }

    static byte[]? Binary(OpenClApi api, nint program)
    {
        nuint size = 0;
        if (api.GetProgramInfo(program, BinarySizes, (nuint)sizeof(nuint), &size, null) != 0 || size == 0)
            return null;
        var binary = new byte[(int)size];
        fixed (byte* first = binary)
        {
            byte* start = first;
            return api.GetProgramInfo(program, Binaries, (nuint)sizeof(nint), &start, null) == 0 ? binary : null;
        }
    }
}
