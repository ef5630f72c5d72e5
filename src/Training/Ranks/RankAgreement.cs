using System.Text.Json.Nodes;
using Dalle2.Data;
using Dalle2.Training.Loop;
using Dalle2.Training.Runs;

namespace Dalle2.Training.Ranks;

/// <summary>What ranks make sure of before they train: that all run the same program, with the same settings, on the same data. A rank that does not is refused, by name.</summary>
static class RankAgreement
{
    // Where data lie is each machine's own business; what they are is compared.
    static readonly string[] OwnSettings = ["data", "imagesFolder"];

    /// <summary>Rank 0: gives the others the settings.</summary>
    /// <exception cref="UserInputException">A rank cannot take part; the message says which and why.</exception>
    public static void Offer(TrainingRanks ranks, TrainingConfig config)
    {
        ranks.Say(new JsonObject { ["version"] = ranks.Version, ["config"] = RunFolder.ToJson(config) }.ToJsonString());
        ranks.Conclude(config.Accumulation >= ranks.Communicator.Size ? "" : TooFewParts(config, ranks.Communicator.Size));
    }

    /// <summary>The others: take them.</summary>
    /// <param name="ranks">The ranks.</param>
    /// <param name="given">What this rank was given itself; null for nothing.</param>
    /// <returns>Rank 0's settings; null if it has given up before.</returns>
    /// <exception cref="UserInputException">A rank cannot take part.</exception>
    public static TrainingConfig? Take(TrainingRanks ranks, TrainingConfig? given)
    {
        string offered = ranks.Hear();
        if (offered.Length == 0)
            return null;
        JsonObject offer = JsonNode.Parse(offered)!.AsObject();
        string version = offer["version"]!.GetValue<string>();
        TrainingConfig? config = null;
        string fault = version == ranks.Version ? "" : $"runs version {ranks.Version}, and rank 0 version {version}";
        if (fault.Length == 0)
        {
            config = RunConfig.FromJson(offer["config"]!.AsObject());
            IReadOnlyList<string> differences = given == null ? []
                : RunFolder.Differences(Common(RunFolder.ToJson(config)), Common(RunFolder.ToJson(given)));
            if (differences.Count > 0)
                fault = $"has other settings ({string.Join("; ", differences)})";
        }

        ranks.Conclude(fault);
        return config!;
    }

    /// <summary>All: read the data, and compare them.</summary>
    /// <exception cref="UserInputException">A rank cannot read them, or has read others than rank 0.</exception>
    public static TrainingData Read(TrainingRanks ranks, Func<TrainingData> read)
    {
        TrainingData? data = null;
        string fault = "";
        try
        {
            data = read();
        }
        catch (Exception e) when (e is UserInputException or IOException or UnauthorizedAccessException)
        {
            fault = $"cannot read the data: {e.Message}";
        }

        ranks.Conclude(fault);
        string[] digests = ranks.Communicator.AllGather($"{data!.Data.Count} pictures with captions of digest {data.Data.Digest.Whole}");
        ranks.Conclude(digests[ranks.Communicator.Rank] == digests[0] ? ""
            : $"has other data ({digests[ranks.Communicator.Rank]}; rank 0 has {digests[0]})");
        ranks.AreHearing = true;
        return data;
    }

    static string TooFewParts(TrainingConfig config, int ranks) =>
        $"{ranks} ranks need a step of {ranks} parts or more, and with accumulation={config.Accumulation} it has {config.Accumulation}: "
        + $"a step takes 'accumulation' batches, which the ranks divide. For steps of as many pictures as now, --set accumulation={ranks} "
        + $"and every setting of a batch's size divided by {ranks}, as batch={Math.Max(2, config.Batch * config.Accumulation / ranks)}";

    static JsonObject Common(JsonObject config)
    {
        foreach (string name in OwnSettings)
            config.Remove(name);
        return config;
    }
}
