using System.Reflection;
using System.Reflection.Metadata;

namespace Dalle2.Gpu.Frontend;

/// <summary>A run of instructions that control enters at the top and leaves at the bottom.</summary>
/// <param name="Instructions">In order; the last one may be a branch.</param>
/// <param name="Successors">The offsets where control goes; a conditional branch's target comes before what follows it.</param>
sealed record IlBlock(List<IlInstruction> Instructions, int[] Successors);

/// <summary>A method's body as a control-flow graph.</summary>
sealed class MethodCode
{
    readonly Dictionary<int, IlBlock> blocks = [];

    public MethodCode(MethodBody body)
    {
        Locals = [.. body.LocalVariables.OrderBy(local => local.LocalIndex).Select(local => local.LocalType)];
        HasHandlers = body.ExceptionHandlingClauses.Count > 0;
        List<IlInstruction> instructions = IlReader.Read(body.GetILAsByteArray()!);
        HashSet<int> leaders = [0];
        foreach (IlInstruction instruction in instructions.Where(Ends))
        {
            leaders.UnionWith(Targets(instruction));
            leaders.Add(instruction.Next);
        }

        for (int i = 0; i < instructions.Count;)
        {
            int start = i++;
            while (i < instructions.Count && !leaders.Contains(instructions[i].Offset))
                i++;
            IlInstruction last = instructions[i - 1];
            blocks.Add(instructions[start].Offset, new IlBlock(instructions[start..i], Ends(last) ? [.. Targets(last)] : [last.Next]));
        }

        Order = ReversePostorder();
        foreach (int successor in Order.SelectMany(offset => blocks[offset].Successors))
            Incoming[successor] = Incoming.GetValueOrDefault(successor) + 1;
    }

    public Type[] Locals { get; }

    public bool HasHandlers { get; }

    /// <summary>The offsets of the blocks that can be reached, in reverse postorder: but for loops, each after those that lead to it.</summary>
    public List<int> Order { get; }

    /// <summary>The number of branches to each block from blocks that can be reached.</summary>
    public Dictionary<int, int> Incoming { get; } = [];

    public IlBlock this[int offset] => blocks[offset];

    List<int> ReversePostorder()
    {
        var order = new List<int>();
        var seen = new HashSet<int> { 0 };
        var path = new Stack<(int Offset, int Next)>();
        path.Push((0, 0));
        while (path.TryPop(out var top))
        {
            int[] successors = blocks[top.Offset].Successors;
            if (top.Next == successors.Length)
            {
                order.Add(top.Offset);
                continue;
            }

            path.Push((top.Offset, top.Next + 1));
            if (seen.Add(successors[top.Next]))
                path.Push((successors[top.Next], 0));
        }

        order.Reverse();
        return order;
    }

    static bool Ends(IlInstruction instruction) =>
        instruction.Code is (>= ILOpCode.Br and <= ILOpCode.Switch) or ILOpCode.Ret or ILOpCode.Throw or ILOpCode.Rethrow or ILOpCode.Leave or ILOpCode.Leave_s or ILOpCode.Endfinally or ILOpCode.Endfilter;

    static IEnumerable<int> Targets(IlInstruction instruction) => instruction.Code switch
    {
        ILOpCode.Br => [(int)instruction.Number],
        ILOpCode.Switch => [.. instruction.Targets, instruction.Next],
        > ILOpCode.Br and < ILOpCode.Switch => [(int)instruction.Number, instruction.Next],
        _ => [],
    };
}
