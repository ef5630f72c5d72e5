using Dalle2.Data;
using Dalle2.Layers;
using Dalle2.Tensors;
using Dalle2.Training.Drawing;
using Dalle2.Training.Loop;

namespace Dalle2.Training.Families;

/// <summary>A model that draws from the embedding of an image: a picture's own, or one that a caption gives. So pictures can be varied and changed, and what lies between two be drawn.</summary>
public interface IDrawsFromEmbeddings
{
    /// <summary>Numbers of an embedding.</summary>
    int EmbeddingLength { get; }

    /// <summary>The embeddings of pictures.</summary>
    /// <param name="context">A step that is not one of training.</param>
    /// <param name="pictures"><c>[side, side, 3]</c> in [0, 1] each.</param>
    float[][] EmbedPictures(Context context, IReadOnlyList<float[]> pictures);

    /// <summary>The embeddings of captions themselves, in the space of the pictures' and of their length.</summary>
    /// <param name="context">A step that is not one of training.</param>
    /// <param name="captions">The captions.</param>
    float[][] EmbedTexts(Context context, Batch captions);

    /// <summary>Image embeddings of captions, as they are drawn from.</summary>
    /// <param name="context">A step that is not one of training.</param>
    /// <param name="captions">The captions.</param>
    /// <param name="seed">With the number, decides them.</param>
    /// <param name="firstNumber">The number of the first one.</param>
    /// <param name="settings">The values of the sampler's options.</param>
    float[][] EmbedPrompts(Context context, Batch captions, ulong seed, int firstNumber, SamplerSettings settings);

    /// <summary>Draws: <c>[B, side, side, 3]</c>, in [0, 1] or a little out of it.</summary>
    /// <param name="context">A step that is not one of training.</param>
    /// <param name="embeddings">One for each picture.</param>
    /// <param name="seed">With a picture's number, decides its noise.</param>
    /// <param name="numbers">The number of each picture.</param>
    /// <param name="settings">The values of the sampler's options.</param>
    /// <param name="source">The picture that they come from; null draws from noise alone.</param>
    /// <param name="progress">Sees them emerge; null for nobody.</param>
    /// <exception cref="UserInputException">The sampler does not draw from a picture.</exception>
    Tensor Draw(
        Context context, IReadOnlyList<float[]> embeddings, ulong seed, IReadOnlyList<int> numbers, SamplerSettings settings,
        SourcePicture? source = null, DrawingProgress? progress = null);
}
