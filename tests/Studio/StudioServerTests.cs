using System.Net;
using System.Text.Json.Nodes;
using Dalle2.Cli;
using Dalle2.Cli.Studio;
using Dalle2.Data;
using Dalle2.Data.Pictures;
using Dalle2.Tests.Cli;
using Dalle2.Tests.Data;
using Dalle2.Training.Runs;

namespace Dalle2.Tests.Studio;

/// <summary>What the studio answers, without a browser.</summary>
public class StudioServerTests
{
    const string Prompt = "a small red star at the top left on a navy background";

    StudioServer server = null!;
    StudioClient client = null!;

    [OneTimeSetUp]
    public void Open()
    {
        server = StudioRuns.Open();
        client = new StudioClient(server.Address);
    }

    [OneTimeTearDown]
    public void Close()
    {
        client.Dispose();
        server.Dispose();
    }

    [Test]
    public async Task Runs_are_listed_with_their_stages_and_options()
    {
        JsonArray runs = (await client.Get("/api/runs")).AsArray();
        Assert.That(runs.Select(run => (string)run!["name"]!), Is.SupersetOf(new[] { "classic", "unclip" }));
        JsonNode classic = runs.First(run => (string)run!["name"]! == "classic")!;
        Assert.That(classic["stages"]!.AsArray().Select(stage => (string)stage!["name"]!),
            Is.EqualTo(new[] { "text", "image", "joint", "decoder", "finetune" }));
        Assert.That(classic["stages"]!.AsArray().All(stage => (bool)stage!["trained"]!));
        Assert.That((string)classic["options"]![0]!["name"]!, Is.EqualTo("temperature"));
        Assert.That((bool)classic["drawsFromPictures"]!, Is.False);
    }

    [Test]
    public async Task A_drawing_is_the_one_of_generate_and_is_drawn_again_to_the_same_pixels()
    {
        using var folder = new TemporaryFolder();
        CommandRun.Of("generate", Run("classic"), Prompt, "--seed", "7", "--count", "2", "--out", folder["x.png"]).Succeeded();
        JsonNode job = await client.Do("/api/draw", new { run = "classic", kind = "text", prompt = Prompt, seed = "7", count = 2 });
        JsonArray pictures = job["result"]!["pictures"]!.AsArray();
        Assert.That(pictures, Has.Count.EqualTo(2), job.ToJsonString());
        for (int i = 0; i < 2; i++)
        {
            Assert.That(await Pixels("classic", (string)pictures[i]!["id"]!),
                Is.EqualTo(PictureDecoder.Decode(folder[$"x-{i + 1}.png"]).Rgba));
        }

        JsonNode again = await client.Do("/api/draw", new { run = "classic", kind = "again", picture = (string)pictures[1]!["id"]! });
        Assert.That((bool)again["result"]!["identical"]!);
        JsonNode listed = (await client.Get("/api/runs/classic/gallery"))[0]!;
        Assert.That(((string)listed["prompt"]!, (string)listed["seed"]!, (int)listed["number"]!), Is.EqualTo((Prompt, "7", 1)));
    }

    [Test]
    public async Task Pictures_emerge_step_by_step()
    {
        var steps = new List<int>();
        string? id = null;
        await foreach (var (name, data) in client.Events())
        {
            // Asked for once there are ears.
            id ??= await Ask();
            if (name == "emerging")
            {
                steps.Add((int)data["step"]!);
                byte[] png = Convert.FromBase64String(((string)data["pictures"]![0]!)["data:image/png;base64,".Length..]);
                // The decoder's side, which the upsampler doubles.
                Assert.That(PictureDecoder.Decode(png).Width, Is.EqualTo(8));
            }

            if (name == "job" && (string)data["id"]! == id && (string)data["state"]! == "done")
                break;
        }

        Assert.That(steps, Is.EqualTo(Enumerable.Range(1, 6)));

        async Task<string> Ask()
        {
            var (_, job) = await client.Post("/api/draw",
                new { run = "unclip", kind = "text", prompt = Prompt, settings = Set("steps=6") });
            return (string)job["id"]!;
        }
    }

    [Test]
    public async Task Pictures_are_varied_changed_joined_and_inpainted_as_the_verbs_do_it()
    {
        JsonNode drawn = await client.Do("/api/draw", new { run = "unclip", kind = "text", prompt = Prompt });
        string picture = (string)drawn["result"]!["pictures"]![0]!["id"]!, file = Path.Combine(Run("unclip"), "gallery", picture + ".png");
        using var folder = new TemporaryFolder();
        int side = PictureDecoder.Decode(file).Width;
        byte[] mask = PictureEncoder.Png(Half(side));
        File.WriteAllBytes(folder["mask.png"], mask);
        (object Request, string[] Verb)[] pairs =
        [
            (new { run = "unclip", kind = "variations", picture, count = 2 }, ["variations", Run("unclip"), file, "--count", "2"]),
            (new { run = "unclip", kind = "variations", picture, count = 1, invert = true },
                ["variations", Run("unclip"), file, "--count", "1", "--invert"]),
            (new { run = "unclip", kind = "interpolation", picture, otherPrompt = "a large blue ring", count = 3 },
                ["interpolate", Run("unclip"), file, "a large blue ring", "--count", "3"]),
            (new { run = "unclip", kind = "edit", picture, prompt = "a red star", otherPrompt = "a blue star", strength = .4 },
                ["edit", Run("unclip"), file, "a red star", "a blue star", "--strength", "0.4"]),
            (new { run = "unclip", kind = "inpainting", picture, mask = Convert.ToBase64String(mask), prompt = "a blue ring", count = 1 },
                ["inpaint", Run("unclip"), file, folder["mask.png"], "a blue ring", "--count", "1"]),
        ];
        foreach (var (request, verb) in pairs)
        {
            JsonNode job = await client.Do("/api/draw", request);
            Assert.That((string)job["state"]!, Is.EqualTo("done"), job.ToJsonString());
            JsonNode files = CommandRun.Of([.. verb, "--out", folder["y.png"], "--json"]).Succeeded().Json["files"]!;
            string[] pictures = [.. files.AsArray().Select(one => (string)one!).Where(one => !one.EndsWith("-sheet.png",
                StringComparison.Ordinal))];
            string[] ids = [.. job["result"]!["pictures"]!.AsArray().Select(one => (string)one!["id"]!)];
            Assert.That(ids, Has.Length.EqualTo(pictures.Length), verb[0]);
            for (int i = 0; i < ids.Length; i++)
            {
                byte[] own = await Pixels("unclip", ids[i]);
                Assert.That(own, Is.EqualTo(PictureDecoder.Decode(pictures[i]).Rgba), $"{verb[0]} {i}");
            }

            JsonNode again = await client.Do("/api/draw", new { run = "unclip", kind = "again", picture = ids[^1] });
            Assert.That((bool)again["result"]!["identical"]!, verb[0]);
        }
    }

    [Test]
    public async Task A_picture_of_ones_own_is_kept_as_the_model_sees_it()
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/api/runs/unclip/sources")
        {
            Content = new ByteArrayContent(PictureEncoder.Png(Half(40))),
            Headers = { { "X-Dalle2", "studio" } },
        };
        using HttpResponseMessage answer = await client.Http.SendAsync(request);
        string id = (string)JsonNode.Parse(await answer.Content.ReadAsStringAsync())!["picture"]!;
        Assert.That(await Pixels("unclip", id), Has.Length.EqualTo(4 * 16 * 16));
        JsonNode job = await client.Do("/api/draw", new { run = "unclip", kind = "variations", picture = id, count = 1 });
        Assert.That((string)job["state"]!, Is.EqualTo("done"), job.ToJsonString());
    }

    [Test]
    public async Task A_run_is_opened_ahead_once_and_nothing_is_kept_of_it()
    {
        using StudioServer own = StudioRuns.Open();
        using var page = new StudioClient(own.Address);
        int before = (await page.Get("/api/runs/unclip/gallery")).AsArray().Count;
        JsonNode opened = await page.Do("/api/runs/unclip/open", new { });
        Assert.That((string)opened["state"]!, Is.EqualTo("done"), opened.ToJsonString());
        var (status, second) = await page.Post("/api/runs/unclip/open", new { });
        Assert.That((status, second.AsObject().Count), Is.EqualTo((HttpStatusCode.OK, 0)));
        Assert.That((await page.Get("/api/runs/unclip/gallery")).AsArray(), Has.Count.EqualTo(before));
    }

    [Test]
    public async Task Unknown_words_are_told_with_near_ones()
    {
        JsonNode reading = await client.Get($"/api/runs/classic/reading?prompt={Uri.EscapeDataString("a small rde star")}");
        Assert.That((string)reading["unknown"]![0]!["word"]!, Is.EqualTo("rde"));
        Assert.That(reading["unknown"]![0]!["near"]!.AsArray().Select(word => (string)word!), Does.Contain("red"));
        Assert.That((bool)reading["isUnderstood"]!);
        JsonNode job = await client.Do("/api/draw", new { run = "classic", kind = "text", prompt = "zebra" });
        Assert.That((string)job["fault"]!, Does.Contain("knows none of the prompt's words"));
    }

    [Test]
    public async Task A_training_is_started_watched_stopped_resumed_and_drawn_with()
    {
        using var runs = new TemporaryFolder();
        using StudioServer own = StudioRuns.Open(runs.Path);
        using var page = new StudioClient(own.Address);
        Dictionary<string, string> settings = Set("samples=64", "batch=8", "textSteps=3", "imageSteps=3", "jointSteps=3", "decoderSteps=3",
            "fineTuneSteps=100000", "checkpointEvery=2", "logEvery=1");
        var (_, begun) = await page.Post("/api/train", new { run = "mine", model = "classic", preset = "tiny", settings });
        string id = (string)begun["id"]!;

        // What comes behind it waits, and says for what.
        var (_, waiting) = await page.Post("/api/profile", new { preset = "tiny" });
        Assert.That((string)waiting["waitsFor"]!, Does.Contain("training 'mine'").And.Contain("cpu"));
        await page.Post($"/api/jobs/{waiting["id"]}/stop", new { });
        Assert.That((string)(await page.Get($"/api/jobs/{waiting["id"]}"))["state"]!, Is.EqualTo("stopped"));

        await foreach (var (name, data) in page.Events())
        {
            if (name == "job" && (string)data["id"]! == id && (string?)data["progress"]?["what"] == "finetune")
                break;
        }

        Assert.That(await page.Fault(HttpStatusCode.Conflict, "/api/train", new { run = "mine", resume = true }), Does.Contain("already"));
        JsonNode? followed = null;
        await foreach (var (name, data) in page.Events("?follow=mine"))
        {
            if (name != "run")
                continue;
            followed = data;
            break;
        }

        Assert.That(followed!["entries"]!.AsArray().Select(entry => (string)entry!["stage"]!), Does.Contain("text").And.Contain("decoder"));
        Assert.That((string)followed["job"]!, Is.EqualTo(id));
        Assert.That(followed["sheets"]!["decoder"]!["width"], Is.Not.Null);
        await page.Post($"/api/jobs/{id}/stop", new { });
        JsonNode stopped = await page.End(id);
        Assert.That(((string)stopped["state"]!, (string)stopped["fault"]!), Is.EqualTo(("stopped", (string)stopped["fault"]!)));
        Assert.That((string)stopped["fault"]!, Does.Contain("a checkpoint is saved"));

        // Another program holds the run's lock.
        using (RunFolder.Resume(Path.Combine(runs.Path, "mine")))
        {
            JsonNode refused = await page.Do("/api/train", new { run = "mine", resume = true });
            Assert.That((string)refused["fault"]!, Does.Contain("another program trains in this folder"));
        }

        JsonNode drawn = await page.Do("/api/draw", new { run = "mine", kind = "text", prompt = Prompt });
        Assert.That((string)drawn["state"]!, Is.EqualTo("done"), drawn.ToJsonString());
        var (_, resumed) = await page.Post("/api/train", new { run = "mine", resume = true });
        await page.Post($"/api/jobs/{resumed["id"]}/stop", new { });
        Assert.That((string)(await page.End((string)resumed["id"]!))["state"]!, Is.EqualTo("stopped"));
    }

    [Test]
    public async Task An_evaluation_writes_the_report_anew()
    {
        JsonNode job = await client.Do("/api/evaluate", new { run = "classic", count = 4 });
        Assert.That((string)job["state"]!, Is.EqualTo("done"), job.ToJsonString());
        Assert.That((int)job["result"]!["n"]!, Is.EqualTo(4));
        using HttpResponseMessage report = await client.Http.GetAsync("/api/runs/classic/report");
        Assert.That(await report.Content.ReadAsStringAsync(), Does.StartWith("<!DOCTYPE html>"));
        Assert.That(report.Headers.GetValues("Content-Security-Policy").Single(), Does.Contain("sandbox").And.Not.Contain("script-src"));
    }

    [Test]
    public async Task A_profile_is_a_table_and_a_flame_whose_parts_fit_into_the_step()
    {
        JsonNode job = await client.Do("/api/profile",
            new { preset = "tiny", model = "classic", stage = "image", steps = 2, warmup = 1, settings = Set("samples=64", "batch=8") });
        Assert.That((string)job["state"]!, Is.EqualTo("done"), job.ToJsonString());
        JsonNode flame = job["result"]!["flame"]!;
        double step = (double)flame["ms"]!;
        JsonArray parts = flame["children"]!.AsArray();
        Assert.That(parts, Is.Not.Empty);
        Assert.That(parts.Sum(part => (double)part!["ms"]!), Is.LessThanOrEqualTo(step * 1.001));
        foreach (JsonNode? part in parts)
        {
            Assert.That(part!["children"]!.AsArray().Sum(one => (double)one!["ms"]!), Is.LessThanOrEqualTo((double)part["ms"]! * 1.001),
                (string)part["name"]!);
        }

        // What the device did in all parts is what the table has of kernels and transfers.
        double inside = parts.Sum(part => part!["children"]!.AsArray().Sum(one => (double)one!["ms"]!));
        double rows = job["result"]!["rows"]!.AsArray().Where(row => (string)row!["kind"]! is "kernel" or "dispatch" or "transfer")
            .Sum(row => (double)row!["ms"]!);
        Assert.That(inside, Is.EqualTo(rows).Within(.02 * rows + .01));
    }

    [Test]
    public async Task Kernels_are_shown_in_every_form()
    {
        JsonNode all = await client.Get("/api/kernels");
        Assert.That(all["kernels"]!.AsArray().Select(name => (string)name!), Does.Contain("ExponentialMovingAverage.Update"));
        string csharp = await Form("ExponentialMovingAverage.Update", "csharp");
        Assert.That(csharp, Does.Contain("static void UpdateKernel(").And.Contain("ArrayView<float>"));
        Assert.That(await Form("ExponentialMovingAverage.Update", "ir"), Does.StartWith("kernel ExponentialMovingAverageOp.UpdateKernel"));
        Assert.That(await Form("ExponentialMovingAverage.Update", "ptx"), Does.Contain(".visible .entry"));
        Assert.That(await Form("ExponentialMovingAverage.Update", "ilgpu-ptx"), Does.Contain(".entry"));

        async Task<string> Form(string name, string target) =>
            (string)(await client.Get($"/api/kernel?name={Uri.EscapeDataString(name)}&target={target}"))["text"]!;
    }

    [Test]
    public async Task Every_setting_has_its_help()
    {
        foreach (string model in (string[])["classic", "unclip"])
        {
            JsonNode described = await client.Get($"/api/settings?model={model}");
            foreach (JsonNode? setting in described["settings"]!.AsArray())
                Assert.That((string)setting!["help"]!, Has.Length.GreaterThan(10), (string)setting["name"]!);
            Assert.That(described["settings"]!.AsArray().Select(one => (string)one!["name"]!),
                Has.None.EqualTo("wordVectors").And.None.EqualTo("imagesFolder").And.None.EqualTo("data"));
        }
    }

    [Test]
    public async Task Data_of_ones_own_are_offered_by_name()
    {
        using var pictures = new TemporaryFolder();
        File.WriteAllBytes(pictures["a.png"], PictureEncoder.Png(Half(20)));
        File.WriteAllText(pictures["a.txt"], "a half");
        using StudioServer own = StudioRuns.Open(null, "127.0.0.1", null, pictures.Path);
        using var page = new StudioClient(own.Address);
        string name = Path.GetFileName(pictures.Path);
        JsonNode described = await page.Get($"/api/settings?data={Uri.EscapeDataString(name)}");
        Assert.That((string)described["preset"]!, Is.EqualTo("pictures"));
        Assert.That(await page.Fault(HttpStatusCode.BadRequest, "/api/train", new { run = "x", data = pictures.Path }),
            Does.Contain("there is no data set of this studio"));
    }

    [Test]
    public async Task Faults_are_told_in_a_sentence()
    {
        Assert.That(await client.Fault(HttpStatusCode.NotFound, "/api/runs/none"), Does.Contain("there is no run 'none'"));
        Assert.That(await client.Fault(HttpStatusCode.NotFound, "/api/runs/classic/gallery/20200101-000000-0000000-abcd"),
            Does.Contain("there is no picture"));
        Assert.That(await client.Fault(HttpStatusCode.NotFound, "/nowhere"), Does.Contain("no such page"));
        (string Path, object Request, string Sentence)[] wrong =
        [
            ("/api/draw", new { run = "classic", kind = "text" }, "prompt"),
            ("/api/draw", new { run = "classic", kind = "sing" }, "sing"),
            ("/api/draw", new { run = "classic", kind = "text", prompt = "a", count = 9999 }, "count"),
            ("/api/draw", new { run = "classic", kind = "text", prompt = "a", other = 1 }, "not of its form"),
            ("/api/draw", new { run = "classic", kind = "text", prompt = "a", device = "abacus" }, "abacus"),
            ("/api/train", new { run = "../x", preset = "tiny" }, "letters"),
            ("/api/train", new { run = "classic", preset = "tiny" }, "already"),
            ("/api/train", new { run = "y", settings = Set("wordVectors=/etc/passwd") }, "wordVectors"),
            ("/api/train", new { run = "y", settings = Set("batch=many") }, "batch=many"),
            ("/api/train", new { run = "y", preset = "tiny", cacheBytes = "lots" }, "pictures in memory"),
            ("/api/profile", new { }, "preset"),
        ];
        foreach (var (path, request, sentence) in wrong)
            Assert.That(await client.Fault(HttpStatusCode.BadRequest, path, request), Does.Contain(sentence));
        JsonNode job = await client.Do("/api/draw",
            new { run = "classic", kind = "text", prompt = Prompt, settings = Set("guidance=2") });
        Assert.That((string)job["fault"]!, Does.Contain("guidance"));
        Assert.That(await client.Fault(HttpStatusCode.NotFound, "/api/draw",
            new { run = "classic", kind = "variations", picture = "20200101-000000-0000000-abcd" }), Does.Contain("there is no picture"));
        Assert.That(await client.Fault(HttpStatusCode.NotFound, "/api/draw", new { run = "other", kind = "text", prompt = Prompt }),
            Does.Contain("there is no run 'other'"));
    }

    [Test]
    public async Task Only_its_own_page_changes_something()
    {
        (string Name, string Value)[][] forged =
        [
            [],
            [("X-Dalle2", "studio"), ("Origin", "http://elsewhere.example")],
            [("X-Dalle2", "studio"), ("Sec-Fetch-Site", "cross-site")],
            [("X-Dalle2", "studio"), ("Sec-Fetch-Site", "same-site")],
            [("Origin", server.Address.TrimEnd('/'))],
        ];
        foreach (var headers in forged)
        {
            using HttpRequestMessage request = StudioClient.Request("/api/draw", new JsonObject());
            request.Headers.Remove("X-Dalle2");
            foreach (var (name, value) in headers)
                request.Headers.Add(name, value);
            using HttpResponseMessage answer = await client.Http.SendAsync(request);
            Assert.That(answer.StatusCode, Is.EqualTo(HttpStatusCode.Forbidden), string.Join(", ", headers));
        }

        using var rebound = new HttpRequestMessage(HttpMethod.Get, "/api/runs") { Headers = { Host = "elsewhere.example" } };
        using HttpResponseMessage misdirected = await client.Http.SendAsync(rebound);
        Assert.That(misdirected.StatusCode, Is.EqualTo(HttpStatusCode.MisdirectedRequest));
    }

    [Test]
    public async Task Where_others_can_reach_it_the_address_needs_its_token()
    {
        using StudioServer open = StudioRuns.Open(null, "0.0.0.0", "0123456789abcdef");
        Uri address = new UriBuilder(open.Address) { Host = "127.0.0.1" }.Uri;
        using var page = new StudioClient(address.GetLeftPart(UriPartial.Authority));
        Assert.That(address.Query, Is.EqualTo("?token=0123456789abcdef"));
        Assert.That(await page.Fault(HttpStatusCode.Unauthorized, "/"), Does.Contain("token"));
        Assert.That(await page.Fault(HttpStatusCode.Unauthorized, "/api/runs?token=0123456789abcdef"), Does.Contain("token"));
        using HttpResponseMessage led = await page.Http.GetAsync(address.PathAndQuery);
        Assert.That(led.StatusCode, Is.EqualTo(HttpStatusCode.SeeOther));
        string cookie = led.Headers.GetValues("Set-Cookie").Single();
        Assert.That(cookie, Does.Contain("httponly").IgnoreCase.And.Contain("samesite=strict").IgnoreCase);
        using var known = new HttpRequestMessage(HttpMethod.Get, "/api/runs") { Headers = { { "Cookie", cookie.Split(';')[0] } } };
        using HttpResponseMessage answer = await page.Http.SendAsync(known);
        Assert.That(answer.StatusCode, Is.EqualTo(HttpStatusCode.OK));
    }

    [Test]
    public void A_port_that_is_taken_and_an_address_of_another_machine_are_told()
    {
        int port = new Uri(server.Address).Port;
        Assert.That(() => StudioServer.Start(new StudioOptions(StudioRuns.Folder, "127.0.0.1", port, "cpu", 1, [], null)),
            Throws.TypeOf<UserInputException>().With.Message.Contains("--port"));
        CommandRun.Of("serve", StudioRuns.Folder, "--host", "nowhere").IsUsageFault("--host nowhere");
        CommandRun.Of("serve", StudioRuns.Folder, "--data", "nothing").IsUsageFault("--data nothing");
    }

    [Test]
    public async Task The_verb_says_its_address_and_ends_when_it_is_asked_to()
    {
        using var stop = new CancellationTokenSource();
        using var output = new StringWriter();
        using var error = new ListeningWriter("Ctrl-C");
        Task<int> serving = Task.Run(() => Application.Run(["serve", StudioRuns.Folder, "--port", "0", "--json"], output, error,
            stop.Token));
        await Task.WhenAny(serving, error.Heard);
        stop.Cancel();
        Assert.That(await serving, Is.EqualTo(ExitCode.Ok), error.ToString());
        Assert.That((string)JsonNode.Parse(output.ToString())!["address"]!, Does.StartWith("http://127.0.0.1:"));
    }

    // Tells when a line with a word was written.
    sealed class ListeningWriter(string word) : StringWriter
    {
        readonly TaskCompletionSource heard = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task Heard => heard.Task;

        public override void WriteLine(string? value)
        {
            base.WriteLine(value);
            if (value?.Contains(word, StringComparison.Ordinal) == true)
                heard.TrySetResult();
        }
    }

    static Dictionary<string, string> Set(params string[] values) =>
        values.ToDictionary(value => value.Split('=')[0], value => value.Split('=')[1]);

    static string Run(string name) => Path.Combine(StudioRuns.Folder, name);

    async Task<byte[]> Pixels(string run, string picture) =>
        PictureDecoder.Decode(await client.Http.GetByteArrayAsync($"/api/runs/{run}/gallery/{picture}")).Rgba;

    // White on the left, black on the right.
    static Image Half(int side)
    {
        var image = new Image(side, side);
        for (int y = 0; y < side; y++)
        {
            for (int x = 0; x < side; x++)
            {
                byte value = x < side / 2 ? (byte)255 : (byte)0;
                Span<byte> pixel = image.Pixel(x, y);
                (pixel[0], pixel[1], pixel[2], pixel[3]) = (value, value, value, 255);
            }
        }

        return image;
    }
}
