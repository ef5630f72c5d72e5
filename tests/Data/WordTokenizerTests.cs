using Dalle2.Data;
using Dalle2.Data.Text;

namespace Dalle2.Tests.Data;

[TestFixture]
public sealed class WordTokenizerTests
{
    static readonly Vocabulary Words = Vocabulary.Build(["a red star, a blue star", "the red t-shirt"]);

    [TestCase("A small RED star.", "a|small|red|star|.")]
    [TestCase("", "")]
    [TestCase("  \t\r\n ", "")]
    [TestCase("don't rock 'n' roll", "don't|rock|'|n|'|roll")]
    [TestCase("the dog’s t\u2011shirt", "the|dog's|t-shirt")]
    [TestCase("well--no -5 x-", "well|-|-|no|-|5|x|-")]
    [TestCase("3.5 cats, 2nd!", "3|.|5|cats|,|2nd|!")]
    [TestCase("Ñandú ÉCOLE Жук 星 café\u0301", "ñandú|école|жук|星|café\u0301")]
    [TestCase("heart \u2764\uFE0F here\u200B", "heart|\u2764|here")]
    [TestCase("<pad> <bos>", "<|pad|>|<|bos|>")]
    [TestCase("cafe\u0301 CAFE\u0301 Caf\u00E9", "caf\u00E9|caf\u00E9|caf\u00E9")]
    [TestCase("IŞIK İNCİR I\u0307stanbul kırmızı", "işik|incir|istanbul|kırmızı")]
    [TestCase("ΟΔΥΣΣΕΥΣ ΣΑΣ Σ ΣΊΣΥΦΟΣ' άσος", "οδυσσευς|σας|σ|σίσυφος|'|άσος")]
    [TestCase("T\u0308 J\u030C", "\u1E97|\u01F0")]
    [TestCase("一个红色的圆。", "一|个|红|色|的|圆|。")]
    [TestCase("赤いカメラ2台とiPhone", "赤|い|カ|メ|ラ|2|台|と|iphone")]
    [TestCase("カ\u3099ラス ｶﾞ", "ガ|ラ|ス|ｶﾞ")]
    [TestCase("วงกลมสีแดงน้ำ", "ว|ง|ก|ล|ม|สี|แ|ด|ง|น้ำ")]
    [TestCase("ສີແດງນ\u0EB3", "ສີ|ແ|ດ|ງ|ນ\u0EB3")]
    [TestCase("ខ្មែរ", "ខ្មែ|រ")]
    [TestCase("မြန်မာ တက္ကသိုလ်", "မြ|န်|မာ|တ|က္က|သို|လ်")]
    [TestCase("빨간 원", "빨간|원")]
    [TestCase("红-a 't手't", "红|-|a|'|t|手|'|t")]
    public void Captions_are_cut_into_words(string caption, string words) =>
        Assert.That(string.Join('|', WordTokenizer.Split(caption)), Is.EqualTo(words));

    [Test]
    public void The_vocabulary_is_in_order_of_count_then_ordinal() =>
        Assert.That(Words.Words, Is.EqualTo(new[] { "<pad>", "<bos>", "<eos>", "<unk>", "a", "red", "star", ",", "blue", "t-shirt",
        "the" }));

    [Test]
    public void Rare_words_and_words_above_the_limit_are_left_out()
    {
        Assert.That(Vocabulary.Build(["b b a a c"], minCount: 2).Words.Skip(4), Is.EqualTo(new[] { "a", "b" }));
        Assert.That(Vocabulary.Build(["b b a a c"], maxWords: 1).Words.Skip(4), Is.EqualTo(new[] { "a" }));
    }

    [Test]
    public void Numbers_and_back()
    {
        var tokenizer = new WordTokenizer(Words);
        Assert.That(tokenizer.Encode("A blue, green star", 8), Is.EqualTo(new[] { 4, 8, 7, 3, 6 }));
        Assert.That(tokenizer.Encode("A blue star", 8, markEnds: true), Is.EqualTo(new[] { 1, 4, 8, 6, 2 }));
        Assert.That(tokenizer.Encode("", 8), Is.Empty);
        Assert.That(tokenizer.Encode("", 8, markEnds: true), Is.EqualTo(new[] { 1, 2 }));
        Assert.That(tokenizer.Decode([1, 4, 8, 7, 6, 2, 5, 0, 0]), Is.EqualTo("a blue, star"));
        Assert.That(() => tokenizer.Decode([11]), Throws.TypeOf<ArgumentOutOfRangeException>());
    }

    [Test]
    public void Long_captions_are_cut_and_reported()
    {
        var tokenizer = new WordTokenizer(Words);
        Assert.That(tokenizer.Encode("a red star", 2, false, out bool cut), Is.EqualTo(new[] { 4, 5 }));
        Assert.That(cut, Is.True);
        Assert.That(tokenizer.Encode("a red star", 4, true, out cut), Is.EqualTo(new[] { 1, 4, 5, 2 }));
        Assert.That(cut, Is.True);
        tokenizer.Encode("a red star", 5, true, out cut);
        Assert.That(cut, Is.False);
    }

    [Test]
    public void A_prompt_tells_what_is_known_unknown_and_cut()
    {
        var reading = new WordTokenizer(Words).Read("a green green star, a purple t-shirt", 4);
        Assert.That(reading.Ids, Is.EqualTo(new[] { 4, 3, 3, 6 }));
        Assert.That(reading.Words, Is.EqualTo(new[] { "a", "green", "green", "star" }));
        Assert.That(reading.Unknown, Is.EqualTo(new[] { "green" }));
        Assert.That(reading.Cut, Is.EqualTo(new[] { ",", "a", "purple", "t-shirt" }));
        Assert.That(reading.IsCut && reading.IsUnderstood);
        reading = new WordTokenizer(Words).Read("purple ring star", 2);
        Assert.That(reading.IsUnderstood, Is.False);
        Assert.That(new WordTokenizer(Words).Read("a star", 2).IsCut, Is.False);
    }

    [TestCase("...", false)]
    [TestCase(" \u200B ", false)]
    [TestCase("\u001B", false)]
    [TestCase("🔴", true)]
    [TestCase("一", true)]
    [TestCase("7", true)]
    public void Punctuation_alone_is_no_caption(string text, bool has) => Assert.That(WordTokenizer.HasWords(text), Is.EqualTo(has));

    [Test]
    public void Scripts_without_spaces_are_written_without_them()
    {
        var tokenizer = new WordTokenizer(Vocabulary.Build(["一个红色的圆，和 iPhone"]));
        Assert.That(tokenizer.Decode(tokenizer.Encode("一个红色的圆，和 iPhone", 20)), Is.EqualTo("一个红色的圆，和 iphone"));
    }

    [Test]
    public void Unknown_words_are_listed_once_and_specials_are_unknown()
    {
        Assert.That(new WordTokenizer(Words).UnknownWords("a green dog, a green cat"), Is.EqualTo(new[] { "green", "dog", "cat" }));
        Assert.That(Words.IdOf("<pad>"), Is.EqualTo(Vocabulary.Unk));
    }

    [TestCase("", "", 0)]
    [TestCase("abc", "", 3)]
    [TestCase("star", "stra", 1)]
    [TestCase("kitten", "sitting", 3)]
    [TestCase("ca", "abc", 3)]
    public void Distance_counts_edits_and_swaps(string a, string b, int distance)
    {
        Assert.That(EditDistance.Between(a, b), Is.EqualTo(distance));
        Assert.That(EditDistance.Between(b, a), Is.EqualTo(distance));
    }

    [Test]
    public void Near_words_come_by_distance_then_frequency()
    {
        var words = Vocabulary.FromWords(["rod", "red", "green", "rad"]);
        Assert.That(words.Nearest("rde", 2), Is.EqualTo(new[] { "red", "rod" }));
        Assert.That(words.Nearest("r", 3), Is.EqualTo(new[] { "rod", "red", "rad" }));
    }

    [Test]
    public void A_saved_vocabulary_loads_the_same()
    {
        using var folder = new TemporaryFolder();
        var words = Vocabulary.Build(["naïve 星 don't t-shirt ."]);
        words.Save(folder["sub/vocabulary.txt"]);
        Assert.That(Vocabulary.Load(folder["sub/vocabulary.txt"]).Words, Is.EqualTo(words.Words));
        Assert.That(Directory.GetFiles(folder["sub"]), Has.Length.EqualTo(1));
    }

    [TestCase("", "empty or was cut")]
    [TestCase("<pad>\n<bos>\n<eos>\n", "3 lines")]
    [TestCase("<pad>\n<bos>\n<eos>\nunk\n", "line 4 is 'unk'")]
    [TestCase("<pad>\n<bos>\n<eos>\n<unk>\na\nb\na\n", "line 7 repeats 'a' of line 5")]
    [TestCase("<pad>\n<bos>\n<eos>\n<unk>\na\n\nb\n", "line 6 is empty")]
    [TestCase("<pad>\n<bos>\n<eos>\n<unk>\na b\n", "white space")]
    [TestCase("<pad>\n<bos>\n<eos>\n<unk>\na\nb", "cut off")]
    public void A_damaged_vocabulary_is_refused(string content, string says)
    {
        using var folder = new TemporaryFolder();
        string path = folder.Write("v.txt", content);
        Assert.That(() => Vocabulary.Load(path), Throws.TypeOf<UserInputException>().With.Message.Contains(says).And.Message.Contains(
            path));
    }

    [Test]
    public void A_vocabulary_with_other_line_breaks_is_the_same()
    {
        using var folder = new TemporaryFolder();
        Words.Save(folder["v.txt"]);
        string text = File.ReadAllText(folder["v.txt"]);
        foreach (string other in new[] { text.Replace("\n", "\r\n"), "\uFEFF" + text })
        {
            var loaded = Vocabulary.Load(folder.Write("other.txt", other), Words.Digest);
            Assert.That(loaded.Words, Is.EqualTo(Words.Words));
        }
    }

    [Test]
    public void A_reordered_or_edited_vocabulary_has_another_digest()
    {
        using var folder = new TemporaryFolder();
        string before = Vocabulary.FromWords(["a", "red", "star"]).Digest;
        Assert.That(before, Has.Length.EqualTo(32));
        foreach (string[] words in new string[][] { ["red", "a", "star"], ["a", "red", "stars"], ["a", "red"], ["a", "redstar"] })
        {
            var other = Vocabulary.FromWords(words);
            other.Save(folder["v.txt"]);
            Assert.That(() => Vocabulary.Load(folder["v.txt"], before), Throws.TypeOf<UserInputException>()
                .With.Message.Contains("reordered or edited"));
            Assert.That(Vocabulary.Load(folder["v.txt"], other.Digest).Digest, Is.EqualTo(other.Digest));
        }
    }

    [Test]
    public void A_vocabulary_of_taken_apart_letters_knows_whole_ones()
    {
        var words = Vocabulary.FromWords(["cafe\u0301", "red"]);
        Assert.That(words.IdOf("caf\u00E9"), Is.EqualTo(4));
        Assert.That(new WordTokenizer(words).Encode("Cafe\u0301 caf\u00E9", 4), Is.EqualTo(new[] { 4, 4 }));
    }

    [Test]
    public void A_missing_or_binary_vocabulary_is_refused()
    {
        using var folder = new TemporaryFolder();
        Assert.That(() => Vocabulary.Load(folder["none.txt"]), Throws.TypeOf<UserInputException>().With.Message.Contains("none.txt"));
        Assert.That(() => Vocabulary.Load(folder.Write("b.txt", [0xC3, 0x28, 10])), Throws.TypeOf<UserInputException>()
            .With.Message.Contains("UTF-8"));
    }
}
