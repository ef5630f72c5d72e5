using System.Reflection;
using Dalle2.Gpu.Extensions;
using ILGPU.Backends.EntryPoints;
using ILGPU.Backends.PTX;
using ILGPU.Frontend.Intrinsic;
using ILGPU.IR.Values;
using ILGPU.Runtime;
using ILGPU.Runtime.Cuda;

namespace Dalle2.Tests.Gpu.Ilgpu;

/// <summary>ILGPU's own compiler to PTX, without a card. One for all tests: its context takes long to make and keeps what kernels share.</summary>
static class IlgpuCompiler
{
    static readonly Lock Turn = new();
    static readonly Dictionary<MethodInfo, string> Texts = [];
    static readonly Lazy<PTXBackend> Backend = new(Open);

    /// <summary>The text of a kernel, which is compiled once.</summary>
    /// <param name="kernel">A kernel, closed if it is generic.</param>
    public static string Compile(MethodInfo kernel)
    {
        // Its front end is not for several threads.
        lock (Turn)
        {
            if (!Texts.TryGetValue(kernel, out string? text))
            {
                EntryPointDescription entry = IsImplicitlyGrouped(kernel) ? EntryPointDescription.FromImplicitlyGroupedKernel(kernel) : EntryPointDescription.FromExplicitlyGroupedKernel(kernel);
                var compiled = (PTXCompiledKernel)Backend.Value.Compile(entry, KernelSpecialization.Empty);
                Texts.Add(kernel, text = compiled.PTXAssembly);
            }

            return text;
        }
    }

    public static bool IsImplicitlyGrouped(MethodInfo kernel) =>
        kernel.GetParameters() is [{ ParameterType: var first }, ..] && (first == typeof(Index1D) || first == typeof(Index2D) || first == typeof(Index3D));

    static PTXBackend Open()
    {
        RemappedIntrinsics.AddRemapping(((Func<float, float, float, float>)Fused.MultiplyAdd).Method, (ref ILGPU.Frontend.InvocationContext call) =>
        {
            ValueReference fused = call.Builder.CreateArithmetic(call.Location, call[0], call[1], call[2], TernaryArithmeticKind.MultiplyAdd);
            call.Arguments.Clear();
            call.Arguments.Add(fused);
            call.Method = ((Func<float, float>)Same).Method;
        });
        ILGPU.Context context = ILGPU.Context.Create(builder => builder.Optimize(OptimizationLevel.O1));
        return new PTXBackend(context, new CudaCapabilityContext(CudaArchitecture.SM_80), CudaArchitecture.SM_80, CudaInstructionSet.ISA_75, null);
    }

    // A remapping can only name another method to call.
    static float Same(float value) => value;
}
