using Dalle2.Gpu.Lowering;

namespace Dalle2.Gpu.Targets.Simd;

/// <summary>A kernel as a method over vectors.</summary>
/// <param name="Code">The lines that it was made of.</param>
/// <param name="Run">The method.</param>
/// <param name="FrameBytes">Bytes that a vector needs to wait for the others of its group; 0 if none ever has to.</param>
/// <param name="Size">How large the method is.</param>
sealed record SimdProgram(LinearCode Code, SimdCode Run, int FrameBytes, EmittedSize Size);
