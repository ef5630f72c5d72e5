using Dalle2.Gpu.Targets.Simd;

namespace Dalle2.Gpu.Runtime.Cpu;

/// <summary>
/// Runs one group whose vectors wait for each other: each runs up to its next barrier in turn, and when all that have to are there, all go on.
/// </summary>
static unsafe class WaitingVectors
{
    const int Done = 0;
    const int WarpSize = 32;

    /// <summary>What to say when not all threads come to a barrier.</summary>
    public const string Apart =
        "some threads left the kernel or wait elsewhere while others were still to pass a barrier; every thread must pass each barrier";

    public static void Run(SimdKernel kernel, SimdCode code, ref SimdContext context, int group, int vectors)
    {
        byte* frames = context.Frame, locals = context.Local;
        int localBytes = (kernel.LocalBytes + 63) / 64 * 64;
        Span<int> waits = stackalloc int[vectors];
        Span<bool> runs = stackalloc bool[vectors];
        runs.Fill(true);
        for (int v = 0; v < vectors; v++)
            *(int*)(frames + (long)v * kernel.FrameBytes) = 0;
        fixed (SimdContext* pointer = &context)
        {
            do
            {
                for (int v = 0; v < vectors; v++)
                {
                    if (!runs[v])
                        continue;
                    pointer->Frame = frames + (long)v * kernel.FrameBytes;
                    pointer->Local = locals + (long)v * localBytes;
                    waits[v] = code(pointer, group, v * kernel.Lanes);
                }
            }
            while (Release(waits, runs, WarpSize / kernel.Lanes, group));

            pointer->Frame = frames;
            pointer->Local = locals;
        }
    }

    // Which vectors go on: all of the group at one barrier, or of a warp those that have met at the warp's. False when all are done.
    static bool Release(Span<int> waits, Span<bool> runs, int vectorsOfWarp, int group)
    {
        bool some = false, all = true;
        for (int v = 0; v < waits.Length; v++)
        {
            some |= waits[v] != Done;
            all &= waits[v] == waits[0] && waits[v] > 0;
        }

        if (!some)
            return false;
        runs.Fill(all);
        if (all)
            return true;
        bool released = false;
        for (int first = 0; first < waits.Length; first += vectorsOfWarp)
        {
            Span<int> warp = waits[first..Math.Min(first + vectorsOfWarp, waits.Length)];
            bool met = false, apart = false;
            foreach (int wait in warp)
            {
                met |= wait < 0;
                apart |= wait > 0;
            }

            if (!met || apart)
                continue;
            for (int v = 0; v < warp.Length; v++)
                runs[first + v] = warp[v] < 0;
            released = true;
        }

        return released ? true : throw new InvalidOperationException(
            $"group {group}: {Apart}");
    }
}
