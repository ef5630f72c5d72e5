using Dalle2.Data;
using Dalle2.Gpu.Runtime;
using Dalle2.Training.Runs;

namespace Dalle2.Export;

/// <summary>Writes what a run draws with to files that other programs read.</summary>
public static class ModelExport
{
    /// <summary>Models for ONNX Runtime and whatever else reads ONNX, and a program that draws with them.</summary>
    public const string Onnx = "onnx";

    /// <summary>Weights alone, a file for each part.</summary>
    public const string SafeTensors = "safetensors";

    /// <summary>The formats.</summary>
    public static IReadOnlyList<string> Formats { get; } = [Onnx, SafeTensors];

    /// <summary>Writes a run's model: the parameters that drawing uses, moving averages where it draws with those.</summary>
    /// <param name="run">The run's folder.</param>
    /// <param name="format">One of <see cref="Formats"/>.</param>
    /// <param name="folder">Where to write; it must not be there, or be empty. It appears whole or not at all.</param>
    /// <param name="version">Of this program, to be told in the files.</param>
    /// <param name="notice">Is told what is left out.</param>
    /// <exception cref="UserInputException">There is no such run, it does not draw yet, its model has no such form, or the folder cannot be written; the message says which.</exception>
    /// <exception cref="ArgumentException">There is no such format.</exception>
    public static ExportedModel Write(string run, string format, string folder, string version, Action<string> notice)
    {
        if (!Formats.Contains(format))
            throw new ArgumentException($"there is no format '{format}'; there are {string.Join(", ", Formats)}");
        using RunFolder source = RunFolder.Open(run);
        RequireFree(folder);
        using Device device = Device.Open("cpu", 1);
        TrainedRun trained = TrainedRun.LoadToDraw(source, device, notice);
        string target = Path.GetFullPath(folder).TrimEnd(Path.DirectorySeparatorChar), partial = $"{target}.{Environment.ProcessId}.tmp";
        try
        {
            if (format == Onnx)
                OnnxExport.Write(source, trained, device, partial, version, notice);
            else
                SafeTensorsExport.Write(source, trained, device, partial, version);
            File.Copy(source.ConfigPath, Path.Combine(partial, "config.json"));
            File.Copy(source.VocabularyPath, Path.Combine(partial, "vocabulary.txt"));
            ExportedFile[] files =
            [
                .. new DirectoryInfo(partial).EnumerateFiles().OrderBy(file => file.Name, StringComparer.Ordinal)
                    .Select(file => new ExportedFile(file.Name, file.Length)),
            ];
            if (Directory.Exists(target))
                Directory.Delete(target);
            Directory.Move(partial, target);
            return new ExportedModel(folder, format, files, trained.Hash);
        }
        catch (NotSupportedException fault)
        {
            throw new UserInputException($"{run}: {fault.Message}", fault);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            throw new UserInputException($"{folder}: cannot be written ({fault.Message}). Name another folder with --out.", fault);
        }
        finally
        {
            trained.Model.Dispose();
            if (Directory.Exists(partial))
                Directory.Delete(partial, recursive: true);
        }
    }

    /// <summary>Where an exported model comes from, a sentence.</summary>
    internal static string Origin(RunFolder source, TrainedRun run, string version) =>
        $"Exported by dalle2 {version} from the run `{Path.GetFileName(Path.GetFullPath(source.FolderPath))}` (runHash `{run.Hash}`, "
        + $"stages trained: {string.Join(", ", run.Stages)}).";

    static void RequireFree(string folder)
    {
        if (File.Exists(folder))
            throw new UserInputException($"{folder}: is a file. Name a new or empty folder with --out.");
        if (Directory.Exists(folder) && Directory.EnumerateFileSystemEntries(folder).Any())
            throw new UserInputException($"{folder}: is there already and not empty. Remove it, or name another folder with --out.");
        FolderAccess.RequireWritable(folder, "Name another folder with --out.");
    }
}
