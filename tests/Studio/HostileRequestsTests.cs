using System.Net;
using System.Net.Sockets;
using System.Text;
using Dalle2.Cli.Studio;
using Dalle2.Tests.Data;

namespace Dalle2.Tests.Studio;

/// <summary>Requests that nobody means well by: paths, sizes, bodies, headers, slow clients. The studio answers each with a fault or hangs up, writes nothing outside of its runs, and goes on.</summary>
public class HostileRequestsTests
{
    const int Requests = 10_000, AtOnce = 32;

    static readonly string[] Paths =
    [
        "/", "/..", "/../../etc/passwd", "/page/../../../etc/passwd", "/page/%2e%2e%2f%2e%2e%2fetc%2fpasswd", "/page/index.html",
        "/page/..%5c..%5cx",
        "/api/runs/../../etc", "/api/runs/%2e%2e/gallery", "/api/runs/..%2f..%2fetc/report", "/api/runs/a/gallery/..%2f..%2fconfig.json",
        "/api/runs/a/gallery/%00",
        "/api/runs/a/sheets/..%2f..%2fconfig", "/api/runs/a/reading?prompt=%ff%fe", "/api/kernel?name=../../x&target=ir",
        "/api/kernel?name=Bias&target=%0d%0aX:1",
        "/api/events?follow=..&follow=a", "/api/jobs/-1", "/api/settings?model=%3Cscript%3E", "/api/settings?data=/etc/passwd",
        "//etc/passwd", "/%c0%ae%c0%ae/", "/api/draw",
        "/api/train", "/api/evaluate", "/api/profile", "/api/runs/a/sources", "/api/jobs/1/stop", "/api/runs/a/gallery/x/remove",
        "/api/runs/a/words", "*", "http://other/",
    ];

    static readonly string[] Methods = ["GET", "POST", "PUT", "DELETE", "HEAD", "OPTIONS", "TRACE", "CONNECT", "PATCH", "get", "G\u0000T",
        "M-SEARCH", ""];

    static readonly string[] Bodies =
    [
        "", "{", "{}", "null", "[]", "\"x\"", "1e999", "{\"run\":null}", "{\"run\":\"../..\",\"kind\":\"text\",\"prompt\":\"x\"}",
        "{\"run\":\"a\",\"kind\":\"again\",\"picture\":\"../../config\"}",
        "{\"run\":\"a\",\"run\":\"b\"}", "{\"run\":\"a\",\"kind\":\"text\",\"prompt\":\"x\",\"count\":-1}",
        "{\"run\":\"a\",\"kind\":\"text\",\"prompt\":\"x\",\"count\":1e30}",
        "{\"run\":\"a\",\"kind\":\"inpainting\",\"mask\":\"AAAA\",\"picture\":\"x\",\"prompt\":\"y\"}",
        "{\"run\":\"/tmp/x\",\"model\":\"classic\"}", "{\"run\":\"a/b\"}", "{\"run\":\"..\"}",
        "{\"run\":\"n\",\"settings\":{\"imagesFolder\":\"/etc\"}}", "{\"run\":\"n\",\"data\":\"/etc\"}",
        "{\"run\":\"n\",\"settings\":{\"batch\":\"999999999999\"}}", "\ud83d\ude00",
        "{\"run\":{\"run\":{\"run\":{\"run\":{\"run\":{\"run\":{\"run\":{\"run\":{\"run\":1}}}}}}}}}",
    ];

    [Test]
    public async Task Ten_thousand_hostile_requests_change_nothing_and_the_studio_goes_on()
    {
        using var folder = new TemporaryFolder();
        string runs = folder["runs"];
        Copy(Path.Combine(StudioRuns.Folder, "classic"), Path.Combine(runs, "a"));
        string[] before = Everything(folder.Path);
        using StudioServer server = StudioRuns.Open(runs);
        var address = new Uri(server.Address);
        var statuses = new int[600];
        int hungUp = 0;
        await Parallel.ForEachAsync(Enumerable.Range(0, Requests), new ParallelOptions { MaxDegreeOfParallelism = AtOnce }, async (i, _) =>
        {
            int status = await Send(address, Make(new Random(i), address));
            if (status == 0)
                Interlocked.Increment(ref hungUp);
            else
                Interlocked.Increment(ref statuses[status]);
        });

        int answered = statuses.Sum();
        await TestContext.Out.WriteLineAsync($"{answered} answered, {hungUp} hung up on; "
            + string.Join(", ", Enumerable.Range(0, 600).Where(status => statuses[status] > 0).Select(status =>
                $"{status}: {statuses[status]}")));
        Assert.That(answered + hungUp, Is.EqualTo(Requests));
        // What is asked in another version of HTTP is refused as that.
        Assert.That(statuses[500..].Sum() - statuses[(int)HttpStatusCode.HttpVersionNotSupported], Is.Zero, "faults of the studio itself");
        Assert.That(answered, Is.GreaterThan(Requests / 2));
        Assert.That(Everything(folder.Path), Is.EqualTo(before));
        using var client = new StudioClient(server.Address);
        Assert.That((await client.Get("/api/runs")).AsArray(), Has.Count.EqualTo(1));
        Assert.That((await client.Get("/api/jobs")).AsArray(), Is.Empty);
    }

    [Test]
    public async Task Slow_clients_and_large_bodies_do_not_keep_others_waiting()
    {
        using StudioServer server = StudioRuns.Open();
        var address = new Uri(server.Address);
        var slow = new List<TcpClient>();
        try
        {
            // Heads that never end, bodies that never come.
            for (int i = 0; i < 60; i++)
            {
                var client = new TcpClient();
                await client.ConnectAsync(address.Host, address.Port);
                string head = i % 2 == 0 ? "GET / HT" : $"POST /api/draw HTTP/1.1\r\nHost: {address.Authority}\r\nX-Dalle2: studio\r\n"
                    + "Content-Type: application/json\r\nContent-Length: 100000\r\n\r\n{";
                await client.GetStream().WriteAsync(Encoding.ASCII.GetBytes(head));
                slow.Add(client);
            }

            using var page = new StudioClient(server.Address);
            Assert.That((await page.Get("/api/runs")).AsArray(), Is.Not.Empty);

            // More than a picture may have.
            using var request = new HttpRequestMessage(HttpMethod.Post, "/api/runs/classic/sources")
            {
                Content = new ByteArrayContent(new byte[StudioServer.LargestBody + 1]),
                Headers = { { "X-Dalle2", "studio" }, { "Expect", "100-continue" } },
            };
            using HttpResponseMessage answer = await page.Http.SendAsync(request);
            Assert.That(answer.StatusCode, Is.EqualTo(HttpStatusCode.RequestEntityTooLarge));
            Assert.That((await page.Get("/api/runs")).AsArray(), Is.Not.Empty);
        }
        finally
        {
            slow.ForEach(client => client.Dispose());
        }
    }

    // A request of chance: some parts as they should be, so that the others are looked at.
    static byte[] Make(Random random, Uri address)
    {
        string Any(string[] some) => some[random.Next(some.Length)];
        string method = random.Next(3) > 0 ? (random.Next(2) > 0 ? "POST" : "GET") : Any(Methods);
        string path = random.Next(40) == 0 ? "/" + new string('a', random.Next(20_000)) : Any(Paths);
        var head = new StringBuilder($"{method} {path} {(random.Next(50) == 0 ? "HTTP/9.9" : "HTTP/1.1")}\r\n");
        head.Append(random.Next(20) == 0 ? "Host: elsewhere.example\r\n" : $"Host: {address.Authority}\r\n");
        if (random.Next(10) > 0)
            head.Append("X-Dalle2: studio\r\n");
        if (random.Next(10) > 0)
            head.Append("Content-Type: application/json\r\n");
        if (random.Next(30) == 0)
            head.Append("Origin: http://elsewhere.example\r\nSec-Fetch-Site: cross-site\r\n");
        if (random.Next(40) == 0)
            head.Append($"X-Long: {new string('x', random.Next(40_000))}\r\n");
        if (random.Next(40) == 0)
            head.Append(string.Concat(Enumerable.Range(0, 200).Select(i => $"X-Many-{i}: 1\r\n")));
        if (random.Next(60) == 0)
            head.Append("Bad header\r\n");
        byte[] body = random.Next(6) switch
        {
            0 => Noise(random, random.Next(4000)),
            1 => Encoding.UTF8.GetBytes("{\"prompt\":\"" + new string('y', random.Next(100_000)) + "\"}"),
            _ => Encoding.UTF8.GetBytes(Any(Bodies)),
        };
        bool lies = random.Next(40) == 0;
        head.Append(random.Next(60) == 0 ? "Transfer-Encoding: chunked\r\n"
            : $"Content-Length: {(lies ? "-5" : body.Length.ToString(System.Globalization.CultureInfo.InvariantCulture))}\r\n");
        head.Append("Connection: close\r\n\r\n");
        return [.. Encoding.Latin1.GetBytes(head.ToString()), .. body];
    }

    static byte[] Noise(Random random, int length)
    {
        byte[] bytes = new byte[length];
        random.NextBytes(bytes);
        return bytes;
    }

    // The status of the answer; 0 where the studio hung up. Of events only the head is read.
    static async Task<int> Send(Uri address, byte[] request)
    {
        using var client = new TcpClient();
        using var patience = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        try
        {
            await client.ConnectAsync(address.Host, address.Port, patience.Token);
            NetworkStream stream = client.GetStream();
            await stream.WriteAsync(request, patience.Token);
            byte[] answer = new byte[64];
            int read = await stream.ReadAtLeastAsync(answer, 12, throwOnEndOfStream: false, patience.Token);
            string text = Encoding.ASCII.GetString(answer, 0, read);
            return read >= 12 && int.TryParse(text[9..12], out int status) ? status : 0;
        }
        catch (Exception fault) when (fault is IOException or SocketException)
        {
            return 0;
        }
    }

    static string[] Everything(string folder) =>
        [.. Directory.EnumerateFileSystemEntries(folder, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal)];

    static void Copy(string from, string to)
    {
        foreach (string file in Directory.EnumerateFiles(from, "*", SearchOption.AllDirectories))
        {
            string target = Path.Combine(to, Path.GetRelativePath(from, file));
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            File.Copy(file, target);
        }
    }
}
