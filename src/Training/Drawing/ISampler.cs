using Dalle2.Layers;
using Dalle2.Tensors;
using Dalle2.Training.Loop;

namespace Dalle2.Training.Drawing;

/// <summary>Draws pictures from captions.</summary>
public interface ISampler
{
    /// <summary>The stages of which at least one must be trained.</summary>
    IReadOnlyList<string> Stages { get; }

    /// <summary>Stages besides, all of which must be trained.</summary>
    IReadOnlyList<string> NeededStages => [];

    /// <summary>Draws: <c>[B, side, side, 3]</c>, in [0, 1] or a little out of it. Picture i of a seed is the same whether it is drawn alone or with others.</summary>
    /// <param name="context">A step that is not one of training.</param>
    /// <param name="captions">The captions; pictures of the batch are not looked at.</param>
    /// <param name="seed">With a picture's number, decides its noise.</param>
    /// <param name="firstNumber">The number of the first picture.</param>
    /// <param name="settings">The values of the family's options.</param>
    /// <param name="progress">Sees them emerge, of a sampler that draws in steps; null for nobody.</param>
    Tensor Draw(
        Context context, Batch captions, ulong seed, int firstNumber, SamplerSettings settings, DrawingProgress? progress = null);
}
