using System.Globalization;
using System.Text.Json.Nodes;
using Dalle2.Data;
using Dalle2.Data.Pictures;
using Dalle2.Data.Text;
using Dalle2.Gpu.Runtime;
using Dalle2.Training.Families;
using Dalle2.Training.Loop;
using Dalle2.Training.Runs;
using Dalle2.Training.Scores;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace Dalle2.Cli.Studio;

/// <summary>What the studio answers. Runs and pictures are named by what the studio itself has listed; no path comes from a page.</summary>
sealed class StudioEndpoints(StudioOptions options, RunLibrary library, JobQueue jobs, GeneratorCache generators, EventHub hub)
{
    const int PageOfGallery = 60, MostCaptions = 100_000, MostProfiled = 1000, LongestPrompt = 4000, NearWords = 3, ShownWords = 60;

    // A report has its styles and pictures in itself; nothing in it can run.
    const string ReportPolicy = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'self'; sandbox";

    readonly StudioStream stream = new(library, jobs, hub);

    /// <summary>Maps all of them.</summary>
    public void Map(WebApplication application)
    {
        application.MapGet("/", context => Page(context, "index.html"));
        application.MapGet("/page/{name}", context => Page(context, Route(context, "name")));
        application.MapGet("/api/studio", Studio);
        application.MapGet("/api/events", stream.Follow);
        application.MapGet("/api/devices", Devices);
        application.MapGet("/api/runs", context => Answers.Json(context, new JsonArray([.. library.Names.Select(library.Describe)])));
        application.MapGet("/api/runs/{run}", context => Answers.Json(context, library.Describe(Run(context))));
        application.MapGet("/api/runs/{run}/reading", Reading);
        application.MapGet("/api/runs/{run}/words", Words);
        application.MapGet("/api/runs/{run}/report", Report);
        application.MapGet("/api/runs/{run}/sheets/{stage}", Sheet);
        application.MapGet("/api/runs/{run}/gallery", Listing);
        application.MapGet("/api/runs/{run}/gallery/{picture}", Picture);
        application.MapPost("/api/runs/{run}/gallery/{picture}/remove", Remove);
        application.MapPost("/api/runs/{run}/sources", Bring);
        application.MapGet("/api/settings", Settings);
        application.MapGet("/api/jobs", context => Answers.Json(context, jobs.ToJson()));
        application.MapGet("/api/jobs/{job}", context => Answers.Json(context, jobs.ToJson(jobs.Find(Route(context, "job")))));
        application.MapPost("/api/jobs/{job}/stop", Stop);
        application.MapPost("/api/runs/{run}/open", Open);
        application.MapPost("/api/draw", Draw);
        application.MapPost("/api/train", Train);
        application.MapPost("/api/evaluate", Evaluate);
        application.MapPost("/api/profile", Profile);
        application.MapGet("/api/kernels", Kernels);
        application.MapGet("/api/kernel", Kernel);
        application.MapFallback(_ => throw StudioFaultException.NotFound("the studio has no such page"));
    }

    static Task Page(HttpContext context, string name) => PageFiles.All.TryGetValue(name, out var file)
        ? Answers.Tagged(context, file.Bytes, file.Type) : throw StudioFaultException.NotFound("the studio has no such file");

    Task Studio(HttpContext context) => Answers.Json(context, new JsonObject
    {
        ["version"] = Application.Version,
        ["device"] = options.Device,
        ["isOneRun"] = library.IsOneRun,
        ["models"] = SettingJson.Models(),
        ["data"] = new JsonArray([.. options.Data.Select(one => new JsonObject
        {
            ["name"] = one.Name,
            ["description"] = one.Description,
            ["isOwn"] = one.IsOwn,
        })]),
    });

    static Task Devices(HttpContext context) => Answers.Json(context, new JsonArray([.. Device.All().Select(device => new JsonObject
    {
        ["name"] = device.Name,
        ["kind"] = device.Kind,
        ["available"] = device.Available,
        ["reason"] = device.Reason,
    })]));

    // What the run understands of a prompt, while it is typed.
    Task Reading(HttpContext context)
    {
        string run = Run(context), prompt = Query(context, "prompt") ?? "";
        if (prompt.Length > LongestPrompt)
            throw new StudioFaultException(StatusCodes.Status400BadRequest, $"a prompt has {LongestPrompt} characters at most");
        WordTokenizer tokenizer = library.Tokenizer(run);
        using RunFolder folder = RunFolder.Open(library.Find(run));
        PromptReading reading = tokenizer.Read(prompt, RunConfig.Read(folder).MaxWords);
        return Answers.Json(context, new JsonObject
        {
            ["words"] = Texts(reading.Words),
            ["unknown"] = new JsonArray([.. reading.Unknown.Take(ShownWords).Select(word => new JsonObject
            {
                ["word"] = word,
                ["near"] = Texts(tokenizer.Vocabulary.Nearest(word, NearWords)),
            })]),
            ["cut"] = Texts(reading.Cut.Take(ShownWords)),
            ["isUnderstood"] = reading.IsUnderstood,
        });
    }

    Task Words(HttpContext context) => Answers.Json(
        context, Texts(library.Tokenizer(Run(context)).Vocabulary.PlainWords.Where(WordTokenizer.HasWords).Take(ShownWords)));

    async Task Report(HttpContext context)
    {
        using RunFolder folder = RunFolder.Open(library.Find(Run(context)));
        if (!File.Exists(folder.ReportPath))
            throw StudioFaultException.NotFound("the run has no report yet: a training that ends writes one, and so does an evaluation");
        context.Response.Headers.ContentSecurityPolicy = ReportPolicy;
        context.Response.Headers.XFrameOptions = "SAMEORIGIN";
        await Answers.Bytes(context, await File.ReadAllBytesAsync(folder.ReportPath, context.RequestAborted), "text/html; charset=utf-8");
    }

    async Task Sheet(HttpContext context)
    {
        using RunFolder folder = RunFolder.Open(library.Find(Run(context)));
        string stage = Known.Require("stage", Route(context, "stage"),
            ModelFamily.Get(RunConfig.Read(folder).Model).Stages.Select(one => one.Name));
        string path = Path.Combine(folder.SamplesPath, $"{stage}.png");
        if (!File.Exists(path))
            throw StudioFaultException.NotFound($"the stage '{stage}' has no sheet of samples yet");
        await Answers.Tagged(context, await File.ReadAllBytesAsync(path, context.RequestAborted), "image/png");
    }

    Task Listing(HttpContext context) => Answers.Json(
        context, new Gallery(library.Find(Run(context))).List(Query(context, "before"), PageOfGallery));

    async Task Picture(HttpContext context)
    {
        string path = new Gallery(library.Find(Run(context))).Find(Route(context, "picture"));
        if (Query(context, "download") is not null)
            context.Response.Headers.ContentDisposition = $"attachment; filename=\"{Path.GetFileName(path)}\"";
        await Answers.Tagged(context, await File.ReadAllBytesAsync(path, context.RequestAborted), "image/png");
    }

    Task Remove(HttpContext context)
    {
        new Gallery(library.Find(Run(context))).Remove(Route(context, "picture"));
        return Answers.Json(context, new JsonObject());
    }

    // A picture of a person's own is kept as the model sees it.
    async Task Bring(HttpContext context)
    {
        string run = library.Find(Run(context));
        byte[] file = await Answers.Body(context, StudioServer.LargestBody);
        using RunFolder folder = RunFolder.Open(run);
        TrainingConfig config = RunConfig.Read(folder);
        try
        {
            Image seen = EmbeddingSource.Fit(PictureDecoder.Decode(file), config);
            await Answers.Json(context, new JsonObject { ["picture"] = new Gallery(run).AddSource(seen) });
        }
        catch (ImageFormatException fault)
        {
            throw new UserInputException($"this is no picture that can be read ({fault.Message})", fault);
        }
    }

    Task Settings(HttpContext context)
    {
        var form = new TrainingForm(Model: Query(context, "model"), Preset: Query(context, "preset"), Data: Query(context, "data"));
        TrainingConfig config = form.Configure(options);
        return Answers.Json(context, new JsonObject
        {
            ["model"] = config.Model,
            ["preset"] = config.Preset,
            ["name"] = library.Propose(form.Data ?? config.Data, config.Preset),
            ["settings"] = SettingJson.Of(config),
        });
    }

    Task Stop(HttpContext context)
    {
        Job job = jobs.Find(Route(context, "job"));
        job.Stop();
        return Answers.Json(context, jobs.ToJson(job));
    }

    // Only where nobody waits for the device.
    Task Open(HttpContext context)
    {
        string run = Run(context), folder = library.Find(run), device = options.Device;
        return generators.IsOpen(folder, device) || !jobs.IsIdle(Job.PlaceOf(device)) ? Answers.Json(context, new JsonObject())
            : Take(context, new OpeningJob(folder, run, device, library.Tokenizer(run), generators));
    }

    async Task Draw(HttpContext context)
    {
        DrawingRequest request = await Answers.Request<DrawingRequest>(context);
        request.Validate();
        _ = DrawingJob.ParsePrecision(request.Precision);
        string run = library.Find(request.Run);
        foreach (string? picture in (string?[])[request.Picture, request.OtherPicture])
        {
            if (picture is not null)
                new Gallery(run).Find(picture);
        }

        await Take(context, new DrawingJob(
            request, run, Known.Device(request.Device ?? options.Device), generators, hub));
    }

    async Task Train(HttpContext context)
    {
        TrainingForm form = await Answers.Request<TrainingForm>(context);
        TrainingRequest request = form.ToRequest(options, library);
        if (!form.Resume)
            RunFolder.RequireFree(request.OutputFolder);
        await Take(context, new TrainingJob(request, form.Run!, generators));
    }

    async Task Evaluate(HttpContext context)
    {
        EvaluationForm form = await Answers.Request<EvaluationForm>(context);
        if (form.Count is < 1 or > MostCaptions)
            throw new UserInputException($"give a number of captions from 1 to {MostCaptions}");
        var request = new EvaluationRequest
        {
            Run = library.Find(form.Run),
            Beside = form.Beside is null ? null : library.Find(form.Beside),
            Split = form.Split,
            Count = form.Count,
            Sampling = form.Settings ?? [],
        };
        await Take(context, new EvaluationJob(request, form.Run, Known.Device(form.Device ?? options.Device), options, generators));
    }

    async Task Profile(HttpContext context)
    {
        TrainingForm form = await Answers.Request<TrainingForm>(context);
        if (form.Preset is null)
            throw new UserInputException("choose the preset whose steps are profiled");
        if (form.Warmup is < 1 or > MostProfiled || form.Steps is < 1 or > MostProfiled)
            throw new UserInputException($"give steps from 1 to {MostProfiled}");
        await Take(context, new ProfilingJob(form.Configure(options), form.Stage, form.Warmup, form.Steps,
            Known.Device(form.Device ?? options.Device), options, generators));
    }

    Task Take(HttpContext context, Job job) => Answers.Json(context, jobs.ToJson(jobs.Add(job)), StatusCodes.Status202Accepted);

    static Task Kernels(HttpContext context) => Answers.Json(context, new JsonObject
    {
        ["kernels"] = Texts(KernelCatalog.All.Select(kernel => $"{kernel.Op}.{kernel.Name}")),
        ["targets"] = Texts(KernelTargets.Names),
    });

    static async Task Kernel(HttpContext context)
    {
        string target = Known.Require("target", Query(context, "target") ?? "", KernelTargets.Names);
        var kernels = KernelCatalog.Find(Query(context, "name") ?? "");
        // A large kernel takes its time to compile, and others need not wait for it.
        string text = await Task.Run(() => string.Join('\n', kernels.Select(kernel => Print(kernel.Method, target))),
            context.RequestAborted);
        await Answers.Json(context, new JsonObject { ["text"] = text });
    }

    static string Print(System.Reflection.MethodInfo kernel, string target)
    {
        try
        {
            return KernelTargets.Printer(target, [kernel])(kernel);
        }
        catch (Exception refused) when (refused is Gpu.Targets.Ilgpu.IlgpuRefusalException or NotSupportedException or KernelException)
        {
            return $"// {refused.Message}\n";
        }
    }

    static JsonArray Texts(IEnumerable<string> texts) => new([.. texts.Select(text => JsonValue.Create(text))]);

    static string Run(HttpContext context) => Route(context, "run");

    static string Route(HttpContext context, string name) =>
        Convert.ToString(context.Request.RouteValues[name], CultureInfo.InvariantCulture) ?? "";

    static string? Query(HttpContext context, string name) =>
        context.Request.Query.TryGetValue(name, out var values) && values is [{ Length: > 0 } one, ..] ? one
        : context.Request.Query.ContainsKey(name) ? "" : null;
}
