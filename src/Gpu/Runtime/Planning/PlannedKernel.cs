using Dalle2.Gpu.Frontend;
using Dalle2.Gpu.Ir;
using Dalle2.Gpu.Runtime.Cuda;
using Dalle2.Gpu.Targets.Ptx;

namespace Dalle2.Gpu.Runtime.Planning;

/// <summary>A kernel as the CUDA device would compile it for a card, short of what the driver does.</summary>
sealed class PlannedKernel
{
    readonly KernelResources?[] resources = new KernelResources?[2];
    readonly CardLimits card;
    readonly CompileOptions options;
    readonly Function function;
    readonly IrType[] parameters;

    public PlannedKernel(SpecializedKernel kernel, GroupExtent? group, CardLimits card)
    {
        this.card = card;
        options = new CompileOptions(group, HasMatrixUnits: card.HasMatrixUnits);
        function = Compiler.Optimize(kernel, options);
        parameters = [.. function.Parameters.Skip(function.IndexRank).Select(parameter => parameter.Type)];
    }

    /// <summary>The resources for a launch, and how it is cut into groups.</summary>
    public (KernelResources Resources, int Groups, int Threads) Of(Launch launch)
    {
        bool aligned = Alignment.OfViews(parameters, launch.Parameters);
        KernelResources own = resources[aligned ? 1 : 0] ??=
            KernelResources.Of(Compiler.Ptx(function, options, card.SmVersion, aligned), options.Group?.Size ?? 0);
        if (launch.Config is { } config)
            return (own, (int)config.GridDim.Size, (int)config.GroupDim.Size);
        int best = ExtentGroups.MostResident(threads => Occupancy.Of(card, threads, own.Registers, own.SharedBytes).Groups)
            ?? throw new KernelException($"{launch.Kernel.Name}: not even one warp fits a multiprocessor of {card.Name}");
        var (groups, threads) = ExtentGroups.Spread((int)launch.Extent.Size, best, card.Multiprocessors);
        return (own, groups, threads);
    }
}
