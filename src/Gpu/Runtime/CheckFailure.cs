using Dalle2.Gpu.Frontend;
using Dalle2.Gpu.Ir;
using Dalle2.Gpu.Lowering;

namespace Dalle2.Gpu.Runtime;

/// <summary>What the first failing thread of a launch in checked mode found.</summary>
readonly record struct CheckFailure(int Check, long Value, long Limit)
{
    /// <summary>The failure in words, with the kernel's file and line where there is one.</summary>
    public string Describe(IReadOnlyList<Check> checks)
    {
        if (Check == RequireLine.Barrier)
            return "some threads have left for elsewhere while others wait at a barrier; every thread must pass each barrier";
        Check check = checks[Check];
        return $"{check.Describe(Value, Limit)} ({SourceLines.Describe(check.Position)})";
    }
}
