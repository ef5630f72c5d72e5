namespace Dalle2.Tests.Gpu.Ptx;

/// <summary>A text that is no PTX of the known subset, or a run that no device defines.</summary>
sealed class PtxFault(string message) : Exception(message);
