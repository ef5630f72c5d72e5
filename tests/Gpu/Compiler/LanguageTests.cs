using System.Reflection;
using Dalle2.Gpu.Runtime;
using Dalle2.Gpu.Runtime.Reference;

namespace Dalle2.Tests.Gpu.Compiler;

/// <summary>What C# makes of the language's constructs, in a release build and in a debug build: the compiled function leaves the bits of the method.</summary>
public class LanguageTests
{
    static readonly Assembly[] Builds = [typeof(LanguageTests).Assembly, Assembly.Load("Dalle2.DebugKernels")];

    static IEnumerable<TestCaseData> Launches()
    {
        (string Kernel, Index3D Extent, KernelConfig? Config, object[] Scalars)[] launches =
        [
            ("LanguageKernels.References", Line(32), null, []),
            ("LanguageKernels.Switches", Line(32), null, []),
            ("LanguageKernels.Returns", Line(32), null, []),
            ("LanguageKernels.Constants", Line(4), null, []),
            ("LanguageKernels.Small", Line(300), null, []),
            ("LanguageKernels.Wide", Line(300), null, []),
            ("LanguageKernels.Structs", Line(32), null, []),
            ("MicroKernels.Axpy", Line(32), null, [2f]),
            ("MicroKernels.Chunk", Line(8), null, [30]),
            ("MicroKernels.Tile", Line(8), null, [new object[] { 2, 5 }]),
            ("MicroKernels.Generic", Line(8), null, [new object[] { 1.25f }]),
            ("MicroKernels.Classify", Line(32), null, []),
            ("MicroKernels.Both", new Index3D(8, 4, 1), null, [8]),
            ("MicroKernels.Reverse", default, new KernelConfig((Index1D)4, 8), []),
            ("MicroKernels.Half", Line(16), null, []),
            ("MicroKernels.Scan", Line(9), null, [8, 0.3f]),
            ("MicroKernels.Dense", Line(32), null, []),
            ("MicroKernels.Conversions", Line(20), null, []),
            ("MicroKernels.Records", Line(20), null, []),
            ("DialectKernels.Histogram", Line(20), null, []),
            ("DialectKernels.Shuffles", default, new KernelConfig((Index1D)1, 40), []),
            ("DialectKernels.WarpSum", default, new KernelConfig((Index1D)2, 64), []),
            ("DialectKernels.Votes", default, new KernelConfig((Index1D)2, 33), []),
            ("DialectKernels.Halves", Line(20), null, [(System.Half)0.3f]),
        ];
        return from launch in launches
               from build in Builds
               select new TestCaseData(build, launch.Kernel, launch.Extent, launch.Config, launch.Scalars)
                   .SetName($"{launch.Kernel} of a {(build == Builds[0] ? "release" : "debug")} build leaves the bits of the method");
    }

    [TestCaseSource(nameof(Launches))]
    public void Leaves_the_bits_of_the_method(Assembly build, string kernel, Index3D extent, KernelConfig? config, object[] scalars)
    {
        string[] names = kernel.Split('.');
        MethodInfo method = build.GetType($"Dalle2.Tests.Gpu.Compiler.{names[0]}")!.GetMethod(names[1])!;
        if (method.IsGenericMethod)
            method = method.MakeGenericMethod(names[1] == "Generic" ? method.DeclaringType!.GetNestedType("Linear")! : typeof(float));
        using var device = new IrDevice();
        var buffers = new List<IDisposable>();
        var scalar = new Queue<object>(scalars);
        object[] arguments = [.. method.GetParameters().Skip(config == null ? 1 : 0)
            .Select(p => Argument(device, p.ParameterType, buffers, scalar))];
        device.Run(new Launch(CompiledKernel.Of(method), arguments, extent, config));
        Assert.That(device.Launches, Is.EqualTo(1));
        buffers.ForEach(buffer => buffer.Dispose());
    }

    [Test]
    public void The_debug_build_is_one()
    {
        static int Size(Assembly build) =>
            build.GetType("Dalle2.Tests.Gpu.Compiler.LanguageKernels")!.GetMethod("Returns")!.GetMethodBody()!.GetILAsByteArray()!.Length;
        Assert.That(Size(Builds[1]), Is.GreaterThan(Size(Builds[0]) * 5 / 4));
    }

    static object Argument(Device device, Type type, List<IDisposable> buffers, Queue<object> scalars)
    {
        if (!type.IsGenericType || type.GetGenericTypeDefinition() != typeof(ArrayView<>))
            return scalars.Dequeue() is var scalar && scalar is object[] parts ? Activator.CreateInstance(type, parts)! : scalar;
        return ((Func<Device, List<IDisposable>, ArrayView<int>>)View<int>).Method.GetGenericMethodDefinition()
            .MakeGenericMethod(type.GetGenericArguments()[0]).Invoke(null, [device, buffers])!;
    }

    static ArrayView<T> View<T>(Device device, List<IDisposable> buffers)
        where T : unmanaged
    {
        const int Count = 800;
        Buffer<T> buffer = device.Allocate<T>(Count);
        buffers.Add(buffer);
        Array values = typeof(T).Name switch
        {
            "Int32" => Filled(i => i % 5 - 1),
            "Int64" => Filled(i => i * 1234567L - 40),
            "UInt32" => Filled(i => (uint)i * 60000000u),
            "UInt64" => Filled(i => (ulong)i * 90000000000000000UL),
            "Single" => Filled(i => i * 0.75f - 3f),
            "Double" => Filled(i => (i - 5) * 1.75e5),
            "Byte" => Filled(i => (byte)(i * 7)),
            "Int16" => Filled(i => (short)(i * 977)),
            "Half" => Filled(i => (System.Half)(i * 3.7f - 5f)),
            _ => new T[Count],
        };
        device.Stream.Write<T>((T[])values, buffer.View);
        return buffer.View;

        static TElement[] Filled<TElement>(Func<int, TElement> value) => [.. Enumerable.Range(0, Count).Select(value)];
    }

    static Index3D Line(int threads) => new(threads, 1, 1);
}
