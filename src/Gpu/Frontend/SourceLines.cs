using System.Reflection;
using System.Reflection.Metadata;
using System.Reflection.Metadata.Ecma335;
using System.Reflection.PortableExecutable;
using System.Runtime.CompilerServices;
using Dalle2.Gpu.Ir;

namespace Dalle2.Gpu.Frontend;

/// <summary>The C# file and line of a place, from the portable debug information of the kernel's assembly: a file beside it, or embedded in it.</summary>
static class SourceLines
{
    // Weak: an assembly may be unloaded.
    static readonly ConditionalWeakTable<Assembly, Lazy<MetadataReaderProvider?>> Cache = [];

    /// <summary>The file's path as the compiler saw it, and the line from 1; null and 0 if they are not known.</summary>
    public static (string? File, int Line) Find(SourcePosition position)
    {
        if (position.Method == null || Cache.GetValue(position.Method.Module.Assembly,
            static assembly => new(() => Open(assembly))).Value is not { } provider)
        {
            return default;
        }

        MetadataReader reader = provider.GetMetadataReader();
        var method = (MethodDefinitionHandle)MetadataTokens.EntityHandle(position.Method.MetadataToken);
        SequencePoint found = default;
        foreach (SequencePoint point in reader.GetMethodDebugInformation(method.ToDebugInformationHandle()).GetSequencePoints())
        {
            if (!point.IsHidden && (found.Document.IsNil || point.Offset <= position.IlOffset))
                found = point;
        }

        return found.Document.IsNil ? default : (reader.GetString(reader.GetDocument(found.Document).Name), found.StartLine);
    }

    /// <summary>The place in words.</summary>
    public static string Describe(SourcePosition position)
    {
        var (file, line) = Find(position);
        return file == null ? $"in {position.Method?.DeclaringType?.Name}.{position.Method?.Name}" : $"{file}, line {line}";
    }

    // An assembly in a single-file program has no file of its own. A file that was made with another build, or in the older form of Windows, is not taken.
    static MetadataReaderProvider? Open(Assembly assembly)
    {
        if (assembly.IsDynamic || assembly.Location.Length == 0)
            return null;
        try
        {
            using var image = new PEReader(System.IO.File.OpenRead(assembly.Location));
            return image.TryOpenAssociatedPortablePdb(assembly.Location, Contents, out MetadataReaderProvider? provider, out _)
                ? provider : null;
        }
        catch (Exception e) when (e is BadImageFormatException or System.IO.IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
    static System.IO.MemoryStream? Contents(string path) => System.IO.File.Exists(path) ? new(System.IO.File.ReadAllBytes(path)) : null;
}
