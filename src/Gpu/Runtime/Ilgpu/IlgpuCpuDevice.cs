using Dalle2.Gpu.Runtime.Cpu;
using Dalle2.Gpu.Targets.Ilgpu;
using ILGPU.Runtime.CPU;

namespace Dalle2.Gpu.Runtime.Ilgpu;

/// <summary>
/// ILGPU's CPU accelerator, <c>ilgpu:cpu</c>: each thread of a group is a host thread that runs the kernel's own .NET method, with ILGPU's own groups, barriers, shuffles and shared memory.
/// </summary>
/// <remarks>An accelerator wakes as many threads as its largest group had, whatever a launch needs; so each size of groups has its own.</remarks>
sealed class IlgpuCpuDevice(int threads) : HostDevice(IlgpuDevices.Cpu, threads)
{
    static readonly Lazy<Context> Shared = new(() =>
    {
        IlgpuMembers.Replace(((Action<int>)Simulation.RunThread).Method, ((Action<int>)EntryKernel.Stub).Method);
        return IlgpuContext.Create(builder => builder.CPU(Simulation.Describe(1, 1)));
    });

    readonly Dictionary<int, Simulation> simulations = [];
    readonly Lock gate = new();

    public override string Description => $"ILGPU's CPU accelerator: the kernels' own .NET methods, a host thread for each thread of a "
        + $"group, {Threads} groups of one thread at once; every index is checked";

    private protected override void RunKernel(Launch launch)
    {
        lock (gate)
        {
            KernelConfig config = launch.Config ?? new KernelConfig(launch.Extent.Size, 1);
            int size = config.GroupDim.Size;
            if (!simulations.TryGetValue(size, out Simulation? simulation))
                simulations.Add(size, simulation = new Simulation(Shared.Value, size, size == 1 ? Threads : 1));
            try
            {
                simulation.Run(launch, config);
            }
            finally
            {
                // Its threads wait for each other for ever: another one takes its place.
                if (simulation.IsStuck)
                    simulations.Remove(size);
            }
        }
    }

    protected override void Dispose(bool disposing)
    {
        lock (gate)
        {
            foreach (Simulation simulation in simulations.Values)
                simulation.Dispose();
            simulations.Clear();
        }
    }
}
