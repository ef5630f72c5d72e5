using System.Collections.Concurrent;
using System.Reflection;
using System.Reflection.Metadata;
using System.Reflection.Metadata.Ecma335;
using System.Reflection.PortableExecutable;
using Dalle2.Gpu.Ir;

namespace Dalle2.Gpu.Frontend;

/// <summary>The C# file and line of a place, from the debug information that is embedded in the kernel's assembly.</summary>
static class SourceLines
{
    static readonly ConcurrentDictionary<Assembly, MetadataReaderProvider?> Cache = new();

    /// <summary>The file's path as the compiler saw it, and the line from 1; null and 0 if they are not known.</summary>
    public static (string? File, int Line) Find(SourcePosition position)
    {
        if (position.Method == null || Cache.GetOrAdd(position.Method.Module.Assembly, Open) is not { } provider)
            return default;
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

    // An assembly in a single-file program has no file of its own.
    static MetadataReaderProvider? Open(Assembly assembly)
    {
        if (assembly.IsDynamic || assembly.Location.Length == 0)
            return null;
        using var image = new PEReader(System.IO.File.OpenRead(assembly.Location));
        foreach (DebugDirectoryEntry entry in image.ReadDebugDirectory())
        {
            if (entry.Type == DebugDirectoryEntryType.EmbeddedPortablePdb)
                return image.ReadEmbeddedPortablePdbDebugDirectoryData(entry);
        }

        return null;
    }
}
