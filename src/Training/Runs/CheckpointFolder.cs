using Dalle2.Data;

namespace Dalle2.Training.Runs;

/// <summary>
/// The checkpoints of one stage: <c>step-000500.safetensors</c> while it trains, <c>final-002000.safetensors</c> at its end, and
/// <c>latest</c>, a text file that names the newest and is written last.
/// </summary>
/// <param name="path">The folder; the first save creates it.</param>
/// <param name="keep">How many of the newest step files stay (2 by default, at least 1); the final one stays besides.</param>
public sealed class CheckpointFolder(string path, int keep = 2)
{
    const string Extension = ".safetensors";
    const string StepPrefix = "step-";
    const string FinalPrefix = "final-";
    const string PointerName = "latest";

    readonly int keep = keep >= 1 ? keep : throw new ArgumentOutOfRangeException(nameof(keep), keep, "at least one checkpoint is kept");

    /// <summary>The folder.</summary>
    public string FolderPath { get; } = path;

    /// <summary>
    /// Saves the checkpoint under its step, points <c>latest</c> to it, then deletes what is too old, and what has a higher step:
    /// that was left behind when training went back to this point.
    /// </summary>
    /// <param name="checkpoint">The state to save.</param>
    /// <param name="final">True at the end of the stage.</param>
    /// <returns>The path of the file.</returns>
    /// <exception cref="UserInputException">It cannot be written; earlier checkpoints stay.</exception>
    public string Save(Checkpoint checkpoint, bool final = false)
    {
        ArgumentNullException.ThrowIfNull(checkpoint);
        CreateFolder();
        string name = $"{(final ? FinalPrefix : StepPrefix)}{checkpoint.Info.Step:D6}{Extension}";
        string file = Path.Combine(FolderPath, name);
        checkpoint.Save(file);
        AtomicFile.WriteText(Path.Combine(FolderPath, PointerName), name + "\n");
        Prune(name, checkpoint.Info.Step);
        return file;
    }

    /// <summary>
    /// Reads the newest checkpoint: the one that <c>latest</c> names, and when that is damaged or missing the next older good one.
    /// </summary>
    /// <param name="expectedModel">The model it must belong to; null takes any.</param>
    /// <param name="keeps">Which tensors are kept, by name; null keeps all.</param>
    /// <returns>The checkpoint, or null when the folder has none at all.</returns>
    /// <exception cref="UserInputException">
    /// All files are damaged (each fault is listed), or the newest good one is of another model or from a newer program.
    /// </exception>
    public FoundCheckpoint? Latest(string? expectedModel, Func<string, bool>? keeps = null)
    {
        var skipped = new List<string>();
        foreach (string name in NewestFirst())
        {
            string file = Path.Combine(FolderPath, name);
            Checkpoint checkpoint;
            try
            {
                checkpoint = Checkpoint.Read(file, keeps);
            }
            catch (UserInputException fault)
            {
                skipped.Add(fault.Message);
                continue;
            }

            checkpoint.RequireUsable(expectedModel);
            return new FoundCheckpoint(file, checkpoint, skipped);
        }

        return skipped.Count == 0
            ? null
            : throw new UserInputException($"{FolderPath}: no usable checkpoint is left. Remove this folder and resume the run: the stage "
            + $"is then trained again.\n{string.Join('\n', skipped)}");
    }

    /// <summary>The file names, highest step first and a final one before a step one, with the pointer's choice in front of all.</summary>
    List<string> NewestFirst()
    {
        List<string> names = [.. Files().OrderByDescending(file => file.Step).ThenByDescending(file => file.Final)
            .Select(file => file.Name)];
        string pointer = Path.Combine(FolderPath, PointerName);
        if (File.Exists(pointer))
        {
            string chosen = File.ReadAllText(pointer).Trim();
            int index = names.IndexOf(chosen);
            if (index > 0)
            {
                names.RemoveAt(index);
                names.Insert(0, chosen);
            }
        }

        return names;
    }

    IEnumerable<(string Name, long Step, bool Final)> Files()
    {
        if (!Directory.Exists(FolderPath))
            yield break;

        foreach (string file in Directory.EnumerateFiles(FolderPath, "*" + Extension))
        {
            string name = Path.GetFileName(file);
            bool final = name.StartsWith(FinalPrefix, StringComparison.Ordinal);
            string prefix = final ? FinalPrefix : StepPrefix;
            if (name.StartsWith(prefix, StringComparison.Ordinal) && long.TryParse(name[prefix.Length..^Extension.Length], out long step))
                yield return (name, step, final);
        }
    }

    void Prune(string written, long step)
    {
        int left = keep;
        foreach ((string name, long fileStep, bool final) in Files().OrderByDescending(file => file.Step).ToList())
        {
            bool old = fileStep > step || (final ? name != written
                && written.StartsWith(FinalPrefix, StringComparison.Ordinal) : left-- <= 0);
            if (old)
                Delete(Path.Combine(FolderPath, name));
        }

        // What a program left that was killed while it saved; the run's lock lets nobody else save here.
        foreach (string torn in Directory.EnumerateFiles(FolderPath, $".*{Extension}.*.tmp"))
            Delete(torn);
    }

    static void Delete(string file)
    {
        try
        {
            File.Delete(file);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            // A file too many costs space and nothing else.
        }
    }

    void CreateFolder()
    {
        try
        {
            Directory.CreateDirectory(FolderPath);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            throw new UserInputException($"{FolderPath}: the folder cannot be created ({fault.Message}). Choose another run folder.",
                fault);
        }
    }
}
