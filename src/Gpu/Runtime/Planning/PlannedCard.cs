using System.Reflection;
using Dalle2.Gpu.Runtime.Tracing;

namespace Dalle2.Gpu.Runtime.Planning;

/// <summary>A card that is not here: a device that takes work and runs nothing of it, and what the work would look like on the card.</summary>
public sealed class PlannedCard : IDisposable
{
    readonly CardLimits card;
    readonly PlanningDevice device;
    readonly KernelVariants<PlannedKernel> kernels;

    /// <summary>A card.</summary>
    /// <param name="card">What it is.</param>
    /// <param name="precision">What products of matrices multiply there.</param>
    /// <exception cref="DeviceUnavailableException">It has no matrix units for the precision.</exception>
    public PlannedCard(CardLimits card, Precision precision = Precision.Float32)
    {
        this.card = card;
        device = new PlanningDevice(card) { Precision = precision };
        kernels = new((_, kernel, group) => new PlannedKernel(kernel, group, card));
    }

    /// <summary>Takes launches and copies as the card would. What is read from it is zero.</summary>
    public Device Device => device;

    /// <summary>What work takes on the card.</summary>
    /// <param name="work">Its launches on <see cref="Device"/>, once.</param>
    /// <param name="isWanted">The kernels that are looked at; null for all.</param>
    /// <exception cref="KernelException">A kernel does not fit the card.</exception>
    public StepPlan Plan(Action work, Predicate<MethodInfo>? isWanted = null)
    {
        var launches = new List<LaunchPlan>();
        int moves = 0;
        long moved = 0;
        double seconds = 0;
        device.Launched = launch =>
        {
            if (isWanted == null || isWanted(launch.Kernel.Method))
                launches.Add(Of(launch));
        };
        device.Moved = bytes =>
        {
            (moves, moved) = (moves + 1, moved + bytes);
            seconds += CostModel.Predict(card, bytes);
        };
        try
        {
            work();
        }
        finally
        {
            (device.Launched, device.Moved) = (null, null);
        }

        var joined = launches.GroupBy(one => (one.Method, one.Groups, one.Threads, one.Resources)).Select(Join);
        return new StepPlan(card, [.. joined.OrderByDescending(one => one.Seconds)], moves, moved, seconds);
    }

    /// <inheritdoc/>
    public void Dispose() => device.Dispose();

    LaunchPlan Of(Launch launch)
    {
        var (resources, groups, threads) = kernels.Of(launch).Of(launch);
        var occupancy = Occupancy.Of(card, threads, resources.Registers, resources.SharedBytes);
        if (occupancy.Groups == 0)
        {
            throw new KernelException($"{launch.Kernel.Name}: a group of {threads} threads with {resources.Registers} registers each and "
                + $"{resources.SharedBytes} bytes of shared memory does not fit a multiprocessor of {card.Name}");
        }

        var (bytes, flops) = LaunchCosts.Of(launch);
        var (seconds, limit) = CostModel.Predict(card, groups, occupancy, resources, flops, bytes);
        MethodInfo method = launch.Kernel.Method;
        string forms = method.IsGenericMethod ? $"<{string.Join(',', method.GetGenericArguments().Select(one => one.Name))}>" : "";
        return new LaunchPlan(card, launch.Kernel.Name + forms, method, 1, launch.Config != null, groups, threads, resources, occupancy,
            flops, bytes, seconds, limit);
    }

    static LaunchPlan Join(IEnumerable<LaunchPlan> same)
    {
        LaunchPlan[] all = [.. same];
        return all[0] with
        {
            Launches = all.Length,
            Flops = all.Sum(one => one.Flops),
            Bytes = all.Sum(one => one.Bytes),
            Seconds = all.Sum(one => one.Seconds),
            TimeLimit = all.GroupBy(one => one.TimeLimit).MaxBy(group => group.Sum(one => one.Seconds))!.Key,
        };
    }
}
