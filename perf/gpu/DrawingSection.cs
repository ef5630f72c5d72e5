using System.Diagnostics;
using System.Text.Json.Nodes;
using Dalle2.Data.Text;
using Dalle2.Gpu.Runtime;
using Dalle2.Layers;
using Dalle2.Training.Drawing;
using Dalle2.Training.Families;
using Dalle2.Training.Loop;
using Dalle2.Training.Runs;
using MathNet.Numerics.Statistics;

namespace Dalle2.Card;

/// <summary>Drawing from text, at the sizes of the training steps: from the captions to the pictures on the host.</summary>
static class DrawingSection
{
    const int Pictures = 64, Warmup = 2, MostBatches = 20, FewestBatches = 3;

    public static JsonObject Run(double seconds)
    {
        string[] cards = Section.Cards();
        (string Device, string Size, TrainingConfig Config)[] plans =
        [
            ("cpu", StepSection.Sizes().First().Name, StepSection.Sizes().First().Config),
            .. from card in cards
               from size in StepSection.Sizes()
               select (card, size.Name, size.Config),
        ];
        var rows = new List<JsonNode?[]>();
        foreach (var (name, size, config) in plans)
        {
            using Device device = Device.Open(name);
            foreach (Precision precision in ProductSizes.Of(device))
            {
                device.Precision = precision;
                rows.Add(Measure(device, size, config with { Samples = Pictures, Batch = Pictures }, seconds / 2 / plans.Length / 3));
            }
        }

        if (Section.NoCard is { } reason)
        {
            rows.AddRange(StepSection.Sizes().Select(size =>
                (JsonNode?[])["cuda", size.Name, "", Pictures, $"not measured: {reason}", null, null]));
        }

        return Section.Measured(Section.Table("A batch of captions drawn and copied to the host, the median.",
            ["device", "model", "precision", "pictures", "ms a batch", "pictures/s", "MiB"], rows));
    }

    static JsonNode?[] Measure(Device device, string size, TrainingConfig config, double seconds)
    {
        ModelFamily family = ModelFamily.Get(config.Model);
        var nobody = new SilentObserver();
        var data = TrainingData.Read(config, int.MaxValue, nobody);
        var tokenizer = new WordTokenizer(data.BuildVocabulary());
        using FamilyModel model = family.Create(device, config, tokenizer.Vocabulary, config.Seed);
        using var context = new Context(device);
        var captions = new Batch([.. data.Encode(tokenizer, config, nobody).Take(Pictures)], [], config.ImageSide);
        var settings = SamplerSettings.Of(family);
        var times = new List<double>();
        long start = Stopwatch.GetTimestamp();
        for (int batch = 0; batch < Warmup + FewestBatches
            || (batch < Warmup + MostBatches && Stopwatch.GetElapsedTime(start).TotalSeconds < seconds); batch++)
        {
            long begin = Stopwatch.GetTimestamp();
            context.BeginStep((ulong)batch, training: false);
            model.Sampler.Draw(context, captions, seed: 1, firstNumber: 0, settings).ToArray(device.Stream);
            if (batch >= Warmup)
                times.Add(Stopwatch.GetElapsedTime(begin).TotalMilliseconds);
        }

        double median = times.Median();
        return [device.Name, size, ProductSizes.Name(device.Precision), Pictures, Math.Round(median, 3),
            Math.Round(1000 * Pictures / median), Math.Round(device.AllocatedBytes / 1048576.0, 1)];
    }
}
