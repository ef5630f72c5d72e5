using System.Text;
using Dalle2.Gpu.Ir;

namespace Dalle2.Gpu.Targets.OpenCl;

/// <content>Functions that take a vector's lanes apart.</content>
sealed partial class BodyPrinter
{
    // One element from each of the lanes' addresses.
    string Gather(IrType pointer, MemoryType type)
    {
        string element = ClType.Of(type), space = ClType.Space(pointer);
        string reads = string.Join(", ", Enumerable.Range(0, lanes).Select(l => $"*({space} const {element}*)a.s{l:x}"));
        return prelude.Require($"gather{space[1..]}_{element}x{lanes}", n => $$"""
            {{element}}{{lanes}} {{n}}(ulong{{lanes}} a)
            {
                return ({{element}}{{lanes}})({{reads}});
            }
            """);
    }

    // The lanes of the mask write in rising order. As a loop, since a kernel has many of these and each is compiled in its place.
    string Scatter(IrType pointer, MemoryType type)
    {
        string element = ClType.Stored(type), space = ClType.Space(pointer);
        return prelude.Require($"scatter{space[1..]}_{element}x{lanes}", n => $$"""
            void {{n}}(ulong{{lanes}} a, {{element}}{{lanes}} v, int{{lanes}} m)
            {
                ulong addresses[{{lanes}}];
                {{element}} values[{{lanes}}];
                int active[{{lanes}}];
                vstore{{lanes}}(a, 0, addresses);
                vstore{{lanes}}(v, 0, values);
                vstore{{lanes}}(m, 0, active);
                __attribute__((opencl_unroll_hint(1)))
                for (int lane = 0; lane < {{lanes}}; lane++)
                {
                    if (active[lane])
                        *({{space}} {{element}}*)addresses[lane] = values[lane];
                }
            }
            """);
    }

    // OpenCL's own functions of these names look at each lane by itself in some drivers, which makes kernels large and slow.
    string Whether(string mask, bool all)
    {
        string op = all ? "&" : "|", name = all ? "every" : "some", type = $"int{lanes}", last = "m";
        var steps = new StringBuilder();
        for (int width = lanes / 2; width >= 2; width /= 2)
        {
            steps.Append($"\n    int{width} m{width} = {last}.lo {op} {last}.hi;");
            last = $"m{width}";
        }

        string function = prelude.Require($"{name}_of_x{lanes}", n => $$"""
            int {{n}}({{type}} m)
            {{{steps}}
                return {{last}}.x {{op}} {{last}}.y;
            }
            """);
        return $"{function}({mask})";
    }

    string Any(string mask) => Whether(mask, all: false);

    string All(string mask) => Whether(mask, all: true);

    // Something to read for lanes that are to read nothing.
    string Nowhere() => prelude.Require("nowhere", n => $"__constant ulong {n}[1] = {{ 0 }};");

    // One lane of a vector, by its number.
    string Lane(IrType type)
    {
        string scalar = ClType.Wide(type) ? "ulong" : "uint", element = ClType.Of(type, lanes)[..^$"{lanes}".Length];
        if (type.IsFloat())
            scalar = element;
        return prelude.Require($"lane_{scalar}x{lanes}", n => $$"""
            {{scalar}} {{n}}({{scalar}}{{lanes}} v, int lane)
            {
                {{scalar}} all[{{lanes}}];
                vstore{{lanes}}(v, 0, all);
                return all[lane];
            }
            """);
    }

    // The number of the first lane of a mask; 0 if there is none.
    string FirstOf() => prelude.Require($"first_of_x{lanes}", n => $$"""
        int {{n}}(int{{lanes}} m)
        {
            {{string.Join("\n    ", Enumerable.Range(0, lanes).Select(l => $"if (m.s{l:x}) return {l};"))}}
            return 0;
        }
        """);
}
