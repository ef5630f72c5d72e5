namespace Dalle2.Data.Emoji;

/// <summary>One picture of the emoji set and what is known about it.</summary>
/// <param name="Vendor"><c>google</c> (Noto) or <c>twitter</c> (Twemoji).</param>
/// <param name="Base">The <c>unified</c> code of the emoji without tones: what shares it differs in tone only.</param>
/// <param name="Tone">Empty, one tone (<c>1F3FB</c> to <c>1F3FF</c>) or two joined by a hyphen.</param>
/// <param name="Name">The English name of CLDR, tones included.</param>
/// <param name="Caption">The caption in the chosen language, in lower case.</param>
/// <param name="Category">The emoji's category: <c>Flags</c>, <c>Food &amp; Drink</c>, ...</param>
/// <param name="File">The picture's name in its package.</param>
/// <param name="AddedIn">The emoji version that brought it.</param>
public sealed record EmojiItem(string Vendor, string Base, string Tone, string Name, string Caption, string Category, string File,
    decimal AddedIn);
