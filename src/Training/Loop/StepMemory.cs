using Dalle2.Data;
using Dalle2.Gpu.Runtime;
using Dalle2.Layers;
using Dalle2.Tensors;

namespace Dalle2.Training.Loop;

/// <summary>How much memory of the device a step of a stage takes, found by going through one on a device that only counts.</summary>
static class StepMemory
{
    /// <summary>The bytes that the tensors of a step take, parameters and the optimizer's moments aside.</summary>
    /// <param name="device">Where it shall run.</param>
    /// <param name="stage">The stage; nothing of it is changed.</param>
    /// <param name="batch">The largest batch.</param>
    /// <param name="parts">Batches of a step.</param>
    public static long Of(Device device, Stage stage, Batch batch, int parts = 1) => Figures(device, stage, batch, parts).Held;

    /// <summary>Says what a stage needs before it is trained.</summary>
    /// <returns>A sentence with the figures.</returns>
    /// <exception cref="UserInputException">The device has less; the message has the figures and says what to do.</exception>
    public static string Require(Device device, Stage stage, Batch batch, int parts = 1)
    {
        var (needed, inFloats, inBrainFloats) = Figures(device, stage, batch, parts);
        long available = device.AvailableBytes;
        string pictures = parts == 1 ? $"{batch.Size} pictures" : $"{parts} parts of {batch.Size} pictures";
        string figures = $"stage '{stage.Name}' takes {Mebibytes(needed)} for a step of {pictures}, beside the "
            + $"{Mebibytes(device.AllocatedBytes)} of parameters and moments";
        if (needed > available)
        {
            throw new UserInputException($"{device.Label}: {figures}, and {Mebibytes(available)} are available; take a smaller batch "
                + $"(--set batch=N, it is {batch.Size}; with accumulation=N as many times larger, a step has as many pictures as now), "
                + $"smaller pictures (--set imageSide=N) or a smaller model");
        }

        string types = inBrainFloats == 0 ? ""
            : $"; of the step's tensors, {Mebibytes(inBrainFloats)} are in bfloat16 and {Mebibytes(inFloats)} "
            + "in float32";
        return $"memory of {device.Label}: {figures}{types}";
    }

    // What the arena holds, and what is asked of it in each type, memory that serves several tensors counted for each.
    static (long Held, long InFloats, long InBrainFloats) Figures(Device device, Stage stage, Batch batch, int parts)
    {
        // The first step will want the kernels.
        using Device plan = device.ForPreparing() ?? device.ForPlanning();
        using var context = new Context(plan);
        context.BeginStep(0, training: true);
        using (context.GatherUploads())
            stage.Upload(context, batch);
        stage.Run(context);
        using var comparing = new Context(plan);
        if (parts > 1 && stage is IContrastiveStage contrastive)
        {
            // The pairs of all parts, which are compared beside what is kept of one.
            int pairs = parts * batch.Size;
            comparing.BeginStep(0, training: true);
            Tensor embeddings = comparing.Allocate(pairs, contrastive.Features);
            contrastive.Compare(comparing, embeddings, embeddings, comparing.Upload(new int[pairs], pairs));
        }

        return (context.CapacityBytes + comparing.CapacityBytes,
            context.Arena.BytesOf(ElementType.Float32), context.Arena.BytesOf(ElementType.BFloat16));
    }

    static string Mebibytes(long bytes) => $"{bytes / 1048576.0:F0} MiB";
}
