using System.Text.Json.Nodes;
using Dalle2.Data.Pictures;
using Dalle2.Gpu.Runtime;
using Dalle2.Tests.Cli;
using Dalle2.Training.Drawing;

namespace Dalle2.Tests.Training;

/// <summary>Pictures that come from a picture: variations from its own noise, text diffs, parts drawn anew.</summary>
public partial class UnclipTests
{
    const int Side = 16;

    const string Steps = "--steps";

    [Test]
    public void From_the_noise_behind_a_picture_it_is_drawn_again_and_with_noise_on_the_way_others()
    {
        string picture = Save("own.png", Pattern(Side, Side));
        byte[][] varied = Draw("near.png", 3, "variations", small, picture, "--invert", "--count", "2", Steps, "5");
        Assert.That(Chunk("near-1.png", "eta"), Is.EqualTo("0.7"));
        byte[][] same = Draw("same.png", 2, "variations", small, picture, "--invert", "--eta", "0", "--count", "2", Steps, "5");
        Assert.That(same[1], Is.EqualTo(same[0]));
        Assert.That(varied[0], Is.Not.EqualTo(varied[1]).And.Not.EqualTo(same[0]));
        byte[] anew = Draw("anew.png", 1, "variations", small, picture, "--count", "1", Steps, "5")[0];
        byte[] own = Pattern(Side, Side).Rgba;
        Assert.That(Distance(same[0], own), Is.LessThan(3));
        Assert.That(Distance(varied[0], own), Is.InRange(3, Distance(anew, own)));
        RequireAgain("near-2.png");
        RequireAgain("same-1.png");
        CommandRun.Of("variations", small, picture, "--invert", "--sampler", "dpm", "--out", folder["x.png"]).IsUsageFault("dpm", "ddim");
        CommandRun.Of("variations", small, picture, "--invert", Steps, "1", "--out", folder["x.png"]).IsUsageFault("two steps or more");
        Assert.That(File.Exists(folder["x.png"]), Is.False);
    }

    [Test]
    public void A_picture_is_changed_by_what_two_texts_differ_in()
    {
        string picture = Save("before.png", Pattern(Side, Side));
        CommandRun edited = CommandRun.Of("edit", small, picture, Prompts[0], "a large blue square at the center", Steps, "4", "--out",
            folder["edit.png"], "--json").Succeeded();
        string[] names = [.. edited.Json["files"]!.AsArray().Select(file => Path.GetFileName((string)file!))];
        Assert.That(names, Is.EqualTo(new[] { "edit-1.png", "edit-2.png", "edit-3.png", "edit-4.png", "edit-sheet.png" }));
        Assert.That(edited.Json.AsObject().Select(pair => pair.Key), Is.EqualTo(new[] { "files", "seed", "seconds", "device", "error" }));
        Assert.That((double)edited.Json["error"]!, Is.InRange(1e-6, .05));
        Assert.That(edited.Error, Does.Contain("finding the noise behind before.png"));
        byte[][] pictures = [.. names[..^1].Select(Pixels)];
        Assert.That(pictures.Select(Convert.ToBase64String), Is.Unique);
        RequireAgain("edit-3.png");

        // One strength alone draws what it draws among others; that of 0 changes nothing.
        Draw("one.png", 1, "edit", small, picture, Prompts[0], "a large blue square at the center", "--strength", "0.375", Steps, "4");
        Assert.That(Pixels("one.png"), Is.EqualTo(pictures[2]));
        Draw("unchanged.png", 1, "edit", small, picture, Prompts[0], "a large blue square at the center", "--strength", "0", Steps, "4");
        Assert.That(Distance(Pixels("unchanged.png"), Pattern(Side, Side).Rgba), Is.LessThan(3));
        Assert.That(Chunk("one.png", "prompt"), Does.Contain("blue").And.Contain("strength 0.375"));
    }

    [Test]
    public void The_embedding_is_turned_from_the_picture_s_own_to_the_difference_of_the_texts()
    {
        string picture = Save("turned.png", Pattern(Side, Side));
        float[] Embedding(string strength)
        {
            Draw("turn.png", 1, "edit", small, picture, Prompts[0], Prompts[1], "--strength", strength, Steps, "2");
            return [.. Convert.FromBase64String(Chunk("turn.png", "embedding")).Chunk(4).Select(bytes => BitConverter.ToSingle(bytes))];
        }

        using Device device = Device.Open("cpu", 1);
        using PictureGenerator generator = PictureGenerator.Open(small, device);
        float[] own = generator.Embed([ImageTransform.ToFloats(Pattern(Side, Side))])[0];
        Assert.That(Embedding("0"), Is.EqualTo(own).Within(1e-6));
        IReadOnlyList<float[]> texts = generator.EmbedTexts(Prompts);
        float[] difference = [.. texts[1].Zip(texts[0], (after, before) => after - before)];
        double factor = Length(own) / Length(difference);
        Assert.That(Embedding("1"), Is.EqualTo(difference.Select(value => factor * value)).Within(1e-4));
        Assert.That(Length(Embedding("0.4")), Is.EqualTo(Length(own)).Within(1e-4));

        static double Length(float[] vector) => Math.Sqrt(vector.Sum(value => (double)value * value));
    }

    [Test]
    public void Texts_that_say_nothing_or_the_same_are_told()
    {
        string picture = Save("texts.png", Pattern(Side, Side)), target = folder["texts-edited.png"];
        CommandRun.Of("edit", small, picture, Prompts[0], Prompts[0], "--out", target).IsUsageFault("reads the same");
        CommandRun.Of("edit", small, picture, Prompts[0], "zebra oaks", "--out", target).IsUsageFault("'zebra'", "near");
        CommandRun.Of("edit", small, picture, Prompts[0], Prompts[1], "--strength", "2", "--out", target)
            .IsUsageFault("--strength 2", "from 0 to 1");
        CommandRun.Of("edit", small, folder["no such.png"], Prompts[0], Prompts[1], "--out", target).IsUsageFault("there is no such file");
        Assert.That(Directory.GetFiles(folder.Path, "texts-edited*"), Is.Empty);
        CommandRun some = CommandRun.Of(
            "edit", small, picture, Prompts[0], "a large gren square", "--strength", "0.3", Steps, "2", "--out", target).Succeeded();
        Assert.That(some.Error, Does.Contain("'gren'").And.Contain("green"));
    }

    [Test]
    public void What_a_mask_leaves_black_stays_and_the_rest_is_drawn_as_the_prompt_says()
    {
        Image own = Pattern(Side, Side), mask = Mask(Side, Side, (x, y) => x >= 4 && x < 10 && y >= 6);
        string picture = Save("whole.png", own), masking = Save("mask.png", mask);
        CommandRun drawing = CommandRun.Of("inpaint", small, picture, masking, Prompts[0], "--count", "2", "--resample", "2", Steps, "3",
            "--out", folder["part.png"], "--json").Succeeded();
        Assert.That(drawing.Error, Does.Contain("drawing 60 of 256 pixels"));
        byte[][] parts = [.. Enumerable.Range(1, 2).Select(i => Pixels($"part-{i}.png"))];
        for (int i = 0; i < own.Rgba.Length; i++)
        {
            if (mask.Rgba[i / 4 * 4] == 0)
                Assert.That((parts[0][i], parts[1][i]), Is.EqualTo((own.Rgba[i], own.Rgba[i])));
        }

        Assert.That(parts[0], Is.Not.EqualTo(parts[1]).And.Not.EqualTo(own.Rgba));
        Assert.That(File.Exists(folder["part-sheet.png"]));
        RequireAgain("part-2.png");
        byte[] Once(string name, string prompt, string resample) =>
            Draw(name, 1, "inpaint", small, picture, masking, prompt, "--count", "1", "--resample", resample, Steps, "3")[0];
        Assert.That(Once("alone.png", Prompts[0], "2"), Is.EqualTo(parts[0]));
        Assert.That(Once("plain.png", Prompts[0], "1"), Is.Not.EqualTo(parts[0]));
        Assert.That(Once("other.png", Prompts[1], "2"), Is.Not.EqualTo(parts[0]));
        CommandRun.Of("inpaint", small, picture, masking, Prompts[0], "--sampler", "dpm", "--out", folder["x.png"])
            .IsUsageFault("dpm", "ddim");
    }

    [Test]
    public void A_mask_that_does_not_fit_is_told()
    {
        string picture = Save("wide.png", Pattern(40, 20)), target = folder["never.png"];
        void Refused(string name, Image mask, params string[] said) => CommandRun.Of(
            "inpaint", small, picture, Save(name, mask), Prompts[0], "--out", target).IsUsageFault([name, .. said]);
        Refused("small.png", Mask(20, 20, (x, _) => x < 5), "20 x 20", "40 x 20");
        Refused("black.png", Mask(40, 20, (_, _) => false), "nothing is to be drawn");
        Refused("beside.png", Mask(40, 20, (x, _) => x < 10), "nothing is to be drawn", "cut off");
        Refused("white.png", Mask(40, 20, (_, _) => true), "nothing stays");
        CommandRun.Of("inpaint", small, picture, folder["none.png"], Prompts[0], "--out", target).IsUsageFault("none.png", "no such file");
        CommandRun.Of("inpaint", small, picture, folder.Write("text.png", "no picture"), Prompts[0], "--out", target)
            .IsUsageFault("text.png", "no picture that can be read");
        Assert.That(Directory.GetFiles(folder.Path, "never*"), Is.Empty);

        // Of 40 x 20 the middle 20 x 20 is seen, on 16 x 16: columns 12 to 15 lie on 1.6 to 4.8.
        CommandRun.Of("inpaint", small, picture, Save("stripe.png", Mask(40, 20, (x, _) => x is >= 12 and < 16)), Prompts[0], "--count",
            "1", "--resample", "1", Steps, "2", "--out", target).Succeeded();
        Image sheet = PictureDecoder.Decode(folder["never-sheet.png"]);
        string stored = Chunk("never.png", "mask");
        Image mask = PictureDecoder.Decode(Convert.FromBase64String(stored));
        Assert.That(Enumerable.Range(0, Side).Where(x => mask.Pixel(x, 7)[0] == 255), Is.EqualTo(new[] { 1, 2, 3, 4 }));
        Assert.That(sheet.Width, Is.GreaterThan(3 * 96));
    }

    [Test]
    public void Chunks_that_another_program_changed_are_told()
    {
        string picture = Save("sound.png", Pattern(Side, Side)), masking = Save("half.png", Mask(Side, Side, (x, _) => x < 8));
        Draw("drawn.png", 1, "inpaint", small, picture, masking, Prompts[0], "--count", "1", "--resample", "1", Steps, "2");
        void Changed(string key, string? value, params string[] said)
        {
            byte[] file = File.ReadAllBytes(folder["drawn.png"]);
            KeyValuePair<string, string>[] chunks =
            [
                .. PngText.Read(file).Where(chunk => chunk.Key != key || value != null)
                    .Select(chunk => chunk.Key == key ? new(key, value!) : chunk),
            ];
            string changed = folder.Write("changed.png", PictureEncoder.Png(PictureDecoder.Decode(file), chunks));
            CommandRun.Of("generate", "--again", changed, "--out", folder["x.png"]).IsUsageFault(said);
        }

        Changed("source", "%%", "'source'", "Base64");
        Changed("source", Convert.ToBase64String("no picture"u8), "'source'", "no picture");
        Changed("source", Convert.ToBase64String(PictureEncoder.Png(Pattern(8, 8))), "256 pixels");
        Changed("mask", Convert.ToBase64String(PictureEncoder.Png(Pattern(8, 8))), "256 pixels");
        Changed("embedding", null, "'embedding'");
        Changed("resample", null, "'resample'");
        Changed("resample", "0", "'resample'");
    }

    // Something with edges, ramps and the ends of the range.
    static Image Pattern(int width, int height)
    {
        var image = new Image(width, height);
        for (int y = 0; y < height; y++)
        {
            for (int x = 0; x < width; x++)
            {
                Span<byte> pixel = image.Pixel(x, y);
                (pixel[0], pixel[1], pixel[2], pixel[3]) = ((byte)(x < width / 2 ? 255 : 30), (byte)(200 * y / height), (byte)(5 * x), 255);
            }
        }

        return image;
    }

    static Image Mask(int width, int height, Func<int, int, bool> isWhite)
    {
        var image = new Image(width, height);
        for (int y = 0; y < height; y++)
        {
            for (int x = 0; x < width; x++)
            {
                image.Pixel(x, y).Fill((byte)(isWhite(x, y) ? 255 : 0));
                image.Pixel(x, y)[3] = 255;
            }
        }

        return image;
    }

    string Save(string name, Image image) => folder.Write(name, PictureEncoder.Png(image));

    byte[] Pixels(string name) => PictureDecoder.Decode(folder[name]).Rgba;

    string Chunk(string name, string key) => PngText.Read(File.ReadAllBytes(folder[name])).Single(chunk => chunk.Key == key).Value;

    // The pixels of each picture that a command draws to files of a name.
    byte[][] Draw(string name, int count, params string[] command)
    {
        JsonNode json = CommandRun.Of([.. command, "--out", folder[name], "--json"]).Succeeded().Json;
        return [.. json["files"]!.AsArray().Take(count).Select(file => PictureDecoder.Decode((string)file!).Rgba)];
    }

    void RequireAgain(string name) => Assert.That((bool)CommandRun.Of(
        "generate", "--again", folder[name], "--device", "reference", "--out", folder["once again.png"], "--json").Succeeded()
        .Json["identical"]!);

    // The root mean square, of 255.
    static double Distance(byte[] one, byte[] other) =>
        Math.Sqrt(one.Zip(other, (a, b) => (double)(a - b) * (a - b)).Where((_, i) => i % 4 != 3).Average());
}
