using System.CommandLine;
using Dalle2.Training.Loop;
using Dalle2.Training.Observers;

namespace Dalle2.Cli;

/// <summary>The options of where a training is logged to beside its folder's own log.</summary>
sealed class LogArguments
{
    const string TensorBoard = "tensorboard", Otlp = "otlp", EndpointName = "--telemetry-endpoint";

    readonly Option<string?> log = VerbOptions.OptionalText("--log", "KIND",
        $"{TensorBoard}: also write event files for TensorBoard, RUN/{TensorBoard}/STAGE/events.out.tfevents.*: figures, sheets, captions, "
        + "health, configuration. [default: none]");
    readonly Option<string?> telemetry = VerbOptions.OptionalText("--telemetry", "KIND",
        $"{Otlp}: also send metrics (dalle2.training.*) by OpenTelemetry's protocol, to OTEL_EXPORTER_OTLP_ENDPOINT or this machine; a "
        + "receiver that is not there is told, and training goes on. [default: none]");
    readonly Option<Uri?> endpoint = new(EndpointName)
    {
        Description = $"Send metrics there, as with --telemetry {Otlp}. [default: OTEL_EXPORTER_OTLP_ENDPOINT; http://localhost:4318]",
        HelpName = "URL",
        CustomParser = argument =>
        {
            string text = argument.Tokens[0].Value;
            if (Uri.TryCreate(text, UriKind.Absolute, out Uri? uri) && uri.Scheme is "http" or "https")
                return uri;
            argument.AddError($"{EndpointName} {text}: give an address such as http://localhost:4318.");
            return null;
        },
    };

    /// <summary>All of them.</summary>
    public Option[] All => [log, telemetry, endpoint];

    /// <summary>Checks what is asked for.</summary>
    /// <exception cref="Data.UserInputException">There is no such kind.</exception>
    public void Require(ParseResult arguments) => _ = IsForTensorBoard(arguments) | SendsMetrics(arguments);

    /// <summary>Whether files for TensorBoard are asked for.</summary>
    /// <exception cref="Data.UserInputException">Another kind is.</exception>
    public bool IsForTensorBoard(ParseResult arguments) =>
        arguments.GetValue(log) is { } kind && Known.Require("kind of --log", kind, [TensorBoard]) == TensorBoard;

    /// <summary>Trains with progress shown, and metrics sent if they shall be; whoever stops it is told the command that continues.</summary>
    public (TrainingResult Result, ProgressDisplay Progress) Train(
        TrainingRequest request, ParseResult arguments, Terminal terminal, string continueWith)
    {
        bool sends = SendsMetrics(arguments);
        try
        {
            return terminal.WithProgress(progress =>
            {
                using Telemetry? sent = sends ? new Telemetry(arguments.GetValue(endpoint), progress.Notice) : null;
                ITrainingObserver observer = sent is null ? progress : new ObserverList([progress, .. sent.Observers]);
                return (TrainingSession.Run(request, observer, terminal.Cancellation), progress);
            });
        }
        catch (OperationCanceledException stopped)
        {
            throw new OperationCanceledException($"{stopped.Message}: {continueWith}", stopped);
        }
    }

    bool SendsMetrics(ParseResult arguments) =>
        (arguments.GetValue(telemetry) is { } kind && Known.Require("kind of --telemetry", kind, [Otlp]) == Otlp)
        || arguments.GetValue(endpoint) is not null;
}
