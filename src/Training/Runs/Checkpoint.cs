using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Dalle2.Data;

namespace Dalle2.Training.Runs;

/// <summary>
/// The state of a model at one step: named tensors and what they belong to, kept in one safetensors file.
/// A SHA-256 over all metadata and all tensor bytes is stored with them, so that a single flipped bit is noticed.
/// </summary>
public sealed class Checkpoint
{
    /// <summary>The value of the metadata entry <c>format</c>.</summary>
    public const string FormatName = "dalle2.gpu";

    /// <summary>The version that this program writes, and the newest that it reads.</summary>
    public const int FormatVersion = 1;

    const string HashKey = "sha256";
    static readonly string[] ReservedKeys = ["format", "format_version", "model", "preset", "stage", "step", "seed", "config_hash",
        HashKey];

    readonly Dictionary<string, NamedTensor> byName;
    readonly int version;
    readonly string source = "this checkpoint";
    readonly bool isPart;

    /// <summary>Gathers a checkpoint and hashes it; tensors are not copied and must stay as they are until it is saved.</summary>
    /// <param name="info">What the tensors belong to.</param>
    /// <param name="tensors">All tensors; names are unique.</param>
    /// <param name="extra">More strings to keep with them; none by default. The keys of <see cref="CheckpointInfo"/> are taken.</param>
    /// <exception cref="ArgumentException">A name occurs twice, or an extra key is taken.</exception>
    public Checkpoint(CheckpointInfo info, IReadOnlyList<NamedTensor> tensors, IReadOnlyDictionary<string, string>? extra = null)
        : this(info, tensors, extra ?? new Dictionary<string, string>(), FormatVersion, null)
    {
    }

    Checkpoint(
        CheckpointInfo info, IReadOnlyList<NamedTensor> tensors, IReadOnlyDictionary<string, string> extra, int version, string? hash)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(info.Step);
        foreach (string key in extra.Keys)
        {
            if (ReservedKeys.Contains(key))
                throw new ArgumentException($"the metadata key '{key}' is the checkpoint's own", nameof(extra));
        }

        Info = info;
        Tensors = [.. SafeTensorsFile.InFileOrder(tensors)];
        Extra = new SortedDictionary<string, string>(extra.ToDictionary(), StringComparer.Ordinal);
        this.version = version;
        byName = Tensors.ToDictionary(tensor => tensor.Name, StringComparer.Ordinal);
        if (hash == null)
        {
            using IncrementalHash computed = BeginHash();
            foreach (NamedTensor tensor in Tensors)
            {
                AppendHead(computed, tensor.Name, tensor.Type, tensor.Shape);
                tensor.ForEachPiece(computed.AppendData);
            }

            hash = EndHash(computed);
        }

        FullHash = hash;
    }

    // Read from a file, whole or in part, with the hash of all of it.
    Checkpoint(
        string path, CheckpointInfo info, IReadOnlyList<NamedTensor> tensors, IReadOnlyDictionary<string, string> extra, int version,
        string hash, bool isPart)
        : this(info, tensors, extra, version, hash) => (source, this.isPart) = (path, isPart);

    /// <summary>What the tensors belong to.</summary>
    public CheckpointInfo Info { get; }

    /// <summary>The tensors, wider element types first.</summary>
    public IReadOnlyList<NamedTensor> Tensors { get; }

    /// <summary>The further strings kept with them.</summary>
    public IReadOnlyDictionary<string, string> Extra { get; }

    /// <summary>SHA-256 of everything, 64 hexadecimal digits. Equal states have equal hashes, on every machine.</summary>
    public string FullHash { get; }

    /// <summary>The first 12 digits of <see cref="FullHash"/>: what a drawn picture carries.</summary>
    public string Hash => FullHash[..12];

    /// <summary>Writes the file, to a temporary name first.</summary>
    /// <exception cref="UserInputException">It cannot be written; see <see cref="AtomicFile"/>.</exception>
    /// <exception cref="InvalidOperationException">It was read in part.</exception>
    public void Save(string path)
    {
        if (isPart)
            throw new InvalidOperationException($"{source} was read in part and cannot be saved");
        SortedDictionary<string, string> metadata = Metadata();
        metadata.Add(HashKey, FullHash);
        SafeTensorsFile.Write(path, Tensors, metadata);
    }

    /// <summary>Reads a checkpoint and checks its hash.</summary>
    /// <param name="path">The file.</param>
    /// <param name="expectedModel">The model it must belong to; null takes any.</param>
    /// <exception cref="UserInputException">The file is missing, damaged, of another model, or written by a newer program.</exception>
    public static Checkpoint Load(string path, string? expectedModel)
    {
        Checkpoint checkpoint = Read(path);
        checkpoint.RequireUsable(expectedModel);
        return checkpoint;
    }

    /// <summary>The values of a single-precision tensor, row-major.</summary>
    /// <param name="name">The tensor.</param>
    /// <param name="shape">The shape that the model has for it.</param>
    /// <exception cref="UserInputException">The checkpoint lacks the tensor, or has it with another type or shape.</exception>
    public ReadOnlySpan<float> Values(string name, ReadOnlySpan<int> shape)
    {
        if (!byName.TryGetValue(name, out NamedTensor? tensor))
        {
            throw new UserInputException($"{source}: has no tensor '{name}', which the model needs. It was saved by a model built "
                + "otherwise; use the run's own configuration.");
        }

        if (tensor.Type != SafeTensorType.F32 || !tensor.Shape.SequenceEqual(shape))
        {
            throw new UserInputException($"{source}: tensor '{name}' is {tensor.Type} [{Join(tensor.Shape)}], the model needs F32 ["
                + $"{Join(shape)}]. It was saved by a model built otherwise; use the run's own configuration.");
        }

        return tensor.Values<float>();
    }

    /// <summary>The tensor of that name, or null.</summary>
    public NamedTensor? Find(string name) => byName.GetValueOrDefault(name);

    /// <summary>Reads the file and throws when it is damaged; whose it is remains to be checked by <see cref="RequireUsable"/>.</summary>
    /// <param name="path">The file.</param>
    /// <param name="keeps">Which tensors are kept, by name; the others are checked and forgotten, which spares memory and time. Null keeps all.</param>
    internal static Checkpoint Read(string path, Func<string, bool>? keeps = null)
    {
        using SafeTensorsFile file = SafeTensorsFile.Open(path);
        return Read(path, file, keeps);
    }

    /// <summary>The same of a file that lies in memory.</summary>
    /// <param name="name">What messages call it.</param>
    /// <param name="content">Its bytes.</param>
    internal static Checkpoint Read(string name, byte[] content)
    {
        using SafeTensorsFile file = SafeTensorsFile.Open(name, content);
        return Read(name, file, null);
    }

    static Checkpoint Read(string path, SafeTensorsFile file, Func<string, bool>? keeps)
    {
        if (file.Metadata.GetValueOrDefault("format") != FormatName)
        {
            throw new UserInputException($"{path}: a safetensors file, but not a checkpoint of this program (its metadata lacks format '"
                + $"{FormatName}'). Name a file from a run's checkpoints folder.");
        }

        int version = (int)Math.Min(Number(path, file.Metadata, "format_version"), int.MaxValue);
        var info = new CheckpointInfo(Text(path, file.Metadata, "model"), Text(path, file.Metadata, "preset"),
            Text(path, file.Metadata, "stage"),
            (long)Math.Min(Number(path, file.Metadata, "step"), long.MaxValue), Number(path, file.Metadata, "seed"),
            Text(path, file.Metadata, "config_hash"));
        var extra = file.Metadata.Where(pair => !ReservedKeys.Contains(pair.Key)).ToDictionary(StringComparer.Ordinal);
        if (version > FormatVersion)
        {
            // What a newer version hashes is unknown, so its tensors are not looked at.
            return new Checkpoint(path, info, [], extra, version, "", isPart: true);
        }

        var head = new Checkpoint(path, info, [], extra, version, "", isPart: true);
        using IncrementalHash computed = head.BeginHash();
        var kept = new List<NamedTensor>();
        foreach (SafeTensorEntry entry in file.Tensors.OrderByDescending(entry => NamedTensor.SizeOf(entry.Type)))
        {
            AppendHead(computed, entry.Name, entry.Type, entry.Shape);
            if (keeps == null || keeps(entry.Name))
            {
                kept.Add(file.ReadTensor(entry));
                kept[^1].ForEachPiece(computed.AppendData);
            }
            else
            {
                file.ForEachPiece(entry, computed.AppendData);
            }
        }

        var checkpoint = new Checkpoint(path, info, kept, extra, version, EndHash(computed), kept.Count < file.Tensors.Count);
        if (checkpoint.FullHash != Text(path, file.Metadata, HashKey))
        {
            throw new UserInputException($"{path}: the checkpoint is damaged, its contents do not match the SHA-256 stored in it. Use "
                + "another checkpoint of the run.");
        }

        return checkpoint;
    }

    internal void RequireUsable(string? expectedModel)
    {
        if (version > FormatVersion)
        {
            throw new UserInputException(
                $"{source}: checkpoint format version {version}, this program reads up to version {FormatVersion}. Update the program.");
        }

        if (expectedModel is not null && Info.Model != expectedModel)
        {
            throw new UserInputException(
                $"{source}: a checkpoint of the model '{Info.Model}', and '{expectedModel}' is needed. Choose a run of that model.");
        }
    }

    SortedDictionary<string, string> Metadata() => new(Extra.ToDictionary(), StringComparer.Ordinal)
    {
        ["format"] = FormatName,
        ["format_version"] = version.ToString(),
        ["model"] = Info.Model,
        ["preset"] = Info.Preset,
        ["stage"] = Info.Stage,
        ["step"] = Info.Step.ToString(),
        ["seed"] = Info.Seed.ToString(),
        ["config_hash"] = Info.ConfigHash,
    };

    // Every string goes in behind its length, so that no two contents run into the same bytes.
    IncrementalHash BeginHash()
    {
        var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        SortedDictionary<string, string> metadata = Metadata();
        AppendNumber(hash, metadata.Count);
        foreach ((string key, string value) in metadata)
        {
            AppendText(hash, key);
            AppendText(hash, value);
        }

        return hash;
    }

    static void AppendHead(IncrementalHash hash, string name, SafeTensorType type, ReadOnlySpan<int> shape)
    {
        AppendText(hash, name);
        AppendText(hash, type.ToString());
        AppendText(hash, Join(shape));
    }

    static string EndHash(IncrementalHash hash) => Convert.ToHexStringLower(hash.GetHashAndReset());

    static void AppendText(IncrementalHash hash, string text)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(text);
        AppendNumber(hash, bytes.Length);
        hash.AppendData(bytes);
    }

    static void AppendNumber(IncrementalHash hash, int number)
    {
        Span<byte> bytes = stackalloc byte[4];
        BinaryPrimitives.WriteInt32LittleEndian(bytes, number);
        hash.AppendData(bytes);
    }

    static string Join(ReadOnlySpan<int> shape) => string.Join(", ", shape.ToArray());

    static string Text(string path, IReadOnlyDictionary<string, string> metadata, string key) => metadata.TryGetValue(key, out string? text)
        ? text
        : throw new UserInputException(
        $"{path}: the checkpoint is damaged, its metadata lacks '{key}'. Use another checkpoint of the run.");

    static ulong Number(string path, IReadOnlyDictionary<string, string> metadata, string key) =>
        ulong.TryParse(Text(path, metadata, key), out ulong number)
        ? number
        : throw new UserInputException($"{path}: the checkpoint is damaged, its metadata has '{metadata[key]}' as '"
        + $"{key}', where a whole number belongs. Use another checkpoint of the run.");
}
