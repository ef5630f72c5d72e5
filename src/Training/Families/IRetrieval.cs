using Dalle2.Layers;
using Dalle2.Tensors;
using Dalle2.Training.Loop;

namespace Dalle2.Training.Families;

/// <summary>A model that puts captions and pictures into one space, so that one can be found by the other.</summary>
public interface IRetrieval
{
    /// <summary>The stage whose parameters are meant: later ones may move the encoders on.</summary>
    string RetrievalStage { get; }

    /// <summary>Unit vectors of captions, <c>[B, features]</c>.</summary>
    Tensor EmbedCaptions(Context context, Batch batch);

    /// <summary>Unit vectors of pictures, <c>[B, features]</c>.</summary>
    Tensor EmbedImages(Context context, Batch batch);
}
