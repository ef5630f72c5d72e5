using Dalle2.Training.Loop;
using Dalle2.Training.Observers;
using OpenTelemetry;
using OpenTelemetry.Exporter;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;

namespace Dalle2.Cli;

/// <summary>
/// Sends a training's metrics by OpenTelemetry's protocol (OTLP), every ten seconds and at the end. OpenTelemetry's own variables count
/// (<c>OTEL_EXPORTER_OTLP_ENDPOINT</c>, <c>_PROTOCOL</c>, <c>_HEADERS</c>, <c>_TIMEOUT</c>; <c>OTEL_RESOURCE_ATTRIBUTES</c>, <c>OTEL_SERVICE_NAME</c>);
/// without them it is HTTP with protocol buffers, to this machine. A receiver that is not there is told once, and the training goes on.
/// </summary>
sealed class Telemetry : ITrainingObserver, IDisposable
{
    const int Milliseconds = 10_000;

    readonly Action<string> notice;
    readonly TrainingMetrics metrics = new();
    readonly Exporter exporter;
    readonly MeterProvider provider;
    readonly Uri endpoint;
    bool isTold;

    /// <summary>Begins to send.</summary>
    /// <param name="given">Where to, without the signal's path; null follows the variables.</param>
    /// <param name="notice">Is told where it goes, and if nobody is there.</param>
    public Telemetry(Uri? given, Action<string> notice)
    {
        this.notice = notice;
        var options = new OtlpExporterOptions();
        if (string.IsNullOrEmpty(Environment.GetEnvironmentVariable("OTEL_EXPORTER_OTLP_PROTOCOL")))
            options.Protocol = OtlpExportProtocol.HttpProtobuf;
        if (given is not null)
        {
            options.Endpoint = options.Protocol == OtlpExportProtocol.HttpProtobuf
                ? new Uri($"{given.AbsoluteUri.TrimEnd('/')}/v1/metrics") : given;
        }

        endpoint = options.Endpoint;
        exporter = new Exporter(options);
        provider = Sdk.CreateMeterProviderBuilder()
            .ConfigureResource(resource => resource.AddService("dalle2").AddEnvironmentVariableDetector())
            .AddMeter(TrainingMetrics.MeterName)
            .AddReader(new PeriodicExportingMetricReader(exporter, Milliseconds))
            .Build();
        notice($"metrics are sent to {endpoint} every {Milliseconds / 1000} seconds");
    }

    /// <summary>Who shall hear of the training.</summary>
    public IReadOnlyList<ITrainingObserver> Observers => [metrics, this];

    /// <inheritdoc/>
    public void Notice(string sentence)
    {
    }

    /// <inheritdoc/>
    public void Preparing(int done, int total)
    {
    }

    /// <inheritdoc/>
    public void Progress(TrainingProgress progress) => Tell();

    /// <inheritdoc/>
    public void StageDone(string stage, TimeSpan time, IReadOnlyList<KeyValuePair<string, double>> figures)
    {
    }

    /// <summary>Sends what is left.</summary>
    public void Dispose()
    {
        provider.Dispose();
        metrics.Dispose();
        Tell();
    }

    // On the training's thread, for progress is shown by one thread at a time.
    void Tell()
    {
        if (isTold || !exporter.HasFailed)
            return;
        isTold = true;
        notice($"metrics could not be sent to {endpoint}: nobody receives them there, or they were refused; the training goes on without. "
            + "Start the receiver, or name another one with --telemetry-endpoint");
    }

    sealed class Exporter(OtlpExporterOptions options) : OtlpMetricExporter(options)
    {
        volatile bool hasFailed;

        public bool HasFailed => hasFailed;

        public override ExportResult Export(in Batch<Metric> metrics)
        {
            ExportResult result = base.Export(metrics);
            hasFailed |= result == ExportResult.Failure;
            return result;
        }
    }
}
