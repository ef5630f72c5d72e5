namespace Dalle2.Gpu.Runtime.Ilgpu;

/// <summary>What one of ILGPU's host threads is at. Its own thread writes it; the one that waits for the launch looks at it.</summary>
sealed class KernelThreadState
{
    [ThreadStatic]
    static KernelThreadState? current;

    volatile bool isInside;
    volatile int turns;

    /// <summary>That of the running thread.</summary>
    public static KernelThreadState Current => current ??= new KernelThreadState();

    /// <summary>Whether the running thread is inside of a kernel.</summary>
    public static bool IsInKernel => current is { isInside: true };

    /// <summary>The host's thread.</summary>
    public Thread Thread { get; } = Thread.CurrentThread;

    /// <summary>The simulation that it belongs to; 0 before its first kernel.</summary>
    public int Simulation { get; set; }

    /// <summary>Whether it is inside of a kernel.</summary>
    public bool IsInside => isInside;

    /// <summary>How many threads of kernels it has begun.</summary>
    public int Turns => turns;

    /// <summary>It begins a thread of a kernel.</summary>
    public void Enter()
    {
        turns++;
        isInside = true;
    }

    /// <summary>It is done with it.</summary>
    public void Leave() => isInside = false;
}
