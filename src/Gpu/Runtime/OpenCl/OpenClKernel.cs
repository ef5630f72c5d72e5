using Dalle2.Gpu.Frontend;
using Dalle2.Gpu.Ir;
using Dalle2.Gpu.Passes;
using Dalle2.Gpu.Runtime.Tracing;
using Dalle2.Gpu.Targets.OpenCl;

namespace Dalle2.Gpu.Runtime.OpenCl;

/// <summary>A kernel compiled for one device and, if it is explicitly grouped, one extent of its groups.</summary>
sealed class OpenClKernel : IDisposable
{
    OpenClKernel(OpenClProgram program, Function function, int lanes, GroupExtent? group, int groupBytes)
    {
        Program = program;
        Parameters = [.. function.Parameters.Skip(function.IndexRank).Select(parameter => parameter.Type)];
        Checks = function.Checks;
        Lanes = lanes;
        Group = group;
        GroupBytes = groupBytes;
    }

    public OpenClProgram Program { get; }

    /// <summary>The types of the parameters, without the thread's index.</summary>
    public IrType[] Parameters { get; }

    /// <summary>In checked mode, what the numbers in a report mean.</summary>
    public IReadOnlyList<Check> Checks { get; }

    public int Lanes { get; }

    public GroupExtent? Group { get; }

    /// <summary>Bytes of memory that the threads of a group share.</summary>
    public int GroupBytes { get; }

    public static OpenClKernel Compile(SpecializedKernel kernel, GroupExtent? group, int lanes, CheckMode checking, Func<OpenClText, string,
        OpenClProgram> build)
    {
        var options = new CompileOptions(group, checking);
        Function function = CompileTrace.Optimize(kernel, options);
        OpenClText text = Compiler.OpenCl(function, options, lanes);
        string ending = $"{(options.IsChecked ? "checked." : "")}x{lanes}.cl";
        CompileTrace.Emitted(kernel, group, ending, () => text.Text);
        text = text with { Text = KernelFiles.Override(KernelFiles.NameOf(kernel, group), ending, text.Text) };
        return new OpenClKernel(build(text, function.Name), function, lanes, group, text.GroupBytes);
    }

    /// <summary>The work-items of a launch along each axis, and those of a work-group.</summary>
    public (Index3D Global, Index3D Local) WorkItems(Launch launch)
    {
        if (launch.Config is not { } config)
        {
            return Lanes > 1 ? (new Index3D((launch.Extent.X + Lanes - 1) / Lanes, launch.Extent.Y, launch.Extent.Z), new Index3D(1, 1, 1))
                : Rounded(launch.Extent);
        }

        Index3D local = Lanes == 1 ? config.GroupDim : new Index3D((config.GroupDim.Size + Lanes - 1) / Lanes, 1, 1);
        return (new Index3D(config.GridDim.X * local.X, config.GridDim.Y * local.Y, config.GridDim.Z * local.Z), local);
    }

    public void Dispose() => Program.Dispose();

    // Work-groups of 64 threads, as square as the launch is; the threads beyond its extent end at once.
    static (Index3D Global, Index3D Local) Rounded(Index3D extent)
    {
        Index3D local = extent.Y > 1 && extent.X <= 32 ? new Index3D(8, 8, 1) : new Index3D(64, 1, 1);
        return (new Index3D((extent.X + local.X - 1) / local.X * local.X, (extent.Y + local.Y - 1) / local.Y * local.Y, extent.Z), local);
    }
}
