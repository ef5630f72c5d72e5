using System.IO.Compression;
using System.Reflection;
using System.Reflection.Metadata;
using System.Reflection.Metadata.Ecma335;
using System.Reflection.PortableExecutable;
using System.Text;
using Dalle2.Data;

namespace Dalle2.Cli;

/// <summary>A kernel as it is written: from the source that the compiler keeps in the assembly's debug information (Portable PDB, embedded source).</summary>
static class KernelSource
{
    static readonly Guid EmbeddedSource = new("0E8A571B-6926-466E-B4AD-8AB04611F5FE");

    /// <summary>The method's text, with the comment that stands above it.</summary>
    /// <exception cref="UserInputException">The assembly was built without its sources.</exception>
    public static string Of(MethodInfo kernel)
    {
        MethodInfo method = kernel.IsGenericMethod ? kernel.GetGenericMethodDefinition() : kernel;
        string path = method.Module.Assembly.Location;
        using var assembly = new PEReader(File.OpenRead(path));
        DebugDirectoryEntry entry = assembly.ReadDebugDirectory().FirstOrDefault(one =>
            one.Type == DebugDirectoryEntryType.EmbeddedPortablePdb);
        if (entry.DataSize == 0)
            throw Missing(path);
        using MetadataReaderProvider symbols = assembly.ReadEmbeddedPortablePdbDebugDirectoryData(entry);
        MetadataReader reader = symbols.GetMetadataReader();
        MethodDebugInformation information = reader.GetMethodDebugInformation(
            (MethodDefinitionHandle)MetadataTokens.Handle(method.MetadataToken));
        SequencePoint[] points = [.. information.GetSequencePoints().Where(point => !point.IsHidden)];
        if (points.Length == 0)
            throw Missing(path);
        string[] lines = Text(reader, points[0].Document, path).Split('\n');
        return Cut(lines, method.Name, points.Min(point => point.StartLine) - 1, points.Max(point => point.EndLine) - 1);
    }

    // The points are those of the body: the signature stands above it, and a comment above that.
    static string Cut(string[] lines, string name, int first, int last)
    {
        while (first > 0 && !Begins(lines[first]))
            first--;
        while (first > 0 && lines[first - 1].TrimStart() is ['/', '/', ..] or ['[', ..])
            first--;
        int indent = lines[first].Length - lines[first].TrimStart().Length;
        return string.Join('\n', lines[first..(last + 1)].Select(line => line.TrimEnd()).Select(
            line => line.Length >= indent && line[..indent].All(char.IsWhiteSpace) ? line[indent..] : line)) + "\n";

        bool Begins(string line) =>
            line.Contains($" {name}(", StringComparison.Ordinal) || line.Contains($" {name}<", StringComparison.Ordinal);
    }

    static string Text(MetadataReader reader, DocumentHandle document, string path)
    {
        foreach (CustomDebugInformationHandle handle in reader.GetCustomDebugInformation(document))
        {
            CustomDebugInformation information = reader.GetCustomDebugInformation(handle);
            if (reader.GetGuid(information.Kind) != EmbeddedSource)
                continue;
            byte[] blob = reader.GetBlobBytes(information.Value);
            // The size of the text if it is compressed, then the text (Portable PDB, "Embedded Source").
            if (BitConverter.ToInt32(blob) == 0)
                return Encoding.UTF8.GetString(blob.AsSpan(sizeof(int)));
            using var packed = new DeflateStream(new MemoryStream(blob, sizeof(int), blob.Length - sizeof(int)),
                CompressionMode.Decompress);
            using var text = new StreamReader(packed, Encoding.UTF8);
            return text.ReadToEnd();
        }

        throw Missing(path);
    }

    static UserInputException Missing(string path) =>
        new($"{path}: was built without the source of its kernels; build it with EmbedAllSources, as kernels/Dalle2.Kernels.csproj does");
}
