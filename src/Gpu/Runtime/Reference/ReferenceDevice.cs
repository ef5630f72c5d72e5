using Dalle2.Gpu.Runtime.Cpu;

namespace Dalle2.Gpu.Runtime.Reference;

/// <summary>
/// Runs kernels as the .NET methods they are, one thread after the other; those of a group that meet take turns on host threads of their own, which
/// are kept from launch to launch.
/// </summary>
sealed class ReferenceDevice(bool isChecked) : HostDevice("reference", 1)
{
    ThreadTeam? team;

    public override string Description => "the kernels' own .NET methods, one thread, every access checked";

    protected override void Dispose(bool disposing) => team?.Dispose();

    private protected override void RunKernel(Launch launch)
    {
        ThreadLoop loop = isChecked ? launch.Kernel.CheckedLoop : launch.Kernel.Loop;
        if (launch.Config is not { } config)
        {
            loop(launch.Arguments, launch.Extent, 0, launch.Extent.Size);
            return;
        }

        for (int group = 0; group < config.GridDim.Size; group++)
            RunGroup(launch, loop, config, group);
    }

    void RunGroup(Launch launch, ThreadLoop loop, KernelConfig config, int group)
    {
        int size = config.GroupDim.Size;
        if (!launch.Kernel.UsesGroupMemory)
        {
            KernelThread.EnterGroup(config, group, null);
            loop(launch.Arguments, default, 0, size);
            return;
        }

        team ??= new ThreadTeam();
        using var state = new GroupState(team, size);
        try
        {
            team.Run(size, thread =>
            {
                KernelThread.EnterGroup(config, group, state);
                loop(launch.Arguments, default, thread, thread + 1);
            });
        }
        catch (InvalidOperationException e)
        {
            throw new InvalidOperationException($"group {group}: {e.Message}", e.InnerException);
        }
        finally
        {
            KernelThread.LeaveGroup();
        }
    }
}
