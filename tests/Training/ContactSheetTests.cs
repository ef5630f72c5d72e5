using Dalle2.Data;
using Dalle2.Data.Pictures;
using Dalle2.Data.Sets;

namespace Dalle2.Tests.Training;

[TestFixture]
public sealed class ContactSheetTests
{
    static readonly byte[] Paper = [250, 250, 248, 255];

    static Image Plain(int width, int height, byte red, byte green, byte blue)
    {
        var image = new Image(width, height);
        for (int i = 0; i < image.Rgba.Length; i += 4)
            (image.Rgba[i], image.Rgba[i + 1], image.Rgba[i + 2], image.Rgba[i + 3]) = (red, green, blue, 255);

        return image;
    }

    static List<(int X, int Y)> Find(Image image, params byte[] rgba)
    {
        var found = new List<(int, int)>();
        for (int y = 0; y < image.Height; y++)
        {
            for (int x = 0; x < image.Width; x++)
            {
                if (image.Pixel(x, y).SequenceEqual(rgba))
                    found.Add((x, y));
            }
        }

        return found;
    }

    [Test]
    public void Pictures_keep_their_pixels_as_squares_and_stand_side_by_side()
    {
        Image left = Plain(2, 2, 255, 0, 0), right = Plain(2, 2, 0, 0, 255);
        left.Pixel(1, 0)[1] = 200;
        Image sheet = ContactSheet.Draw([new ContactCell("", [("", left), ("", right)])], scale: 5);

        // Margin 10, frame 1: the yellowish pixel (1, 0) covers 5 x 5 from (16, 11).
        List<(int X, int Y)> marked = Find(sheet, 255, 200, 0, 255);
        Assert.That(marked, Has.Count.EqualTo(25));
        Assert.That((marked[0], marked[^1]), Is.EqualTo(((16, 11), (20, 15))));
        Assert.That(Find(sheet, 255, 0, 0, 255), Has.Count.EqualTo(75));
        List<(int X, int Y)> blue = Find(sheet, 0, 0, 255, 255);
        Assert.That((blue.Count, blue[0]), Is.EqualTo((100, (27, 11))));
        Assert.That((sheet.Width, sheet.Height), Is.EqualTo((20 + 12 + 4 + 12, 20 + 12)));
    }

    [Test]
    public void Rows_and_columns_are_filled_in_order()
    {
        ContactCell[] cells = [.. Enumerable.Range(0, 5).Select(i => new ContactCell("", [("", Plain(4, 4, (byte)(50 * i), 1, 2))]))];
        Image sheet = ContactSheet.Draw(cells, columns: 3, scale: 2);
        Assert.That((sheet.Width, sheet.Height), Is.EqualTo((20 + 3 * 10 + 2 * 12, 20 + 2 * 10 + 12)));
        for (int i = 0; i < 5; i++)
            Assert.That(Find(sheet, (byte)(50 * i), 1, 2, 255)[0], Is.EqualTo((11 + i % 3 * 22, 11 + i / 3 * 22)));
    }

    [Test]
    public void A_caption_is_wrapped_into_the_cell_and_makes_room()
    {
        Image picture = Plain(32, 32, 0, 0, 0);
        Image without = ContactSheet.Draw([new ContactCell("", [("", picture)])], scale: 3);
        Image with = ContactSheet.Draw([new ContactCell("a small red star at the top left on a navy background", [("", picture)])],
            scale: 3);

        // 98 pixels hold 16 letters: "a small red star", "at the top left", "on a navy", "background".
        Assert.That(with.Width, Is.EqualTo(without.Width));
        Assert.That(with.Height, Is.EqualTo(without.Height + 4 + 4 * BitmapFont.LineHeight));
        Assert.That(Find(with, 32, 34, 40, 255).Select(point => point.Y).Min(), Is.GreaterThan(without.Height - 10));
        Assert.That(Find(with, 32, 34, 40, 255).Select(point => point.X).Max(), Is.LessThan(with.Width - 10));
    }

    [Test]
    public void A_label_stands_above_its_picture()
    {
        Image sheet = ContactSheet.Draw([new ContactCell("", [("drawn", Plain(32, 32, 9, 9, 9)), ("truth", Plain(32, 32, 8, 8, 8))])],
            scale: 1);
        Assert.That(Find(sheet, 9, 9, 9, 255)[0], Is.EqualTo((11, 10 + BitmapFont.LineHeight + 1)));
        Assert.That(Find(sheet, 120, 124, 134, 255),
            Is.Not.Empty.And.All.Matches<(int X, int Y)>(point => point.Y < 10 + BitmapFont.LineHeight));
    }

    [Test]
    public void Nothing_to_show_is_refused()
    {
        Assert.That(() => ContactSheet.Draw([]), Throws.ArgumentException);
        Assert.That(() => ContactSheet.Draw([new ContactCell("x", [])]), Throws.ArgumentException);
        Assert.That(() => ContactSheet.Draw([.. Enumerable.Repeat(new ContactCell("", [("", new Image(4000, 4000))]), 100)], scale: 8),
            Throws.TypeOf<UserInputException>().With.Message.Contains("100 cells"));
    }

    [Test]
    public void Letters_are_drawn_as_they_look()
    {
        var image = new Image(12, 9);
        BitmapFont.Draw(image, "Lg", 0, 0, (1, 2, 3));
        string[] rows = [.. Enumerable.Range(0, 9)
            .Select(y => string.Concat(Enumerable.Range(0, 12).Select(x => image.Pixel(x, y)[3] == 255 ? '#' : '.')))];
        Assert.That(rows, Is.EqualTo(new[]
        {
            "#...........",
            "#...........",
            "#......####.",
            "#.....#...#.",
            "#.....#...#.",
            "#.....#...#.",
            "#####..####.",
            "..........#.",
            ".......###..",
        }));
    }

    [Test]
    public void All_printable_characters_differ_and_others_are_a_box()
    {
        string Pixels(char c)
        {
            var image = new Image(6, 9);
            BitmapFont.Draw(image, c.ToString(), 0, 0, (255, 255, 255));
            return Convert.ToHexString(image.Rgba);
        }

        string[] drawn = [.. Enumerable.Range(' ', 95).Select(c => Pixels((char)c))];
        Assert.That(drawn, Is.Unique);
        Assert.That(Pixels('é'), Is.EqualTo(Pixels('日')).And.Not.EqualTo(Pixels(' ')));
        Assert.That(drawn, Has.None.EqualTo(Pixels('é')));
    }

    [Test]
    public void Words_wrap_at_spaces_and_long_words_inside()
    {
        Assert.That(BitmapFont.Wrap("  one  two three ", 7), Is.EqualTo(new[] { "one two", "three" }));
        Assert.That(BitmapFont.Wrap("a abcdefghij b", 4), Is.EqualTo(new[] { "a", "abcd", "efgh", "ij b" }));
        Assert.That(BitmapFont.Wrap("", 4), Is.Empty);
    }

    [Test]
    public void Drawing_outside_the_picture_is_cut_off()
    {
        var image = new Image(3, 3);
        BitmapFont.Draw(image, "MMMM", -4, -4, (255, 255, 255), scale: 2);
        Assert.That(image.Rgba.Any(value => value != 0));
        Assert.That(Find(ContactSheet.Draw([new ContactCell("", [("", Plain(1, 1, 0, 0, 0))])], scale: 1), Paper), Is.Not.Empty);
    }
}
