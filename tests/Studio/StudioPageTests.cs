using Dalle2.Cli.Studio;
using Dalle2.Tests.Data;
using Deque.AxeCore.Commons;
using Deque.AxeCore.Playwright;
using Microsoft.Playwright;

namespace Dalle2.Tests.Studio;

/// <summary>The studio's page in Chromium, as a person uses it.</summary>
public class StudioPageTests
{
    const string Prompt = "a small red star at the top left on a navy background";
    const float Patience = 120_000;

    static readonly string[] Pages =
        ["draw", "gallery", "edit/variations", "edit/interpolation", "edit/inpainting", "edit/edit", "train", "watch", "evaluate",
            "profile",
        "kernels", "devices"];

    static readonly string[] Programs = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];

    IPlaywright playwright = null!;
    IBrowser browser = null!;
    StudioServer server = null!;
    TemporaryFolder runs = null!;
    IPage page = null!;
    readonly List<string> complaints = [];

    [OneTimeSetUp]
    public async Task Open()
    {
        if (Array.Find(Programs, File.Exists) is not { } program)
        {
            Assert.Ignore("no Chromium found: install chromium");
            return;
        }

        playwright = await Playwright.CreateAsync();
        browser = await playwright.Chromium.LaunchAsync(new() { ExecutablePath = program, Args = ["--no-sandbox"] });
        // Trainings of these tests do not show in the other's runs.
        runs = new TemporaryFolder();
        foreach (string name in (string[])["classic", "unclip"])
            Directory.CreateSymbolicLink(runs[name], Path.Combine(StudioRuns.Folder, name));
        server = StudioRuns.Open(runs.Path);
    }

    [OneTimeTearDown]
    public async Task Close()
    {
        server?.Dispose();
        if (browser != null)
            await browser.DisposeAsync();
        playwright?.Dispose();
        runs?.Dispose();
    }

    [SetUp]
    public Task OpenPage() => OpenPage(1280, ColorScheme.Light);

    [TearDown]
    public async Task ClosePage()
    {
        await page.Context.CloseAsync();
        Assert.That(complaints, Is.Empty, "the page's console");
    }

    [Test]
    public async Task A_prompt_is_drawn_and_drawn_again_to_the_same_bits()
    {
        await Go("draw", "classic");
        await page.GetByLabel("Prompt", new() { Exact = true }).FillAsync(Prompt);
        await page.GetByLabel("Pictures").FillAsync("2");
        await page.Keyboard.PressAsync("Control+Enter");
        await page.GetByLabel("Prompt", new() { Exact = true }).PressAsync("Control+Enter");
        await Assertions.Expect(page.GetByText("2 pictures in")).ToBeVisibleAsync(new() { Timeout = Patience });
        Assert.That(await page.Locator(".card img").CountAsync(), Is.EqualTo(2));
        await page.GetByRole(AriaRole.Button, new() { Name = "Draw again" }).First.ClickAsync();
        await Assertions.Expect(page.GetByText("every pixel as before")).ToBeVisibleAsync(new() { Timeout = Patience });
        await Go("gallery", "classic");
        await Assertions.Expect(page.Locator(".card").First).ToContainTextAsync(Prompt);
        await page.GetByRole(AriaRole.Link, new() { Name = "Reuse" }).First.ClickAsync();
        await Assertions.Expect(page.GetByLabel("Prompt", new() { Exact = true })).ToHaveValueAsync(Prompt);
    }

    [Test]
    public async Task Unknown_words_are_shown_while_they_are_typed_and_replaced_by_a_click()
    {
        await Go("draw", "classic");
        await page.GetByLabel("Prompt", new() { Exact = true }).PressSequentiallyAsync("a smal red star");
        ILocator unknown = page.Locator(".unknown");
        await Assertions.Expect(unknown).ToContainTextAsync("smal is not known");
        await page.GetByRole(AriaRole.Button, new() { Name = "Replace smal by small" }).ClickAsync();
        await Assertions.Expect(page.GetByText("All 4 words are known.")).ToBeVisibleAsync();
        await Assertions.Expect(page.GetByLabel("Prompt", new() { Exact = true })).ToHaveValueAsync("a small red star");
    }

    [Test]
    public async Task Only_words_that_are_not_known_are_a_fault_in_a_sentence()
    {
        await Go("draw", "classic");
        await page.GetByLabel("Prompt", new() { Exact = true }).FillAsync("zebra");
        await page.GetByRole(AriaRole.Button, new() { Name = "Draw", Exact = true }).ClickAsync();
        await Assertions.Expect(page.GetByRole(AriaRole.Alert)).ToContainTextAsync("knows none", new() { Timeout = Patience });
    }

    [Test]
    public async Task A_training_is_started_and_watched_to_its_end()
    {
        await Go("train", "classic");
        await page.GetByLabel("Preset").SelectOptionAsync("tiny");
        ILocator name = page.GetByLabel("Name of the run");
        await Assertions.Expect(name).ToHaveValueAsync("shapes-tiny");
        await name.FillAsync("watched");
        await page.GetByText("All settings").ClickAsync();
        foreach (string setting in (string[])["samples=64", "batch=8", "textSteps=4", "imageSteps=4", "jointSteps=4", "decoderSteps=4",
            "fineTuneSteps=4", "logEvery=1"])
        {
            await page.GetByLabel(setting.Split('=')[0], new() { Exact = true }).FillAsync(setting.Split('=')[1]);
        }

        await page.GetByRole(AriaRole.Button, new() { Name = "Start training" }).ClickAsync();
        ILocator column = page.GetByRole(AriaRole.Region, new() { Name = "watched" });
        await Assertions.Expect(column.GetByRole(AriaRole.Status)).ToContainTextAsync("training done", new() { Timeout = Patience });
        await Assertions.Expect(column.Locator("svg.chart")).ToHaveCountAsync(5);
        await Assertions.Expect(column.Locator("img.sheet")).Not.ToHaveCountAsync(0);
        await column.GetByRole(AriaRole.Link, new() { Name = "Draw with it" }).ClickAsync();
        await Assertions.Expect(page.GetByLabel("Run", new() { Exact = true }).First).ToHaveValueAsync("watched");
        await Assertions.Expect(page.GetByLabel("Prompt", new() { Exact = true })).Not.ToHaveValueAsync("");
        await Go("train", "classic");
        await name.FillAsync("watched");
        await page.GetByRole(AriaRole.Button, new() { Name = "Start training" }).ClickAsync();
        await Assertions.Expect(page.GetByRole(AriaRole.Alert)).ToContainTextAsync("already");
        complaints.RemoveAll(one => one.Contains("400", StringComparison.Ordinal));
    }

    [Test]
    public async Task A_part_of_a_picture_is_painted_over_and_drawn_anew_while_the_rest_stays()
    {
        string picture = await DrawOne();
        await Go($"edit/inpainting/{picture}", "unclip");
        ILocator canvas = page.Locator("canvas");
        await canvas.ScrollIntoViewIfNeededAsync();
        LocatorBoundingBoxResult box = (await canvas.BoundingBoxAsync())!;
        await page.Mouse.MoveAsync(box.X + box.Width * .2f, box.Y + box.Height * .2f);
        await page.Mouse.DownAsync();
        await page.Mouse.MoveAsync(box.X + box.Width * .5f, box.Y + box.Height * .3f, new() { Steps = 5 });
        await page.Mouse.UpAsync();
        await page.GetByLabel("Prompt", new() { Exact = true }).FillAsync("a large blue ring");
        await page.GetByLabel("Pictures").FillAsync("1");
        await page.GetByRole(AriaRole.Button, new() { Name = "Draw", Exact = true }).ClickAsync();
        await Assertions.Expect(page.GetByText("one picture in")).ToBeVisibleAsync(new() { Timeout = Patience });
        byte[] before = await Pixels(picture), after = await Pixels(await Newest());
        int changed = before.Chunk(4).Zip(after.Chunk(4)).Count(pair => !pair.First.SequenceEqual(pair.Second));
        Assert.That(changed, Is.InRange(1, before.Length / 4 / 2));
        // The lower right corner was not painted.
        Assert.That(after[^64..], Is.EqualTo(before[^64..]));
    }

    [Test]
    public async Task Painting_works_by_keyboard_and_nothing_painted_is_told()
    {
        string picture = await DrawOne();
        await Go($"edit/inpainting/{picture}", "unclip");
        await page.GetByLabel("Prompt", new() { Exact = true }).FillAsync("a large blue ring");
        await page.GetByRole(AriaRole.Button, new() { Name = "Draw", Exact = true }).ClickAsync();
        await Assertions.Expect(page.GetByRole(AriaRole.Alert)).ToContainTextAsync("paint over");
        complaints.RemoveAll(one => one.Contains("400", StringComparison.Ordinal));
        await page.Locator("canvas").FocusAsync();
        await page.Keyboard.PressAsync("ArrowRight");
        await page.Keyboard.PressAsync("Space");
        await page.GetByLabel("Pictures").FillAsync("1");
        await page.GetByRole(AriaRole.Button, new() { Name = "Draw", Exact = true }).ClickAsync();
        await Assertions.Expect(page.GetByText("one picture in")).ToBeVisibleAsync(new() { Timeout = Patience });
    }

    [Test]
    public async Task An_interpolation_is_gone_through_with_a_slider()
    {
        await Go("edit/interpolation", "unclip");
        await page.GetByLabel("Start: a prompt").FillAsync("a large blue ring");
        await page.GetByLabel("End: a prompt").FillAsync("a small red star");
        await page.GetByLabel("Pictures").FillAsync("3");
        await page.GetByRole(AriaRole.Button, new() { Name = "Draw", Exact = true }).ClickAsync();
        ILocator slider = page.GetByLabel("From start to end");
        await Assertions.Expect(slider).ToBeVisibleAsync(new() { Timeout = Patience });
        string? first = await page.Locator(".slider img").GetAttributeAsync("src");
        await slider.FocusAsync();
        await page.Keyboard.PressAsync("End");
        await Assertions.Expect(page.Locator(".slider .prompt")).ToContainTextAsync("1 a small red star");
        Assert.That(await page.Locator(".slider img").GetAttributeAsync("src"), Is.Not.EqualTo(first));
    }

    [Test]
    public async Task Kernels_are_shown_side_by_side()
    {
        await Go("kernels", "classic");
        await page.GetByLabel("Find").FillAsync("ExponentialMovingAverage.Update");
        ILocator forms = page.Locator(".pane pre");
        await Assertions.Expect(forms).ToHaveCountAsync(4);
        await Assertions.Expect(forms.Nth(0)).ToContainTextAsync("static void UpdateKernel(", new() { Timeout = Patience });
        await Assertions.Expect(forms.Nth(1)).ToContainTextAsync(
            "kernel ExponentialMovingAverageOp.UpdateKernel", new() { Timeout = Patience });
        await Assertions.Expect(forms.Nth(3)).ToContainTextAsync(".entry", new() { Timeout = Patience });
        await page.GetByLabel("Shown as").Nth(2).SelectOptionAsync("opencl");
        await Assertions.Expect(forms.Nth(2)).ToContainTextAsync("__kernel", new() { Timeout = Patience });
    }

    [Test]
    public async Task An_evaluation_and_a_profile_are_shown()
    {
        await Go("evaluate", "classic");
        await page.GetByLabel("Captions").FillAsync("4");
        await page.GetByRole(AriaRole.Button, new() { Name = "Evaluate" }).ClickAsync();
        await Assertions.Expect(page.GetByText("the report is written anew")).ToBeVisibleAsync(new() { Timeout = Patience });
        await Assertions.Expect(page.FrameLocator("iframe").GetByText("Does it draw what was said?")).ToBeVisibleAsync();
        await Go("profile", "classic");
        await page.GetByLabel("Preset").SelectOptionAsync("tiny");
        await page.GetByLabel("Warm-up").FillAsync("1");
        await page.GetByLabel("Steps", new() { Exact = true }).FillAsync("2");
        await page.GetByRole(AriaRole.Button, new() { Name = "Profile" }).ClickAsync();
        await Assertions.Expect(page.Locator("svg.flame rect").First).ToBeVisibleAsync(new() { Timeout = Patience });
        await Assertions.Expect(page.Locator("table")).ToContainTextAsync("kernel");
    }

    [Test]
    public async Task A_model_that_draws_from_text_alone_says_so_where_pictures_are_edited()
    {
        await Go("edit/variations", "classic");
        await Assertions.Expect(page.Locator("main")).ToContainTextAsync("draws from text alone");
    }

    [TestCase(1280, ColorScheme.Light)]
    [TestCase(1280, ColorScheme.Dark)]
    [TestCase(390, ColorScheme.Light)]
    public async Task Nothing_is_out_of_reach_of_anybody(int width, ColorScheme scheme)
    {
        await page.Context.CloseAsync();
        await OpenPage(width, scheme);
        foreach (string name in Pages)
        {
            await Go(name, "unclip");
            await page.WaitForLoadStateAsync(LoadState.Load);
            // What is opened by a click is looked at too; once, as it takes its time.
            if (width > 390 && scheme == ColorScheme.Light)
                await page.EvaluateAsync("document.querySelectorAll('main details').forEach(one => { one.open = true; })");
            // In the report nothing can run, axe neither: it is looked at by itself.
            AxeResult result = await page.RunAxe(new AxeRunOptions { Iframes = false });
            Assert.That(result.Violations.Select(one => $"{one.Id}: {one.Help}: {one.Nodes[0].Html}"), Is.Empty, name);
            Assert.That(await page.EvaluateAsync<int>("document.documentElement.scrollWidth"), Is.LessThanOrEqualTo(width), name);
            byte[] picture = await page.ScreenshotAsync(new() { FullPage = name != "kernels" });
            string file = Path.Combine(TestContext.CurrentContext.WorkDirectory, $"studio-{name.Replace('/', '-')}-{width}-{scheme}.png");
            await File.WriteAllBytesAsync(file, picture);
        }
    }

    [TestCase(ColorScheme.Light)]
    [TestCase(ColorScheme.Dark)]
    public async Task A_report_is_for_everybody_too(ColorScheme scheme)
    {
        await page.Context.CloseAsync();
        await OpenPage(1280, scheme);
        await page.SetContentAsync(await File.ReadAllTextAsync(Path.Combine(StudioRuns.Folder, "classic", "report.html")));
        AxeResult result = await page.RunAxe();
        Assert.That(result.Violations.Select(one => $"{one.Id}: {one.Help}: {one.Nodes[0].Html}"), Is.Empty);
    }

    [Test]
    public async Task The_page_moves_nothing_while_it_loads_and_asks_nobody_else()
    {
        var asked = new List<string>();
        page.Request += (_, request) => asked.Add(request.Url);
        await Go("draw", "unclip");
        await page.WaitForLoadStateAsync(LoadState.Load);
        double shift = await page.EvaluateAsync<double>("""
            () => new Promise(done => {
              let sum = 0;
              new PerformanceObserver(list => list.getEntries().forEach(one => { sum += one.value; })).observe({ type: "layout-shift",
                  buffered: true });
              requestAnimationFrame(() => requestAnimationFrame(() => done(sum)));
            })
            """);
        double paint = await page.EvaluateAsync<double>("performance.getEntriesByName('first-contentful-paint')[0].startTime");
        await TestContext.Out.WriteLineAsync($"first paint after {paint:F0} ms, layout shift {shift:F4}");
        // Below .1 is what is called good (Web Vitals).
        Assert.That(shift, Is.LessThan(.1));
        Assert.That(asked.Where(url => !url.StartsWith(server.Address, StringComparison.Ordinal) && !url.StartsWith("data:",
            StringComparison.Ordinal)),
            Is.Empty);
    }

    async Task OpenPage(int width, ColorScheme scheme)
    {
        complaints.Clear();
        IBrowserContext context = await browser.NewContextAsync(
            new() { ViewportSize = new() { Width = width, Height = 800 }, ColorScheme = scheme });
        page = await context.NewPageAsync();
        page.Console += (_, message) =>
        {
            if (message.Type is "error" or "warning")
                complaints.Add(message.Text);
        };
        page.PageError += (_, fault) => complaints.Add(fault);
    }

    // Opens one of the pages with a run.
    async Task Go(string name, string run)
    {
        await page.GotoAsync("about:blank");
        await page.GotoAsync($"{server.Address}#/{name}");
        ILocator chooser = page.GetByLabel("Run", new() { Exact = true }).First;
        await Assertions.Expect(chooser.Locator($"option[value={run}]")).ToHaveCountAsync(1);
        await chooser.SelectOptionAsync(run);
        await Assertions.Expect(page.Locator("main h1")).ToBeVisibleAsync();
    }

    async Task<string> DrawOne()
    {
        using var client = new StudioClient(server.Address);
        var job = await client.Do("/api/draw", new { run = "unclip", kind = "text", prompt = Prompt });
        return (string)job["result"]!["pictures"]![0]!["id"]!;
    }

    async Task<string> Newest()
    {
        using var client = new StudioClient(server.Address);
        return (string)(await client.Get("/api/runs/unclip/gallery"))[0]!["id"]!;
    }

    async Task<byte[]> Pixels(string picture)
    {
        using var client = new StudioClient(server.Address);
        return Dalle2.Data.Pictures.PictureDecoder.Decode(await client.Http.GetByteArrayAsync($"/api/runs/unclip/gallery/{picture}")).Rgba;
    }
}
