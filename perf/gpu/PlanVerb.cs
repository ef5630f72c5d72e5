using System.CommandLine;
using System.Text.Json.Nodes;
using Dalle2.Cli;
using Dalle2.Data;
using Dalle2.Gpu.Runtime;
using Dalle2.Gpu.Runtime.Planning;
using Dalle2.Perf;

namespace Dalle2.Card;

/// <summary><c>plan</c>: how the autoencoder's training step would fill a card that is not here, and how long it would take by its roofline.</summary>
sealed class PlanVerb : Verb
{
    readonly Option<string> card = VerbOptions.Text("--card", "NAME", "h100",
        $"The card: {string.Join(", ", CardLimits.All.Select(one => one.Name))}.");
    readonly Option<int> side = VerbOptions.Count("--side", 64, 16, 512, "Pixels of a picture's side, a multiple of 16.");
    readonly Option<int> batch = VerbOptions.Count("--batch", 64, 1, 4096, "Pictures of a step.");
    readonly Option<Precision> precision = VerbOptions.Precision();

    public PlanVerb()
        : base("plan", "Predict, without a card, how a training step of the text-conditioned autoencoder fills one, and its time.")
    {
        Options.Add(card);
        Options.Add(side);
        Options.Add(batch);
        Options.Add(precision);
    }

    public override IReadOnlyList<string> Examples =>
        ["./run plan --card a100 --side 128", "./run plan --card h100 --precision bf16 --json"];

    public override IReadOnlyList<string> Notes =>
    [
        "Nothing is measured and no card is needed: every time is a prediction, a roof that no kernel reaches. " + PlanText.Meaning,
        "JSON: {card, side, batch, precision, predictedMs, launches, moves:{count, bytes, predictedUs}, rows:[{kernel, launches, groups, "
        + "threads, declaredRegisters, liveRegisters, registers, spills, sharedBytes, held, limit, occupancy, warpsPerScheduler, waves, "
        + "flops, bytes, intensity, predictedUs, bound, reason, share}]}; flops, bytes and predictedUs are those of all launches of a row.",
    ];

    public override int Run(ParseResult arguments, Terminal terminal)
    {
        string name = Known.Require("card", arguments.GetRequiredValue(card), CardLimits.All.Select(one => one.Name));
        int pixels = arguments.GetValue(side), pictures = arguments.GetValue(batch);
        if (pixels % 16 != 0)
            throw new UserInputException($"--side {pixels}: give a multiple of 16.");
        Precision multiplies = arguments.GetValue(precision);
        StepPlan plan = Plan(CardLimits.Of(name), pixels, pictures, multiplies);
        terminal.Result(() => ToJson(plan, pixels, pictures, multiplies), text => Show(plan, pixels, pictures, multiplies, text));
        return ExitCode.Ok;
    }

    static StepPlan Plan(CardLimits card, int side, int batch, Precision precision)
    {
        using var planned = new PlannedCard(card, precision);
        using var vae = new TextVae(planned.Device, new TextVaeSize(Batch: batch, Side: side));
        return planned.Plan(() => vae.Step());
    }

    static JsonObject ToJson(StepPlan plan, int side, int batch, Precision precision) => new()
    {
        ["card"] = plan.Card.Name,
        ["side"] = side,
        ["batch"] = batch,
        ["precision"] = ProductSizes.Name(precision),
        ["predictedMs"] = Math.Round(plan.Seconds * 1e3, 4),
        ["launches"] = plan.Launches.Sum(launch => launch.Launches),
        ["moves"] = new JsonObject
        {
            ["count"] = plan.Moves,
            ["bytes"] = plan.MovedBytes,
            ["predictedUs"] = Math.Round(plan.MoveSeconds * 1e6, 2),
        },
        ["rows"] = new JsonArray([.. plan.Launches.Select(launch =>
        {
            JsonObject row = PlanText.ToJson(launch);
            row["share"] = Math.Round(launch.Seconds / plan.Seconds, 4);
            return row;
        })]),
    };

    static void Show(StepPlan plan, int side, int batch, Precision precision, TerminalText text)
    {
        CardLimits card = plan.Card;
        text.Line($"Predicted, not measured: a training step of the text-conditioned autoencoder, side {side}, batch {batch}, "
            + $"{ProductSizes.Name(precision)}, on {card.Product} ({card.Multiprocessors} multiprocessors, "
            + $"{PlanText.Number(card.PeakOf(precision) / 1e12, "F1")} TFLOP/s, {PlanText.Number(card.Bandwidth / 1e9, "F0")} GB/s): "
            + $"{PlanText.Number(plan.Seconds * 1e3, "F3")} ms in {plan.Launches.Sum(launch => launch.Launches)} launches and {plan.Moves} "
            + $"copies and clearings ({PlanText.Number(plan.MoveSeconds * 1e6, "F1")} us).");
        text.Line(PlanText.Meaning);
        string[] columns =
            [PlanText.Columns[0], ">launches", .. PlanText.Columns.Skip(1).SkipLast(1), ">flop/byte", ">us", "bound", ">share", "reason"];
        text.Table(columns, plan.Worthwhile.Select(launch =>
        {
            string[] cells = PlanText.Cells(launch);
            return (string[])
            [
                cells[0], PlanText.Number(launch.Launches, "F0"), .. cells[1..^1], PlanText.Number(launch.Intensity, "F1"),
                PlanText.Number(launch.Seconds * 1e6, "F1"), PlanText.Word(launch.TimeLimit.ToString()),
                PlanText.Number(100 * launch.Seconds / plan.Seconds, "F1") + " %", cells[^1],
            ];
        }));
        LaunchPlan[] rest = [.. plan.Launches.Except(plan.Worthwhile)];
        text.Line($"{rest.Length} other rows, under 1 % each, take {PlanText.Number(rest.Sum(launch => launch.Seconds) * 1e6, "F1")} us in "
            + $"{rest.Sum(launch => launch.Launches)} launches; --json has them.");
    }
}
