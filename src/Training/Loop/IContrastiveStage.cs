using Dalle2.Layers;
using Dalle2.Tensors;

namespace Dalle2.Training.Loop;

/// <summary>
/// A stage whose loss compares all pairs of a step with each other. Where a step has several parts, all are embedded first, then the loss of all pairs is
/// taken, then each part is differentiated by the gradients of its own embeddings: the gradient of the whole, in the memory of a part (GradCache: Gao et al., 2021,
/// arXiv 2101.06983).
/// </summary>
interface IContrastiveStage
{
    /// <summary>Numbers of an embedding.</summary>
    int Features { get; }

    /// <summary>Queues the forward pass, in training, of what was uploaded.</summary>
    /// <returns>Unit vectors of captions and of pictures, <c>[B, features]</c>.</returns>
    (Tensor Text, Tensor Image) Embed(Context context);

    /// <summary>Queues the loss and its own backward pass, which adds to the gradients of the loss's parameters.</summary>
    /// <param name="context">The step.</param>
    /// <param name="text">Embeddings of all captions of a step, <c>[N, features]</c>.</param>
    /// <param name="image">Those of their pictures.</param>
    /// <param name="groups">Of each pair the first with the same caption, <c>[N]</c>.</param>
    /// <returns>Figures as <see cref="Stage.Run"/> has them, and the gradients of the embeddings.</returns>
    (Tensor Figures, Tensor Text, Tensor Image) Compare(Context context, Tensor text, Tensor image, IntTensor groups);

    /// <summary>Queues the backward pass behind <see cref="Embed"/>.</summary>
    /// <param name="context">The step.</param>
    /// <param name="text">The gradients of the captions' embeddings.</param>
    /// <param name="image">Those of the pictures'.</param>
    void Differentiate(Context context, Tensor text, Tensor image);
}
