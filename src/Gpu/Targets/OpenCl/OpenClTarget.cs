using System.Text;
using Dalle2.Gpu.Ir;
using Dalle2.Gpu.Lowering;

namespace Dalle2.Gpu.Targets.OpenCl;

/// <summary>A kernel as OpenCL C.</summary>
/// <param name="Entry">The name of the kernel in the text.</param>
/// <param name="Text">The program.</param>
/// <param name="GroupBytes">Bytes of local memory that the kernel takes as an argument; 0 if it takes none.</param>
sealed record OpenClText(string Entry, string Text, int GroupBytes);

/// <summary>
/// Prints kernels as OpenCL C 1.2. With one lane, a work-item is a thread, which is what graphics cards want; with W lanes a work-item is W
/// threads side by side, in vectors: drivers for processors turn these into vector instructions, and do not find them by themselves.
/// </summary>
/// <remarks>
/// The kernel takes the launch's extent (implicitly grouped) as size_x, size_y, size_z, then its own parameters in order, an address as a buffer
/// object and an offset in bytes, then the memory that a group shares, if it does, and in checked mode the report at last. Explicitly grouped
/// kernels do without the sizes. (Memory of the group could be a variable of the kernel, but PoCL breaks vectors of such a variable's address.)
/// </remarks>
static class OpenClTarget
{
    /// <summary>Prints a function after all passes.</summary>
    /// <param name="function">The function.</param>
    /// <param name="lanes">Threads of a work-item: 1, 4, 8 or 16.</param>
    /// <param name="group">Of an explicitly grouped kernel, its group.</param>
    /// <param name="isChecked">Whether the function's checks are to be reported.</param>
    public static OpenClText Print(Function function, int lanes, GroupExtent? group, bool isChecked = false)
    {
        var prelude = new Prelude();
        string entry = Identifier(function.Name);
        bool isImplicit = group == null;
        var text = new StringBuilder();
        bool masked = !isImplicit && group!.Value.Size % lanes != 0;
        LinearCode code = Lowerer.Run(function, new LoweringOptions(lanes, masked, group, isChecked));
        string parameters = Parameters(code, isImplicit, isChecked);
        string body = BodyPrinter.Print(code, prelude, waits: group is null || group.Value.Size > lanes);
        if (isImplicit && lanes > 1)
        {
            // Only the last vector of a row has lanes without a thread: all others do without masks for it.
            string tail = BodyPrinter.Print(Lowerer.Run(function, new LoweringOptions(lanes, true, null, isChecked)), prelude, waits: true);
            string arguments = Arguments(code, isChecked);
            text.Append($"void whole_vector({parameters})\n{{\n{body}}}\n\n");
            text.Append($"void last_vector({parameters})\n{{\n{tail}}}\n\n");
            text.Append($"__kernel void {entry}({parameters})\n{{\n");
            text.Append($"    if (((uint)get_global_id(0) + 1u) * {lanes}u <= size_x)\n        whole_vector({arguments});\n");
            text.Append($"    else if ((uint)get_global_id(0) * {lanes}u < size_x)\n        last_vector({arguments});\n}}\n");
        }
        else
        {
            string shape = isImplicit ? "" : Required(group!.Value, lanes);
            string guard = isImplicit
                ? "    if (get_global_id(0) >= size_x || get_global_id(1) >= size_y || get_global_id(2) >= size_z)\n        return;\n" : "";
            text.Append($"__kernel {shape}void {entry}({parameters})\n{{\n{guard}{body}}}\n");
        }

        return new OpenClText(entry, Head(prelude + text.ToString()), code.SharedBytes);
    }

    static string Head(string rest)
    {
        string extensions = "";
        if (rest.Contains("double", StringComparison.Ordinal))
            extensions += "#pragma OPENCL EXTENSION cl_khr_fp64 : enable\n";
        if (rest.Contains("atom_", StringComparison.Ordinal))
        {
            extensions += "#pragma OPENCL EXTENSION cl_khr_int64_base_atomics : enable\n#pragma OPENCL EXTENSION "
                + "cl_khr_int64_extended_atomics : enable\n";
        }

        return extensions + "#pragma OPENCL FP_CONTRACT OFF\n\n" + rest;
    }

    static string Parameters(LinearCode code, bool isImplicit, bool isChecked)
    {
        var all = new List<string>();
        if (isImplicit)
            all.AddRange(["uint size_x", "uint size_y", "uint size_z"]);
        foreach (Register parameter in code.Parameters)
        {
            if (parameter.Type.IsPointer())
                all.AddRange([$"__global uchar* p{parameter.Number}", $"ulong o{parameter.Number}"]);
            else
                all.Add($"{ClType.Of(parameter.Type, 1)} p{parameter.Number}");
        }

        if (code.SharedBytes > 0)
            all.Add("__local ulong16* group_memory");
        if (isChecked)
            all.Add("__global ulong* report");
        return string.Join(", ", all);
    }

    static string Arguments(LinearCode code, bool isChecked)
    {
        IEnumerable<string> own = code.Parameters.SelectMany(p => p.Type.IsPointer()
            ? (string[])[$"p{p.Number}", $"o{p.Number}"] : [$"p{p.Number}"]);
        return string.Join(", ", (string[])["size_x", "size_y", "size_z", .. own, .. isChecked ? (string[])["report"] : []]);
    }

    static string Required(GroupExtent group, int lanes) => lanes == 1
        ? $"__attribute__((reqd_work_group_size({group.X}, {group.Y}, {group.Z}))) "
        : $"__attribute__((reqd_work_group_size({(group.Size + lanes - 1) / lanes}, 1, 1))) ";

    // Generic and nested names have characters that C does not.
    static string Identifier(string name) => string.Concat(name.Select(c => char.IsAsciiLetterOrDigit(c) ? c : '_'));
}
