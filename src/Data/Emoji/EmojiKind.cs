using Dalle2.Data.Sets;

namespace Dalle2.Data.Emoji;

/// <summary>Opens <see cref="EmojiDataSet"/>.</summary>
sealed class EmojiKind : DataSetKind
{
    public override string? Name => "emoji";

    public override string Description => "7,519 captioned emoji of two styles, 64 x 64 (first: dalle2 data get emoji)";

    public override IDataSet Open(string spec, DataSetOptions options) => new EmojiDataSet(options);
}
