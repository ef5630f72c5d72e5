namespace Dalle2.Gpu.Runtime.Ilgpu;

/// <summary>The one kernel that ILGPU's CPU accelerator is given.</summary>
static class EntryKernel
{
    /// <summary>One thread of the launch that a simulation has under way.</summary>
    public static void Run(int simulation) => Simulation.RunThread(simulation);

    /// <summary>
    /// What ILGPU's compiler, which looks at every kernel although the accelerator runs the method itself, sees in place of the call: that a launch may ask for shared memory of any extent.
    /// </summary>
    public static void Stub(int simulation) => SharedMemory.GetDynamic<int>()[0] = simulation;
}
