using System.IO.Hashing;
using System.Text.Json;
using Dalle2.Data;
using Dalle2.Data.Sets;
using Dalle2.Data.Text;

namespace Dalle2.Training.Runs;

/// <summary>
/// What a run has read: a digest of each split in <c>data/SPLIT.digest</c>, and those of the vocabulary and of the files that the settings name in
/// <c>data/files.json</c>. A run goes on, or is measured, with other data only if that is asked for.
/// </summary>
/// <param name="run">The run.</param>
public sealed class DataRecord(RunFolder run)
{
    const string Advice = "Put the data back, name the place of the right ones with --data, or accept the change with --data-changed";

    static readonly JsonSerializerOptions Indented = new() { WriteIndented = true, NewLine = "\n" };

    string Folder => Path.Combine(run.FolderPath, "data");

    string FilesPath => Path.Combine(Folder, "files.json");

    /// <summary>Whether the run has read a split before.</summary>
    public bool Has(string split) => File.Exists(PathOf(split));

    /// <summary>Compares what was read of a split with what the run has read of it before; the first time, keeps it.</summary>
    /// <param name="digest">What was read now.</param>
    /// <param name="accept">Whether a change is accepted: it is told, and kept.</param>
    /// <param name="keep">Whether the folder may be written to.</param>
    /// <param name="notice">Is told what has changed.</param>
    /// <exception cref="UserInputException">Something has changed and is not accepted; the message says what.</exception>
    public void Check(DataDigest digest, bool accept, bool keep, Action<string> notice)
    {
        string path = PathOf(digest.Split);
        if (File.Exists(path))
        {
            DataChanges changes = digest.Since(DataDigest.Load(path));
            if (changes.None)
                return;
            string what = $"the pictures and captions of '{digest.Split}' are not those that this run has read: {changes.Describe()}";
            if (!accept)
                throw new UserInputException($"{run.FolderPath}: {what}. {Advice}: the run then ends with other bits.");
            notice($"{what}; accepted");
        }

        if (keep)
            digest.Save(path);
    }

    /// <summary>Compares the vocabulary with that of the run's beginning: no change of it is ever accepted, for the parameters know words by their numbers.</summary>
    /// <exception cref="UserInputException">It has changed.</exception>
    public void Check(Vocabulary vocabulary)
    {
        if (ReadFiles().TryGetValue("vocabulary", out string? words) && words != vocabulary.Digest)
        {
            throw new UserInputException(
                $"{run.VocabularyPath}: its words are not those that this run was trained with, or stand in another order; the model knows "
                + "them by their numbers. Put the original back, or train anew in another folder.");
        }
    }

    /// <summary>Compares the vocabulary, and the files that the settings name, with what the run has read before; the first time, keeps their digests.</summary>
    /// <param name="vocabulary">The words, as read from the run's folder.</param>
    /// <param name="config">The settings.</param>
    /// <param name="accept">Whether a change of a file is accepted.</param>
    /// <param name="keep">Whether the folder may be written to.</param>
    /// <param name="notice">Is told what has changed.</param>
    /// <exception cref="UserInputException">Something has changed and is not accepted.</exception>
    public void Check(Vocabulary vocabulary, TrainingConfig config, bool accept, bool keep, Action<string> notice)
    {
        Check(vocabulary);
        Dictionary<string, string> stored = ReadFiles();
        var now = new Dictionary<string, string> { ["vocabulary"] = vocabulary.Digest };
        foreach (var (name, path) in ConfigSettings.Files(config))
        {
            if (!File.Exists(path))
            {
                // What was read from it may all be in checkpoints by now; where it is still needed, whoever reads it says so.
                if (stored.TryGetValue(name, out string? before))
                    now[name] = before;
                continue;
            }

            now[name] = DigestOf(path);
            if (stored.TryGetValue(name, out string? known) && known != now[name])
            {
                string what = $"{path} ({name}) is not the file that this run has read";
                if (!accept)
                    throw new UserInputException($"{run.FolderPath}: {what}. {Advice}: the run may then end with other bits.");
                notice($"{what}; accepted");
            }
        }

        if (keep && !now.OrderBy(pair => pair.Key).SequenceEqual(stored.OrderBy(pair => pair.Key)))
        {
            AtomicFile.WriteText(FilesPath, JsonSerializer.Serialize(new SortedDictionary<string, string>(now, StringComparer.Ordinal),
                Indented) + "\n");
        }
    }

    string PathOf(string split) => Path.Combine(Folder, split + ".digest");

    Dictionary<string, string> ReadFiles()
    {
        try
        {
            return File.Exists(FilesPath) ? JsonSerializer.Deserialize<Dictionary<string, string>>(File.ReadAllBytes(FilesPath))
                ?? throw new JsonException("it is null") : [];
        }
        catch (Exception fault) when (fault is JsonException or IOException or UnauthorizedAccessException)
        {
            throw new UserInputException($"{FilesPath}: not a table of digests ({fault.Message}). Put the original back, or remove it to "
                + "go on without a comparison.", fault);
        }
    }

    static string DigestOf(string path)
    {
        try
        {
            var hash = new XxHash128();
            using FileStream file = File.OpenRead(path);
            hash.Append(file);
            return Convert.ToHexStringLower(hash.GetCurrentHash());
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            throw new UserInputException($"{path}: cannot be read ({fault.Message}).", fault);
        }
    }
}
