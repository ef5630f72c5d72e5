using System.Globalization;
using System.Reflection;
using System.Runtime.InteropServices;
using Dalle2.Gpu.Runtime.Cuda;
using Dalle2.Gpu.Runtime.OpenCl;
using Dalle2.Gpu.Targets.Ilgpu;
using ILGPU.Runtime.Cuda;
using ILGPU.Runtime.OpenCL;

namespace Dalle2.Gpu.Runtime.Ilgpu;

/// <summary>ILGPU's devices by their names. What there is is asked of the drivers, so that the list does not open ILGPU.</summary>
static class IlgpuDevices
{
    /// <summary>What their names begin with.</summary>
    public const string Prefix = "ilgpu:";

    /// <summary>The one that is always there.</summary>
    public const string Cpu = Prefix + "cpu";

    const string Cuda = Prefix + "cuda", OpenCl = Prefix + "opencl";

    static readonly Lazy<bool> Resolver = new(() =>
    {
        try
        {
            NativeLibrary.SetDllImportResolver(typeof(Context).Assembly, Resolve);
            return true;
        }
        catch (InvalidOperationException)
        {
            // The program around has one of its own.
            return false;
        }
    });

    /// <summary>The lines of the list of devices.</summary>
    public static IReadOnlyList<DeviceDescription> List() => [CpuLine, .. CudaLines(), .. OpenClLines()];

    static DeviceDescription CpuLine => new(
        Cpu, "ilgpu", true, "ILGPU's CPU accelerator: the kernels' own .NET methods, a host thread for each thread of a group, every index "
        + "checked; a breakpoint in a kernel works; slow");

    /// <summary>Opens one.</summary>
    /// <param name="name">The name.</param>
    /// <param name="threads">For the CPU, how many groups of one thread run at once; 0 for one per processor.</param>
    /// <param name="isChecked">Whether kernels check their indices, as far as ILGPU can.</param>
    /// <exception cref="DeviceUnavailableException">There is no such device, or it cannot be had; the message says why.</exception>
    public static Device Open(string name, int threads, bool isChecked)
    {
        if (name == Cpu)
            return new IlgpuCpuDevice(threads == 0 ? Environment.ProcessorCount : threads);
        bool isCuda = IsOf(name, Cuda, out int number);
        if (!isCuda && !IsOf(name, OpenCl, out number))
            throw new DeviceUnavailableException($"there is no device '{name}'; ILGPU's are called {Cpu}, {Cuda}:0, {OpenCl}:0 and so on");
        if (threads != 0)
            throw new DeviceUnavailableException($"the number of threads of '{name}' is its driver's business; leave it out");
        IReadOnlyList<DeviceDescription> all = isCuda ? CudaLines() : OpenClLines();
        if (all is [{ Available: false } none] && !none.Name.EndsWith(":0", StringComparison.Ordinal))
            throw new DeviceUnavailableException($"{name}: {none.Reason}");
        if (number >= all.Count)
        {
            throw new DeviceUnavailableException($"there is no device '{name}'; ILGPU has {all.Count} of the kind here, {all[0].Name}"
                + $"{(all.Count > 1 ? $" to {all[^1].Name}" : "")}");
        }

        if (!all[number].Available)
            throw new DeviceUnavailableException($"{all[number].Name}: {all[number].Reason}");
        if (isChecked && !isCuda)
            throw new DeviceUnavailableException($"{name}: ILGPU's OpenCL has no checks; take {Cpu}, opencl:{number} or reference");
        return OpenCard(all[number], number, isCuda, isChecked);
    }

    static IlgpuCardDevice OpenCard(DeviceDescription line, int number, bool isCuda, bool isChecked)
    {
        _ = Resolver.Value;
        nint id = isCuda ? 0 : OpenClHardware.All()[number].Id;
        Context context = IlgpuContext.Create(builder =>
        {
            if (isChecked)
                builder.Assertions();
            if (isCuda)
                builder.Cuda(card => card.DeviceId == number);
            else
                builder.OpenCL(device => device.DeviceId == id);
        });
        try
        {
            if ((isCuda ? context.GetCudaDevices().Count : context.GetCLDevices().Count) == 0)
            {
                throw new DeviceUnavailableException(
                    $"{line.Name} ({line.Reason}): ILGPU does not see the device that the driver has; update the driver");
            }

            ILGPU.Runtime.Accelerator accelerator = isCuda ? context.CreateCudaAccelerator(0) : context.CreateCLAccelerator(0);
            return new IlgpuCardDevice(line.Name, context, accelerator, $"{line.Reason}{(isChecked ? ", every index checked" : "")}");
        }
        catch (Exception e)
        {
            context.Dispose();
            throw e as DeviceUnavailableException ?? new DeviceUnavailableException(
                $"{line.Name} ({line.Reason}) cannot be opened by ILGPU: {(e.InnerException ?? e).Message}");
        }
    }

    static IReadOnlyList<DeviceDescription> CudaLines()
    {
        IReadOnlyList<CudaHardware> all = CudaHardware.All(CudaLibrary.Instance, out string? refusal);
        return refusal != null
            ? [new DeviceDescription(Cuda, "ilgpu", false, refusal)]
            : [.. all.Select((hardware, n) => new DeviceDescription($"{Cuda}:{n}", "ilgpu", hardware.Refusal == null,
            $"{hardware.Description}{(hardware.Refusal is { } why ? $": {why}" : ", through ILGPU's PTX")}"))];
    }

    static IReadOnlyList<DeviceDescription> OpenClLines()
    {
        IReadOnlyList<OpenClHardware> all = OpenClHardware.All();
        return all.Count == 0
            ? [new DeviceDescription(OpenCl, "ilgpu", false, OpenClHardware.NoDriver)]
            : [.. all.Select((hardware, n) => new DeviceDescription(
                $"{OpenCl}:{n}", "ilgpu", hardware.HasGenericAddresses,
                hardware.Description + (hardware.HasGenericAddresses ? ", through ILGPU's OpenCL C" : $": it has no generic address space, "
                + $"which ILGPU's kernels need: take opencl:{n}, whose kernels do not, or a driver for OpenCL 2.0 or later that has it")))];
    }

    static bool IsOf(string name, string kind, out int number)
    {
        number = 0;
        return name == kind || (name.StartsWith(kind + ":", StringComparison.Ordinal)
            && int.TryParse(name.AsSpan(kind.Length + 1), NumberStyles.None, CultureInfo.InvariantCulture, out number));
    }

    // ILGPU asks for the name that development packages bring; drivers bring the other.
    static nint Resolve(string library, Assembly assembly, DllImportSearchPath? path) =>
        library is "OpenCL" or "cuda" && OperatingSystem.IsLinux()
        && NativeLibrary.TryLoad($"lib{library}.so.1", assembly, path, out nint handle) ? handle : 0;
}
