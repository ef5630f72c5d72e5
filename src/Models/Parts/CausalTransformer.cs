namespace Dalle2.Models.Parts;

/// <summary>Learned positions and blocks of causal self-attention: <c>[batch, length, width]</c> to the same, where no place knows of those behind it.</summary>
public sealed class CausalTransformer : UnaryLayer
{
    readonly LearnedPositions positions;
    readonly TransformerBlock[] blocks;

    /// <summary>A transformer.</summary>
    /// <param name="places">The longest sequence.</param>
    /// <param name="width">Features of a place.</param>
    /// <param name="blocks">Blocks.</param>
    /// <param name="heads">Heads of the attention; they divide the width.</param>
    public CausalTransformer(int places, int width, int blocks, int heads)
    {
        positions = Compose("positions", new LearnedPositions(places, width));
        this.blocks = [.. Enumerable.Range(1, blocks).Select(i => Compose($"block{i}", new TransformerBlock(width, heads)))];
    }

    /// <inheritdoc/>
    protected override Tensor Compute(Context context, Tensor x)
    {
        Tensor y = positions.Forward(context, x);
        foreach (TransformerBlock block in blocks)
            y = block.Forward(context, y);
        return y;
    }

    /// <inheritdoc/>
    protected override Tensor Differentiate(Context context, Tensor dy)
    {
        Tensor dx = dy;
        for (int i = blocks.Length - 1; i >= 0; i--)
            dx = blocks[i].Backward(context, dx);
        return positions.Backward(context, dx);
    }
}
