using Dalle2.Data.Pictures;

namespace Dalle2.Data.Sets;

/// <summary>What can be chosen when a data set is opened; each set uses what concerns it.</summary>
public sealed record DataSetOptions
{
    /// <summary>The seed of generated sets. Default 0.</summary>
    public ulong Seed { get; init; }

    /// <summary>Generated sets: training samples; null is the set's own default (shapes 6,000, shapes2 20,000). Other sets: at most so many of the training split.</summary>
    public int? Count { get; init; }

    /// <summary>Generated sets: held-out samples; null is the set's own default (shapes: each combination once; shapes2: 2,000).</summary>
    public int? HeldOutCount { get; init; }

    /// <summary>What happens to pictures that are not square. Default: the center is kept; <see cref="PictureAspects"/> says what suits a
    /// set.</summary>
    public ImageFit Fit { get; init; }

    /// <summary>What is seen through transparent pixels of files, and around padded pictures. Default white.</summary>
    public Rgb Background { get; init; } = Rgb.White;

    /// <summary>Picture files: larger pictures count as broken, before a pixel of them is decoded. Default 64 megapixels.</summary>
    public long MaxPixels { get; init; } = PictureDecoder.DefaultMaxPixels;

    /// <summary>COCO, tables and Parquet: the folder of the pictures; null looks beside the captions file.</summary>
    public string? ImagesFolder { get; init; }

    /// <summary>Tables and Parquet: the column of the pictures; null is the first of the usual names.</summary>
    public string? ImageColumn { get; init; }

    /// <summary>Tables and Parquet: the column of the captions; null is the first of the usual names.</summary>
    public string? CaptionColumn { get; init; }

    /// <summary>Emoji: the language of the names and keywords, a CLDR locale. Default <c>en</c>.</summary>
    public string Locale { get; init; } = "en";

    /// <summary>Emoji and fashion: a folder with the files already on disk; null is the usual place.</summary>
    public string? From { get; init; }

    /// <summary>Where packed sets are kept; null is <see cref="Sets.DataFolder.Default"/>.</summary>
    public string? DataFolder { get; init; }
}
