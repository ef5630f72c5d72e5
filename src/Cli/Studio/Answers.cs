using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using Dalle2.Data;
using Microsoft.AspNetCore.Http;

namespace Dalle2.Cli.Studio;

/// <summary>How requests are read and answered.</summary>
static class Answers
{
    // Masks are pictures of the runs' sides; all else is short.
    const int LargestJson = 4 << 20;

    static readonly JsonSerializerOptions Strict = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        RespectNullableAnnotations = true,
        RespectRequiredConstructorParameters = true,
        AllowDuplicateProperties = false,
        MaxDepth = 8,
    };

    /// <summary>Answers with a document.</summary>
    public static Task Json(HttpContext context, JsonNode json, int status = StatusCodes.Status200OK)
    {
        context.Response.StatusCode = status;
        return Bytes(context, Encoding.UTF8.GetBytes(json.ToJsonString()), "application/json");
    }

    /// <summary>Says what was wrong, if nothing was said yet.</summary>
    public static async Task Fault(HttpContext context, int status, string message)
    {
        if (context.Response.HasStarted)
        {
            context.Abort();
            return;
        }

        // What is left of a body need not come.
        if (status == StatusCodes.Status413PayloadTooLarge)
            context.Response.Headers.Connection = "close";
        await Json(context, new JsonObject { ["fault"] = VisibleText.OfLines(message) }, status);
    }

    /// <summary>Answers with bytes.</summary>
    public static async Task Bytes(HttpContext context, ReadOnlyMemory<byte> bytes, string type)
    {
        context.Response.ContentType = type;
        context.Response.ContentLength = bytes.Length;
        if (!HttpMethods.IsHead(context.Request.Method))
            await context.Response.Body.WriteAsync(bytes, context.RequestAborted);
    }

    /// <summary>Answers with bytes that a browser may keep as long as they are the same.</summary>
    public static async Task Tagged(HttpContext context, ReadOnlyMemory<byte> bytes, string type)
    {
        string tag = $"\"{Convert.ToHexStringLower(SHA256.HashData(bytes.Span).AsSpan(0, 16))}\"";
        context.Response.Headers.CacheControl = "no-cache";
        context.Response.Headers.ETag = tag;
        if (context.Request.Headers.IfNoneMatch == tag)
        {
            context.Response.StatusCode = StatusCodes.Status304NotModified;
            return;
        }

        await Bytes(context, bytes, type);
    }

    /// <summary>Reads a body.</summary>
    /// <exception cref="StudioFaultException">It is too large.</exception>
    public static async Task<byte[]> Body(HttpContext context, int most)
    {
        using var bytes = new MemoryStream();
        byte[] piece = new byte[1 << 16];
        int read;
        while ((read = await context.Request.Body.ReadAsync(piece, context.RequestAborted)) > 0)
        {
            if (bytes.Length + read > most)
            {
                throw new StudioFaultException(
                    StatusCodes.Status413PayloadTooLarge, $"a picture or a request has {most >> 20} MiB at most here");
            }

            bytes.Write(piece, 0, read);
        }

        return bytes.ToArray();
    }

    /// <summary>Reads what a page asks for.</summary>
    /// <exception cref="StudioFaultException">It is not JSON, or not of this form.</exception>
    public static async Task<T> Request<T>(HttpContext context)
    {
        if (!context.Request.HasJsonContentType())
            throw new StudioFaultException(StatusCodes.Status415UnsupportedMediaType, "requests are JSON");
        byte[] body = await Body(context, LargestJson);
        try
        {
            return JsonSerializer.Deserialize<T>(body, Strict) ?? throw new JsonException("it is null");
        }
        catch (Exception fault) when (fault is JsonException or InvalidOperationException or ArgumentException)
        {
            throw new StudioFaultException(StatusCodes.Status400BadRequest, $"the request is not of its form ({fault.Message})");
        }
    }
}
