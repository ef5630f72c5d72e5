using System.Net;
using System.Text;
using System.Text.Json.Nodes;

namespace Dalle2.Tests.Studio;

/// <summary>Asks a studio as its page does.</summary>
sealed class StudioClient(string address) : IDisposable
{
    readonly HttpClient http = new(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false })
    {
        BaseAddress = new Uri(address),
        Timeout = TimeSpan.FromMinutes(5),
    };

    public HttpClient Http => http;

    /// <summary>An answer that must be good.</summary>
    public async Task<JsonNode> Get(string path)
    {
        using HttpResponseMessage answer = await http.GetAsync(path);
        string text = await answer.Content.ReadAsStringAsync();
        Assert.That(answer.StatusCode, Is.EqualTo(HttpStatusCode.OK), text);
        return JsonNode.Parse(text)!;
    }

    public async Task<(HttpStatusCode Status, JsonNode Body)> Post(string path, object body)
    {
        using HttpResponseMessage answer = await http.SendAsync(Request(path, JsonNode.Parse(System.Text.Json.JsonSerializer.Serialize(
            body))!));
        return (answer.StatusCode, JsonNode.Parse(await answer.Content.ReadAsStringAsync())!);
    }

    /// <summary>The sentence of a fault, of a status.</summary>
    public async Task<string> Fault(HttpStatusCode status, string path, object? body = null)
    {
        using HttpResponseMessage answer = body is null ? await http.GetAsync(path)
            : await http.SendAsync(Request(path, JsonNode.Parse(System.Text.Json.JsonSerializer.Serialize(body))!));
        string text = await answer.Content.ReadAsStringAsync();
        Assert.That(answer.StatusCode, Is.EqualTo(status), text);
        return (string)JsonNode.Parse(text)!["fault"]!;
    }

    /// <summary>Asks for a job and waits for its end.</summary>
    public async Task<JsonNode> Do(string path, object body)
    {
        var (status, begun) = await Post(path, body);
        Assert.That(status, Is.EqualTo(HttpStatusCode.Accepted), begun.ToJsonString());
        return await End((string)begun["id"]!);
    }

    /// <summary>A job once it is over, by the studio's events.</summary>
    public async Task<JsonNode> End(string job)
    {
        await foreach (var (name, data) in Events())
        {
            JsonNode? found = name == "jobs" ? data.AsArray().FirstOrDefault(one => (string)one!["id"]! == job)
                : name == "job" && (string)data["id"]! == job ? data : null;
            if ((string?)found?["state"] is "done" or "failed" or "stopped")
                return found!;
        }

        throw new AssertionException($"the events ended before job {job} did");
    }

    /// <summary>The studio's events.</summary>
    public async IAsyncEnumerable<(string Name, JsonNode Data)> Events(string query = "")
    {
        using HttpResponseMessage answer = await http.GetAsync($"/api/events{query}", HttpCompletionOption.ResponseHeadersRead);
        using var lines = new StreamReader(await answer.Content.ReadAsStreamAsync(), Encoding.UTF8);
        string name = "";
        while (await lines.ReadLineAsync() is { } line)
        {
            if (line.StartsWith("event: ", StringComparison.Ordinal))
                name = line["event: ".Length..];
            else if (line.StartsWith("data: ", StringComparison.Ordinal))
                yield return (name, JsonNode.Parse(line["data: ".Length..])!);
        }
    }

    public static HttpRequestMessage Request(string path, JsonNode body) => new(HttpMethod.Post, path)
    {
        Content = new StringContent(body.ToJsonString(), Encoding.UTF8, "application/json"),
        Headers = { { "X-Dalle2", "studio" } },
    };

    public void Dispose() => http.Dispose();
}
