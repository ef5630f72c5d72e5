using Dalle2.Gpu.Frontend;
using Dalle2.Gpu.Runtime;
using Dalle2.IlgpuKernels;
using Dalle2.Tests.Gpu.OpenCl;
using Dalle2.Tests.Gpu.Ptx;

namespace Dalle2.Tests.Gpu.Ilgpu;

/// <summary>Kernels as ILGPU's users write them, unchanged, on our devices: what they write is what they write on ILGPU's own accelerator.</summary>
public class UserKernelTests
{
    static readonly string[] Devices = ["reference", "cpu", "cpu:128", "ptx", .. OpenClOnce.IsHere ? (string[])["opencl"] : []];

    // What our compiler does not take though ILGPU does, with the diagnostic that says so.
    static readonly Dictionary<string, string> Refused = new()
    {
        ["Structure.AlignTo"] = "D2G002",
        ["Structure.FixedBuffer"] = "D2G009",
        ["Structure.Recursion"] = "D2G004",
    };

    static readonly Dictionary<string, Device> Opened = [];

    static IEnumerable<TestCaseData> Cases =>
        KernelCases.All.SelectMany(kernelCase => Devices.Select(device =>
        new TestCaseData(kernelCase, device).SetArgDisplayNames(kernelCase.Name, device)));

    [OneTimeTearDown]
    public void CloseDevices()
    {
        foreach (Device device in Opened.Values)
            device.Dispose();
        Opened.Clear();
    }

    [TestCaseSource(nameof(Cases))]
    public void Our_device_writes_what_is_expected(KernelCase kernelCase, string device)
    {
        using var runner = new DeviceRunner(Open(device));
        if (device != "reference" && Refused.TryGetValue(kernelCase.Name, out string? code))
        {
            Exception refusal = Assert.Catch(() => runner.Run(kernelCase))!;
            Assert.That(((refusal.InnerException ?? refusal) as KernelDiagnosticException)?.Code, Is.EqualTo(code));
        }
        else
        {
            Assert.That(runner.Run(kernelCase), Is.Empty);
        }
    }

    static Device Open(string name)
    {
        if (name == "opencl")
            return OpenClOnce.Device(16);
        if (!Opened.TryGetValue(name, out Device? device))
            Opened.Add(name, device = name == "ptx" ? new PtxDevice { WithChecks = false } : Device.Open(name, threads: 1));
        return device;
    }
}
