using System.Collections.Concurrent;
using System.Reflection;
using System.Reflection.Metadata;
using System.Runtime.CompilerServices;

namespace Dalle2.Gpu.Frontend;

/// <summary>A run of instructions that control enters at the top and leaves at the bottom.</summary>
/// <param name="Instructions">In order; the last one may be a branch.</param>
/// <param name="Successors">The offsets where control goes; a conditional branch's target comes before what follows it.</param>
sealed record IlBlock(List<IlInstruction> Instructions, int[] Successors);

/// <summary>A method's body as a control-flow graph.</summary>
sealed class MethodCode
{
    // Methods are inlined many times over. Weak, since a method may be of an assembly that is unloaded.
    static readonly ConditionalWeakTable<MethodBase, MethodCode> Known = [];

    readonly Dictionary<int, IlBlock> blocks = [];
    readonly MethodBase method;
    readonly Type[]? typeArguments;
    readonly Type[]? methodArguments;
    readonly ConcurrentDictionary<int, MemberInfo> members = new();

    MethodCode(MethodBase method, MethodBody body)
    {
        this.method = method;
        typeArguments = method.DeclaringType is { IsGenericType: true } type ? type.GetGenericArguments() : null;
        methodArguments = method.IsGenericMethod ? method.GetGenericArguments() : null;
        Type[] types = [.. method.GetParameters().Select(p => p.ParameterType)];
        Arguments = method.IsStatic ? types : [method.DeclaringType!.IsValueType
            ? method.DeclaringType.MakeByRefType() : method.DeclaringType, .. types];
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

    /// <summary>The code of a method; null if it has none.</summary>
    public static MethodCode? Of(MethodBase method)
    {
        if (!Known.TryGetValue(method, out MethodCode? code) && method.GetMethodBody() is { } body)
            Known.AddOrUpdate(method, code = new MethodCode(method, body));
        return code;
    }

    /// <summary>The types of the arguments, of an instance's method first that of the reference to the instance.</summary>
    public Type[] Arguments { get; }

    public Type[] Locals { get; }

    public bool HasHandlers { get; }

    /// <summary>The offsets of the blocks that can be reached, in reverse postorder: but for loops, each after those that lead to it.</summary>
    public List<int> Order { get; }

    /// <summary>The number of branches to each block from blocks that can be reached.</summary>
    public Dictionary<int, int> Incoming { get; } = [];

    public IlBlock this[int offset] => blocks[offset];

    /// <summary>The type, field or method that a token means.</summary>
    public MemberInfo Resolve(int token) =>
        members.GetOrAdd(token, static (t, code) => code.method.Module.ResolveMember(t, code.typeArguments, code.methodArguments)!, this);

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
        instruction.Code is (>= ILOpCode.Br and <= ILOpCode.Switch) or ILOpCode.Ret or ILOpCode.Throw or ILOpCode.Rethrow or ILOpCode.Leave
        or ILOpCode.Leave_s or ILOpCode.Endfinally or ILOpCode.Endfilter;

    static IEnumerable<int> Targets(IlInstruction instruction) => instruction.Code switch
    {
        ILOpCode.Br => [(int)instruction.Number],
        ILOpCode.Switch => [.. instruction.Targets, instruction.Next],
        > ILOpCode.Br and < ILOpCode.Switch => [(int)instruction.Number, instruction.Next],
        _ => [],
    };
}
