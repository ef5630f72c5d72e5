using System.Reflection;

namespace Dalle2.Gpu.Ir;

/// <summary>Where in the kernel's intermediate language something comes from; the front end knows the file and line.</summary>
readonly record struct SourcePosition(MethodBase? Method, int IlOffset);
