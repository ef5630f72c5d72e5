namespace Dalle2.Gpu.Runtime.Ilgpu;

/// <summary>The one kernel that ILGPU's CPU accelerator is given.</summary>
static class EntryKernel
{
    /// <summary>One thread of the launch that a simulation has under way.</summary>
    public static void Run(int simulation) => Simulation.RunThread(simulation);

    /// <summary>What ILGPU's compiler, which looks at every kernel although the accelerator runs the method itself, sees in place of the call.</summary>
    public static void Nothing(int simulation)
    {
    }
}
