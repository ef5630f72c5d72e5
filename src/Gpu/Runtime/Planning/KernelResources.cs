using Dalle2.Gpu.Targets.Ptx;

namespace Dalle2.Gpu.Runtime.Planning;

/// <summary>What a kernel takes of a multiprocessor, by its text.</summary>
/// <remarks>Registers are an estimate: the driver's compiler decides on them, and tells only where there is a card (<see cref="Cuda.CardResources"/>).</remarks>
/// <param name="Declared">Registers that the text names, of 32 bits: far more than are needed at once.</param>
/// <param name="Live">The most of them that are live at one place of the text.</param>
/// <param name="Registers">The estimate: those, an allowance for addresses and moved loads, rounded up as registers are given out; no more than the group's size leaves a thread.</param>
/// <param name="Spills">Whether the estimate was above that, so that some would lie in memory.</param>
/// <param name="SharedBytes">Shared memory of a group, static and given by the launch.</param>
/// <param name="Multiplies">What it multiplies on matrix units; float32 if it uses none.</param>
/// <param name="CopiesAhead">Whether what it will need is copied to shared memory while it works on what is there.</param>
public sealed record KernelResources(int Declared, int Live, int Registers, bool Spills, int SharedBytes, Precision Multiplies,
    bool CopiesAhead)
{
    // An assumption: what the driver's compiler keeps beside what is live in the text.
    const int Allowance = 8;

    // Registers are given out to a thread by so many.
    const int Unit = 8;

    internal static KernelResources Of(PtxModule module, int groupThreads)
    {
        PtxRegisters counted = PtxRegisters.Of(module.Text);
        int wanted = (counted.Live + Allowance + Unit - 1) / Unit * Unit,
            most = Math.Min(CardLimits.RegistersPerThread, CardLimits.Registers / Math.Max(CardLimits.Warp, groupThreads) / Unit * Unit);
        Precision multiplies = module.Text.Contains(".bf16.bf16.", StringComparison.Ordinal) ? Precision.Bf16
            : module.Text.Contains(".tf32.tf32.", StringComparison.Ordinal) ? Precision.Tf32 : Precision.Float32;
        return new KernelResources(counted.Declared, counted.Live, Math.Min(wanted, most), wanted > most, module.SharedBytes, multiplies,
            module.Text.Contains("cp.async", StringComparison.Ordinal));
    }
}
