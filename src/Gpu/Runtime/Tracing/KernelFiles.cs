using System.IO;
using System.Text;
using Dalle2.Gpu.Frontend;
using Dalle2.Gpu.Ir;

namespace Dalle2.Gpu.Runtime.Tracing;

/// <summary>The files of D2_DUMP and D2_OVERRIDE: one for each kernel, by its type arguments, constants and group, and each form of its text.</summary>
static class KernelFiles
{
    static readonly Lock Gate = new();

    /// <summary>Such as <c>GemmOp.TileKernel-Stored-Transposed.16x1x1</c>.</summary>
    public static string NameOf(SpecializedKernel kernel, GroupExtent? group)
    {
        Type? owner = kernel.Method.DeclaringType;
        var name = new StringBuilder(owner?.FullName?[(owner.Namespace is { Length: > 0 } space ? space.Length + 1 : 0)..]).Append('.')
            .Append(kernel.Method.Name);
        foreach (Type argument in kernel.Method.IsGenericMethod ? kernel.Method.GetGenericArguments() : [])
            name.Append('-').Append(argument.Name);
        foreach (ulong bits in kernel.Bits)
            name.Append($"-{bits:x}");
        if (group is { } g)
            name.Append($".{g.X}x{g.Y}x{g.Z}");
        for (int i = 0; i < name.Length; i++)
        {
            if (!char.IsAsciiLetterOrDigit(name[i]) && name[i] is not ('.' or '-' or '_'))
                name[i] = '_';
        }

        return name.ToString();
    }

    /// <summary>Writes a text to D2_DUMP's folder, if there is one.</summary>
    public static void Dump(string name, string ending, Func<string> text)
    {
        if (Settings.Current.DumpFolder is not { } folder)
            return;
        lock (Gate)
            File.WriteAllText(Path.Combine(folder, $"{name}.{ending}"), text());
    }

    /// <summary>The text from D2_OVERRIDE's folder, if there is one of this name, which a line tells; else the text that was emitted.</summary>
    public static string Override(string name, string ending, string emitted)
    {
        if (Settings.Current.OverrideFolder is not { } folder || Path.Combine(folder, $"{name}.{ending}") is var path && !File.Exists(path))
            return emitted;
        TraceOutput.Line($"{name}: {path} is compiled in place of what was emitted");
        return File.ReadAllText(path);
    }
}
