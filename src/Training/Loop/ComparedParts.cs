using Dalle2.Gpu.Runtime;
using Dalle2.Layers;
using Dalle2.Tensors;
using Dalle2.Training.Ranks;

namespace Dalle2.Training.Loop;

/// <summary>The embeddings of all parts of a step, on each rank, and their gradients; see <see cref="IContrastiveStage"/>.</summary>
sealed class ComparedParts : IDisposable
{
    readonly Context context;
    readonly Context comparing;
    readonly IContrastiveStage stage;
    readonly PartShare share;
    readonly int[] parts;
    readonly Communicator? ranks;
    readonly Buffer<float> memory;
    readonly RecordedStep embed;
    readonly RecordedStep compare;

    // Of one part, fixed places that recorded work reads and writes: [texts or pictures, B, features]. And of all: [texts or pictures, parts, B, features].
    readonly Tensor embeddings;
    readonly Tensor gradients;
    readonly Tensor allEmbeddings;
    readonly Tensor allGradients;
    readonly float[] own = [];
    readonly float[] everyone = [];
    IntTensor? groups;

    /// <summary>Readies the memory.</summary>
    /// <param name="context">The steps.</param>
    /// <param name="stage">The stage.</param>
    /// <param name="size">Samples of a part.</param>
    /// <param name="share">Which parts are whose.</param>
    /// <param name="parts">The own ones.</param>
    /// <param name="ranks">Who takes part; null for this process alone.</param>
    public ComparedParts(Context context, IContrastiveStage stage, int size, PartShare share, int[] parts, Communicator? ranks)
    {
        (this.context, this.stage, this.share, this.parts, this.ranks) = (context, stage, share, parts, ranks);
        comparing = new Context(context.Device, context.Seed);
        int each = 2 * size * stage.Features, all = each * share.Parts;
        memory = context.Device.Allocate<float>(2L * each + 2L * all);
        embeddings = new Tensor(memory.View.Part(0, each), new Shape(2, size, stage.Features));
        gradients = new Tensor(memory.View.Part(each, each), new Shape(2, size, stage.Features));
        allEmbeddings = new Tensor(memory.View.Part(2L * each, all), new Shape(2, share.Parts, size, stage.Features));
        allGradients = new Tensor(memory.View.Part(2L * each + all, all), new Shape(2, share.Parts, size, stage.Features));
        if (ranks != null)
            (own, everyone) = (new float[each * share.Largest], new float[each * share.Largest * share.Ranks]);
        embed = new RecordedStep(context, () =>
        {
            var (text, image) = stage.Embed(context);
            context.Stream.Copy(text.View, embeddings.At(0).View);
            context.Stream.Copy(image.View, embeddings.At(1).View);
            return embeddings;
        });
        compare = new RecordedStep(comparing, CompareAll);
    }

    /// <summary>Whether what the forward pass kept is still there when the backward pass comes: with one own part it is, with more it is computed again.</summary>
    public bool IsKept => parts.Length == 1;

    /// <summary>Whether steps are recorded and replayed.</summary>
    public bool IsReplayed { set => embed.IsReplayed = compare.IsReplayed = value; }

    /// <summary>Embeds an own part, which was uploaded.</summary>
    /// <param name="place">Which of the own ones.</param>
    /// <param name="isReplayed">Whether it may be replayed.</param>
    public void Embed(int place, bool isReplayed)
    {
        if (isReplayed)
            embed.Run();
        else
            embed.Work();
        for (int half = 0; half < 2; half++)
            context.Stream.Copy(embeddings.At(half).View, allEmbeddings.At(half).At(parts[place]).View);
    }

    /// <summary>Takes the loss of all pairs, and finds the gradients of all embeddings.</summary>
    /// <param name="step">The step.</param>
    /// <param name="firstOfEach">Of each caption of the step the first that is the same one.</param>
    /// <param name="isReplayed">Whether it may be replayed.</param>
    /// <returns>The figures.</returns>
    public Tensor Compare(long step, int[] firstOfEach, bool isReplayed)
    {
        if (ranks != null)
            Share(ranks);
        comparing.BeginStep((ulong)step, training: true);
        using (comparing.GatherUploads())
            groups = comparing.Upload(firstOfEach, firstOfEach.Length);
        return isReplayed ? compare.Run() : CompareAll();
    }

    /// <summary>Chooses the own part that is differentiated next.</summary>
    public void Select(int place)
    {
        for (int half = 0; half < 2; half++)
            context.Stream.Copy(allGradients.At(half).At(parts[place]).View, gradients.At(half).View);
    }

    /// <summary>Queues the backward pass of the chosen part.</summary>
    public Tensor Differentiate()
    {
        if (!IsKept)
            stage.Embed(context);
        stage.Differentiate(context, gradients.At(0), gradients.At(1));
        return gradients;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        embed.Dispose();
        compare.Dispose();
        comparing.Dispose();
        memory.Dispose();
    }

    Tensor CompareAll()
    {
        int pairs = allEmbeddings.Shape[1] * allEmbeddings.Shape[2];
        var (figures, text, image) = stage.Compare(comparing, allEmbeddings.At(0).Reshape(pairs, stage.Features),
            allEmbeddings.At(1).Reshape(pairs, stage.Features), groups!);
        comparing.Stream.Copy(text.View, allGradients.At(0).View);
        comparing.Stream.Copy(image.View, allGradients.At(1).View);
        return figures;
    }

    // Gives all ranks the embeddings of all parts.
    void Share(Communicator ranks)
    {
        int half = embeddings.Length / 2, mine = parts.Length * half;
        for (int i = 0; i < 2; i++)
            context.Stream.Read(allEmbeddings.At(i).Slice(parts[0], parts.Length).View, own.AsSpan(i * mine, mine));
        ranks.AllGather<float>(own, everyone);
        for (int rank = 0; rank < share.Ranks; rank++)
        {
            int count = share.End(rank) - share.First(rank), theirs = count * half;
            for (int i = 0; i < 2 && rank != ranks.Rank; i++)
            {
                context.Stream.Write<float>(
                    everyone.AsSpan(rank * own.Length + i * theirs, theirs), allEmbeddings.At(i).Slice(share.First(rank), count).View);
            }
        }
    }
}
