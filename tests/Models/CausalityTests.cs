using Dalle2.Gpu.Runtime;
using Dalle2.Layers;
using Dalle2.Models.Parts;
using Dalle2.Models.Unclip;
using Dalle2.Tensors;

namespace Dalle2.Tests.Models;

/// <summary>What a causal transformer gives at a place does not depend on what stands behind it, and does on what stands before.</summary>
public class CausalityTests
{
    const int Places = 5, Changed = 3, Width = 8;

    [Test]
    public void A_later_place_changes_nothing_before_it()
    {
        using Device device = Device.Open("cpu", 1);
        var transformer = new CausalTransformer(Places, Width, blocks: 2, heads: 2);
        using var store = new ParameterStore(device, "net", transformer, seed: 3);
        using var context = new Context(device);
        float[] x = [.. Enumerable.Range(0, Places * Width).Select(i => MathF.Sin(i))];
        float[] Run(float added)
        {
            float[] given = [.. x];
            given[Changed * Width] += added;
            context.BeginStep(0, training: false);
            return transformer.Forward(context, context.Upload(given, 1, Places, Width)).ToArray(device.Stream);
        }

        AssertCausal(Run(0), Run(2));
    }

    [Test]
    public void A_later_code_changes_no_logits_before_it_and_the_last_are_those_of_the_whole()
    {
        using Device device = Device.Open("cpu", 1);
        var network = new CodePriorNetwork(embedding: 3, components: 6, buckets: Width, width: 8, blocks: 2, heads: 2);
        using var store = new ParameterStore(device, "net", network, seed: 3);
        using var context = new Context(device);
        float[] Run(int[] before, Func<Context, Tensor, TokenBatch, Tensor> forward)
        {
            context.BeginStep(0, training: false);
            return forward(context, context.Upload([1f, -1f, .5f], 1, 3), TokenBatch.Of(context, before, true, 1, before.Length))
                .ToArray(device.Stream);
        }

        float[] whole = Run([0, 3, 8, 1, 5], network.Forward);
        AssertCausal(whole, Run([0, 3, 8, 2, 5], network.Forward));
        for (int places = 1; places <= Places; places++)
        {
            Assert.That(Run([.. ((int[])[0, 3, 8, 1, 5]).Take(places)], network.ForwardLast),
                Is.EqualTo(whole[((places - 1) * Width)..(places * Width)]), $"{places} places");
        }
    }

    static void AssertCausal(float[] first, float[] second)
    {
        Assert.That(second[..(Changed * Width)], Is.EqualTo(first[..(Changed * Width)]));
        for (int place = Changed; place < Places; place++)
            Assert.That(second[(place * Width)..((place + 1) * Width)], Is.Not.EqualTo(first[(place * Width)..((place + 1) * Width)]));
    }
}
