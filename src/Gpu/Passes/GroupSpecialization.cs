using Dalle2.Gpu.Ir;

namespace Dalle2.Gpu.Passes;

/// <summary>Makes constants of a group's extent, and of indices along an extent of 1, for targets that compile a kernel for each.</summary>
static class GroupSpecialization
{
    public static void Run(Function function, GroupExtent group)
    {
        var replacements = new Dictionary<Value, Value>();
        foreach (Block block in function.Blocks)
        {
            foreach (Instruction instruction in block.Instructions)
            {
                int? extent = instruction.Op switch
                {
                    Op.GroupSizeX => group.X,
                    Op.GroupSizeY => group.Y,
                    Op.GroupSizeZ => group.Z,
                    Op.GroupIndexX when group.X == 1 => 0,
                    Op.GroupIndexY when group.Y == 1 => 0,
                    Op.GroupIndexZ when group.Z == 1 => 0,
                    _ => null,
                };
                if (extent is { } known)
                    replacements.Add(instruction, function.Constant(known));
            }
        }

        function.Replace(replacements);
    }
}
