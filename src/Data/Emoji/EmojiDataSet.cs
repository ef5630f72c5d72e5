using Dalle2.Data.Pictures;
using Dalle2.Data.Sets;

namespace Dalle2.Data.Emoji;

/// <summary>
/// Emoji of two styles, 64 x 64 on white, with captions such as <c>noto emoji of woman running, dark skin tone</c>.
/// The first opening reads the four packages and writes one packed file to the data folder; later ones only open that.
/// </summary>
public sealed class EmojiDataSet : IDataSet
{
    readonly EmojiPack pack;
    readonly DataSetOptions options;

    /// <summary>Opens the set in the options' Locale; From names a folder with the four .tgz files, otherwise <see cref="EmojiDownload"/>'s is used.</summary>
    /// <exception cref="UserInputException">The packages are missing or damaged, or have no such language.</exception>
    public EmojiDataSet(DataSetOptions? options = null)
    {
        this.options = options ?? new DataSetOptions();
        if (this.options.Locale.Length == 0 || !this.options.Locale.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_'))
            throw new UserInputException($"'{this.options.Locale}' is no language code such as en, de or pt-PT.");
        string folder = this.options.DataFolder ?? DataFolder.Default;
        string path = Path.Combine(folder, $"emoji-{this.options.Locale}.pack");
        // With From, the files there decide, whatever was packed before.
        var pack = this.options.From is null ? EmojiPack.TryOpen(path) : null;
        if (pack is null)
        {
            EmojiPack.Build(this.options.From ?? EmojiDownload.Folder(folder), this.options.Locale, path);
            pack = EmojiPack.TryOpen(path) ?? throw new UserInputException(
                $"'{path}' was written and cannot be read back; check the disk.");
        }
        this.pack = pack;
    }

    /// <inheritdoc/>
    public string Name => "emoji";

    /// <inheritdoc/>
    public IReadOnlyList<string> Splits => EmojiSplitRule.Splits;

    /// <inheritdoc/>
    public int Count(string split)
    {
        int all = pack.Splits[Splits[SplitNames.IndexOf(this, split)]].Length;
        return split == "train" && options.Count is { } limit ? Math.Min(limit, all) : all;
    }

    /// <summary>What is known about the sample: base, tone, style.</summary>
    public EmojiItem Item(string split, int index)
    {
        int count = Count(split);
        return index >= 0 && index < count ? pack.Splits[split][index]
            : throw new ArgumentOutOfRangeException(nameof(index), index, $"emoji {split} has {count} samples");
    }

    /// <inheritdoc/>
    public string Caption(string split, int index) => Item(split, index).Caption;

    /// <inheritdoc/>
    public string Source(string split, int index) => $"emoji {Item(split, index).Vendor}/64/{Item(split, index).File}";

    /// <summary>A PNG of the picture in its own size.</summary>
    public byte[]? FileBytes(string split, int index)
    {
        Item(split, index);
        return PictureEncoder.Png(pack.Picture(split, index));
    }

    /// <inheritdoc/>
    public Image Load(string split, int index, int side)
    {
        Item(split, index);
        return ImageTransform.ToSquare(pack.Picture(split, index), side);
    }
}
