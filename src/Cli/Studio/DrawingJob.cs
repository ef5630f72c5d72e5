using System.Text.Json.Nodes;
using Dalle2.Data;
using Dalle2.Data.Pictures;
using Dalle2.Gpu.Runtime;
using Dalle2.Training.Drawing;

namespace Dalle2.Cli.Studio;

/// <summary>Draws pictures and puts them into the run's gallery. Its result: <c>{pictures: [...], identical}</c>.</summary>
sealed class DrawingJob : Job
{
    // Of many pictures a page watches the first.
    const int Watched = 8;

    readonly DrawingRequest request;
    readonly string folder;
    readonly Gallery gallery;
    readonly GeneratorCache generators;
    readonly EventHub hub;

    /// <summary>A drawing.</summary>
    /// <param name="request">What a page asked for, checked.</param>
    /// <param name="folder">The run's folder.</param>
    /// <param name="device">The device's name.</param>
    /// <param name="generators">Opens runs.</param>
    /// <param name="hub">Shows pictures as they emerge.</param>
    public DrawingJob(DrawingRequest request, string folder, string device, GeneratorCache generators, EventHub hub)
        : base("draw", TitleOf(request), request.Run, device)
    {
        (this.request, this.folder, this.generators, this.hub) = (request, folder, generators, hub);
        gallery = new Gallery(folder);
    }

    private protected override JsonNode? Work(CancellationToken cancellation)
    {
        string? original = request.Kind == "again" ? gallery.Find(request.Picture) : null;
        byte[] before = original is null ? [] : File.ReadAllBytes(original);
        PictureFile? again = original is null ? null : PictureFile.Read(Path.GetFileName(original), before);
        PictureGenerator generator = generators.Open(folder, Device, again?.Precision ?? ParsePrecision(request.Precision), Notice);
        if (again is not null)
            return DrawAgain(generator, Path.GetFileName(original!), again, before, cancellation);

        ulong seed = request.SeedNumber;
        IReadOnlyDictionary<string, string> given = request.Settings ?? [];
        SamplerSettings settings = SamplerSettings.Of(
            generator.Family, request is { Kind: "variations", Invert: true } ? VariationsVerb.WithEta(given) : given, name => name);
        if (request.Kind == "text")
        {
            string prompt = request.Prompt!;
            DrawnPictures.ReportReading(generator, prompt, Notice);
            return Keep(DrawnPictures.OfPrompt(
                generator, prompt, request.Count, request.Rerank, seed, settings, Show(cancellation)));
        }

        DrawingPlan plan = Plan(generator, new EmbeddingSource(generator, seed, settings, Notice));
        return Keep([.. plan.Draw(generator, seed, settings, Show(cancellation)).Where(drawn => !drawn.Frame.IsShownOnly)
            .Select(drawn => (plan.FileOf(drawn.Frame, generator, seed, settings), drawn.Image))]);
    }

    JsonObject DrawAgain(
        PictureGenerator generator, string name, PictureFile picture, byte[] before, CancellationToken cancellation)
    {
        if (generator.RunHash != picture.RunHash)
        {
            throw new UserInputException($"the run's parameters are {generator.RunHash}, and the picture was drawn with {picture.RunHash}: "
                + "the run was trained further since, and cannot draw it again");
        }

        Image image = DrawnPictures.Again(generator, name, picture, Show(cancellation));
        bool identical = PictureDecoder.Decode(before).Rgba.AsSpan().SequenceEqual(image.Rgba);
        if (!identical)
            Notice("it differs from the picture in the gallery: that was changed, or drawn by another version of this program");
        JsonObject result = Keep([(picture with { Run = Path.GetFullPath(folder), Version = Application.Version }, image)]);
        result["identical"] = identical;
        return result;
    }

    DrawingPlan Plan(PictureGenerator generator, EmbeddingSource source)
    {
        switch (request.Kind)
        {
            case "variations":
                return VariationsVerb.Plan(source, "a picture", Seen(source, request.Picture), request.Count, request.Invert);
            case "edit":
                return EditVerb.Plan(source, "a picture", Seen(source, request.Picture), request.Prompt!, request.OtherPrompt!,
                    request.Strength is { } one ? [one] : EditVerb.DefaultStrengths);
            case "inpainting":
                Image picture = EmbeddingSource.Load(gallery.Find(request.Picture));
                PictureMask mask = PictureMask.Read("the painted part", DecodeMask(request.Mask!), picture, source);
                return InpaintVerb.Plan(source, ("a picture", source.Fit(picture)), ("mask", mask), request.Prompt!, request.Count,
                    request.Resample);
            default:
                return InterpolateVerb.Plan(
                    End(source, request.Picture, request.Prompt), End(source, request.OtherPicture, request.OtherPrompt), request.Count,
                        []);
        }
    }

    Image Seen(EmbeddingSource source, string? picture) => source.Fit(EmbeddingSource.Load(gallery.Find(picture)));

    (string Name, float[] Embedding) End(EmbeddingSource source, string? picture, string? prompt) => picture is null
        ? (prompt!, source.OfPrompt(prompt!)[0]) : ("a picture", source.OfPicture(Seen(source, picture)));

    JsonObject Keep(IReadOnlyList<(PictureFile File, Image Image)> drawn) => new()
    {
        ["pictures"] = new JsonArray(
            [.. drawn.Select(one => (JsonNode)gallery.Describe(gallery.Add(one.File.Encode(one.Image))))]),
    };

    // Pictures emerge on the pages that are open; who stops the job stops it between two steps.
    DrawingProgress Show(CancellationToken cancellation) => (step, steps, side, pictures) =>
    {
        cancellation.ThrowIfCancellationRequested();
        Report(() => At("drawing", step, steps), always: step == steps);
        hub.Publish("emerging", () => new JsonObject
        {
            ["job"] = Id,
            ["step"] = step,
            ["steps"] = steps,
            ["pictures"] = new JsonArray([.. pictures.Take(Watched).Select(picture => JsonValue.Create("data:image/png;base64,"
                + Convert.ToBase64String(PictureEncoder.Png(ImageTransform.FromFloats(picture, side, side)))))]),
        });
    };

    static Image DecodeMask(string base64)
    {
        try
        {
            byte[] bytes = new byte[base64.Length];
            if (Convert.TryFromBase64String(base64, bytes, out int length))
                return PictureDecoder.Decode(bytes.AsSpan(0, length).ToArray());
        }
        catch (ImageFormatException fault)
        {
            throw new UserInputException($"the painted part is no picture ({fault.Message})", fault);
        }

        throw new UserInputException("the painted part is no picture in Base64");
    }

    internal static Precision ParsePrecision(string? name) => name is null ? default
        : Enum.Parse<Precision>(Known.Require("precision", name, Enum.GetNames<Precision>()));

    static string TitleOf(DrawingRequest request) => request.Kind switch
    {
        "text" => $"drawing \"{VisibleText.Of(request.Prompt!)}\"",
        "again" => "drawing a picture again",
        "edit" => $"changing a picture to \"{VisibleText.Of(request.OtherPrompt!)}\"",
        "inpainting" => $"inpainting \"{VisibleText.Of(request.Prompt!)}\"",
        _ => $"drawing {(request.Kind == "variations" ? "variations" : "an interpolation")}",
    };
}
