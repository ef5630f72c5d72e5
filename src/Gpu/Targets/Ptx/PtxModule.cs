namespace Dalle2.Gpu.Targets.Ptx;

/// <summary>A kernel as the driver takes it.</summary>
/// <param name="Text">The module, in ASCII.</param>
/// <param name="Entry">The name of its one entry.</param>
/// <param name="SharedBytes">The shared memory that it declares.</param>
readonly record struct PtxModule(string Text, string Entry, int SharedBytes);
