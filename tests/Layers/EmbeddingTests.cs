using Dalle2.Gpu.Runtime;
using Dalle2.Layers;

namespace Dalle2.Tests.Layers;

/// <summary>What an embedding refuses, and what padding leaves alone.</summary>
public class EmbeddingTests
{
    Device device = null!;
    Context context = null!;

    [SetUp]
    public void Open()
    {
        device = Device.Open("reference");
        context = new Context(device);
        context.BeginStep(1, training: true);
    }

    [TearDown]
    public void Close()
    {
        context.Dispose();
        device.Dispose();
    }

    [TestCase(5)]
    [TestCase(-1)]
    public void A_token_outside_of_the_vocabulary_is_named(int token)
    {
        var embedding = new Embedding(5, 2);
        using var store = new ParameterStore(device, "words", embedding, 1);
        Assert.That(
            () => embedding.Forward(context, TokenBatch.Of(context, [1, token], true, 2, 1)),
            Throws.ArgumentException.With.Message.Contains($"words: token {token} ").And.Message.Contains("vocabulary of 5"));
        // The refusal leaves the layer ready for the next batch.
        Assert.That(() => embedding.Forward(context, TokenBatch.Of(context, [1, 2], true, 2, 1)), Throws.Nothing);
    }

    [Test]
    public void Padding_reads_as_zeros_and_keeps_its_row_without_gradient()
    {
        var embedding = new Embedding(3, 2);
        using var store = new ParameterStore(device, "words", embedding, 1);
        embedding.Weight.Value.Write(context.Stream, [9, 9, 1, 2, 3, 4]);
        Tensors.Tensor y = embedding.Forward(context, TokenBatch.Of(context, [0, 2, 0, 1], true, 2, 2));
        Assert.That(y.Shape.ToArray(), Is.EqualTo(new[] { 2, 2, 2 }));
        Assert.That(y.ToArray(context.Stream), Is.EqualTo(new float[] { 0, 0, 3, 4, 0, 0, 1, 2 }));
        embedding.Backward(context, context.Upload([1f, 2, 3, 4, 5, 6, 7, 8], 2, 2, 2));
        Assert.That(embedding.Weight.Gradient.ToArray(context.Stream), Is.EqualTo(new float[] { 0, 0, 7, 8, 3, 4 }));
    }

    [Test]
    public void Tokens_and_table_must_agree_on_padding()
    {
        var embedding = new Embedding(3, 2);
        using var store = new ParameterStore(device, "words", embedding, 1);
        Assert.That(
            () => embedding.Forward(context, TokenBatch.Of(context, [1], false, 1)),
            Throws.ArgumentException.With.Message.Contains("words: token 0 is a word for the tokens and padding for the embedding"));
    }

    [Test]
    public void Tokens_that_change_from_batch_to_batch_have_the_gradients_of_fresh_ones()
    {
        var embedding = new Embedding(9, 1);
        using var store = new ParameterStore(device, "words", embedding, 1);
        var tokens = new TokenBatch();
        foreach (int[] batch in (int[][])[[3, 1, 3, 0], [8, 8], [0, 2, 5, 2, 2]])
        {
            store.ClearGradients();
            tokens.Set(batch);
            Assert.That(() => tokens.Tokens, Throws.InvalidOperationException.With.Message.Contains("Upload"));
            embedding.Forward(context, tokens.Upload(context, batch.Length));
            embedding.Backward(context, context.Upload([.. batch.Select((_, place) => place + 1f)], batch.Length, 1));
            float[] expected = [.. Enumerable.Range(0, 9)
                .Select(word => batch.Select((token, place) => token == word && word > 0 ? place + 1f : 0f).Sum())];
            Assert.That(embedding.Weight.Gradient.ToArray(context.Stream), Is.EqualTo(expected));
        }
    }

    [Test]
    public void A_batch_of_padding_alone_has_no_gradient()
    {
        var embedding = new Embedding(3, 2);
        using var store = new ParameterStore(device, "words", embedding, 1);
        embedding.Forward(context, TokenBatch.Of(context, [0, 0], true, 2, 1));
        embedding.Backward(context, context.Upload([1f, 2, 3, 4], 2, 1, 2));
        Assert.That(embedding.Weight.Gradient.ToArray(context.Stream), Is.All.Zero);
    }
}
