using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Dalle2.Tests.Data;
using Dalle2.Tests.Training;
using Dalle2.Training.Loop;
using Dalle2.Training.Observers;
using Dalle2.Training.Runs;

namespace Dalle2.Tests.Cli;

/// <summary>Metrics of a training, heard in the process and received as OpenTelemetry sends them.</summary>
public sealed class TelemetryTests
{
    static readonly string[] Names =
    [
        "dalle2.training.figure", "dalle2.training.loss", "dalle2.training.progress", "dalle2.training.steps", "dalle2.training.throughput",
    ];

    TemporaryFolder folder = null!;

    [SetUp]
    public void MakeFolder() => folder = new TemporaryFolder();

    [TearDown]
    public void RemoveFolder() => folder.Dispose();

    [Test]
    public void What_happens_is_measured()
    {
        using var metrics = new TrainingMetrics();
        var heard = new List<(string Name, double Value, string Tags)>();
        using var listener = new MeterListener
        {
            InstrumentPublished = (instrument, listening) =>
            {
                if (instrument.Meter.Name == "Dalle2.Training")
                    listening.EnableMeasurementEvents(instrument);
            },
        };
        listener.SetMeasurementEventCallback<double>((instrument, value, tags, _) => heard.Add((instrument.Name, value, Show(tags))));
        listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => heard.Add((instrument.Name, value, Show(tags))));
        listener.Start();
        var list = new ObserverList(new SilentObserver(), metrics);
        list.StageBegun("decoder", 20);
        list.Logged(new LogEntry("decoder", 21, [new("loss", 0.5), new("gradientNorm", 3)]), 99);
        list.Progress(new TrainingProgress("decoder", "to draw", 21, 84, [new("loss", 0.5), new("other", 7)], 120, TimeSpan.Zero));
        list.Examined(new StageHealth("well", new Dictionary<string, double> { ["accuracy"] = 0.75 }, null), 84);
        Assert.That(heard, Is.EqualTo(new[]
        {
            ("dalle2.training.figure", 0.5, "stage=decoder figure=loss"),
            ("dalle2.training.figure", 3.0, "stage=decoder figure=gradientNorm"),
            ("dalle2.training.steps", 1.0, "stage=decoder"), ("dalle2.training.loss", 0.5, "stage=decoder"),
            ("dalle2.training.progress", 0.25, "stage=decoder"), ("dalle2.training.throughput", 120.0, "stage=decoder"),
            ("dalle2.training.health", 0.75, "stage=decoder figure=accuracy"),
        }));

        static string Show(ReadOnlySpan<KeyValuePair<string, object?>> tags) =>
            string.Join(' ', tags.ToArray().Select(tag => $"{tag.Key}={tag.Value}"));
    }

    [Test]
    public async Task They_are_sent_to_a_receiver()
    {
        using var receiver = new HttpListener();
        string address = $"http://127.0.0.1:{FreePort()}";
        receiver.Prefixes.Add(address + "/");
        receiver.Start();
        var received = new ConcurrentQueue<(string Path, string? Kind, byte[] Body)>();
        Task receiving = Task.Run(async () =>
        {
            try
            {
                while (true)
                {
                    HttpListenerContext call = await receiver.GetContextAsync();
                    using var body = new MemoryStream();
                    await call.Request.InputStream.CopyToAsync(body);
                    received.Enqueue((call.Request.Url!.AbsolutePath, call.Request.ContentType, body.ToArray()));
                    call.Response.Close();
                }
            }
            catch (Exception e) when (e is HttpListenerException or ObjectDisposedException)
            {
                // The test is over.
            }
        });
        CommandRun run = CommandRun.Of(
            ["train", "--out", folder["run"], .. CommandRun.FewSteps, "--telemetry-endpoint", address]).Succeeded();
        receiver.Stop();
        await receiving;
        Assert.That(run.Error, Does.Contain($"metrics are sent to {address}/v1/metrics").And.Not.Contain("could not be sent"));
        Assert.That(received.Select(one => (one.Path, one.Kind)), Is.Not.Empty.And.All.EqualTo(("/v1/metrics", "application/x-protobuf")));
        // metrics_service.proto, metrics.proto: 1 resource_metrics (1 resource, 2 scope_metrics (1 scope, 2 metrics (1 name))).
        var last = EventFileReader.Fields(received.Last().Body).Where(field => field.Field == 1)
            .SelectMany(field => EventFileReader.Fields(field.Bytes)).ToList();
        Assert.That(Encoding.UTF8.GetString(last.Single(field => field.Field == 1).Bytes),
            Does.Contain("service.name").And.Contain("dalle2"));
        Assert.That(last.Where(field => field.Field == 2).SelectMany(field => EventFileReader.Fields(field.Bytes))
            .Where(field => field.Field == 2).Select(field => Encoding.UTF8.GetString(EventFileReader.Fields(field.Bytes)
            .Single(one => one.Field == 1).Bytes)), Is.SupersetOf(Names));
    }

    [Test]
    public void A_receiver_that_is_not_there_is_told_once_and_nothing_else_changes()
    {
        string address = $"http://127.0.0.1:{FreePort()}";
        CommandRun run = CommandRun.Of(["train", "--out", folder["run"], .. CommandRun.FewSteps, "--stage", "text", "--telemetry", "otlp",
            "--telemetry-endpoint", address + "/"]).Succeeded();
        Assert.That(run.Error.Split('\n').Where(line => line.Contains("could not be sent")).Single(),
            Does.Contain($"{address}/v1/metrics").And.Contain("the training goes on"));
    }

    [Test]
    public void What_is_no_address_or_kind_is_refused()
    {
        CommandRun.Of("train", "--out", folder["run"], "--telemetry", "statsd").IsUsageFault("statsd", "otlp");
        CommandRun.Of("demo", "--out", folder["run"], "--telemetry-endpoint", "localhost:4317").IsUsageFault("localhost:4317", "http://");
    }

    static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
