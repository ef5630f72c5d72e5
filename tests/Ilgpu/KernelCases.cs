namespace Dalle2.IlgpuKernels;

/// <summary>All kernel cases of this assembly.</summary>
public static class KernelCases
{
    /// <summary>Every case of every family, ordered by name. Two cases of one name are an error.</summary>
    public static IReadOnlyList<KernelCase> All { get; } =
    [
        .. typeof(KernelCases).Assembly.GetTypes()
            .Where(type => type.IsSubclassOf(typeof(KernelFamily)))
            .SelectMany(type => ((KernelFamily)Activator.CreateInstance(type)!).Cases)
            .ToDictionary(kernelCase => kernelCase.Name).Values
            .OrderBy(kernelCase => kernelCase.Name, StringComparer.Ordinal),
    ];
}
