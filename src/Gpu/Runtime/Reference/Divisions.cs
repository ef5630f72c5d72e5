using System.Reflection;
using System.Reflection.Emit;
using System.Reflection.Metadata;
using Dalle2.Gpu.Frontend;

namespace Dalle2.Gpu.Runtime.Reference;

/// <summary>
/// Finds the divisions of integers in a method and what they divide: the intermediate language has one instruction for all types, so that the evaluation
/// stack is followed, in one walk, as the language's rules allow it.
/// </summary>
sealed class Divisions
{
    readonly Dictionary<int, StackKind> found = [];
    readonly Dictionary<int, StackKind[]> merges = [];
    readonly MethodCode code;
    Stack<StackKind> stack = new();

    Divisions(MethodCode code) => this.code = code;

    /// <summary>Whether an instruction divides.</summary>
    public static bool IsDivision(ILOpCode code) => code is ILOpCode.Div or ILOpCode.Div_un or ILOpCode.Rem or ILOpCode.Rem_un;

    /// <summary>The offsets of the divisions of integers whose divisors are not plainly constants other than 0 and -1, with what they divide.</summary>
    public static IReadOnlyDictionary<int, StackKind> Of(MethodBase method, MethodCode code, IReadOnlyList<IlInstruction> instructions)
    {
        var divisions = new Divisions(code);
        if (instructions.Any(instruction => IsDivision(instruction.Code)))
            divisions.Walk(method, instructions);
        return divisions.found;
    }

    void Walk(MethodBase method, IReadOnlyList<IlInstruction> instructions)
    {
        HashSet<int> targets = [.. instructions.SelectMany(Targets)];
        for (int i = 0; i < instructions.Count; i++)
        {
            IlInstruction instruction = instructions[i];
            if (merges.TryGetValue(instruction.Offset, out StackKind[]? merged))
                stack = new(merged.Reverse());
            if (IsDivision(instruction.Code))
            {
                StackKind kind = Pair();
                bool isKnown = !targets.Contains(instruction.Offset) && i > 0
                    && instructions[i - 1] is { Code: ILOpCode.Ldc_i4 or ILOpCode.Ldc_i8, Number: not (0 or -1) };
                if (kind is not (StackKind.Float or StackKind.Other) && !isKnown)
                    found.Add(instruction.Offset, kind);
            }

            Follow(method, instruction);
            foreach (int target in Targets(instruction))
                merges.TryAdd(target, [.. stack]);
            if (instruction.Code is ILOpCode.Br or ILOpCode.Ret or ILOpCode.Throw)
                stack.Clear();
        }
    }

    // The kind of the two values on top: what is as wide as an address makes the other so.
    StackKind Pair()
    {
        StackKind top = stack.Pop(), below = stack.Peek();
        stack.Push(top);
        return below == StackKind.Native ? below : top;
    }

    void Follow(MethodBase method, IlInstruction instruction)
    {
        OpCode op = IlReader.OpCodeOf(instruction.Code);
        StackKind pushed = Pushed(op, instruction);
        for (int count = Popped(method, op, instruction); count > 0 && stack.Count > 0; count--)
            stack.Pop();
        switch (op.StackBehaviourPush)
        {
            case StackBehaviour.Push0:
                return;
            case StackBehaviour.Push1_push1:
                stack.Push(pushed);
                break;
            case StackBehaviour.Varpush when code.Resolve((int)instruction.Number) is MethodInfo { ReturnType: var type }:
                if (type == typeof(void))
                    return;
                pushed = KindOf(type);
                break;
            case StackBehaviour.Varpush:
                return;
        }

        stack.Push(pushed);
    }

    StackKind Pushed(OpCode op, IlInstruction instruction) => op.StackBehaviourPush switch
    {
        StackBehaviour.Pushi8 => StackKind.Long,
        StackBehaviour.Pushr4 or StackBehaviour.Pushr8 => StackKind.Float,
        StackBehaviour.Pushi =>
        instruction.Code is ILOpCode.Conv_i or ILOpCode.Conv_u or ILOpCode.Conv_ovf_i or ILOpCode.Conv_ovf_u or ILOpCode.Conv_ovf_i_un
            or ILOpCode.Conv_ovf_u_un or ILOpCode.Ldind_i or ILOpCode.Ldelem_i or ILOpCode.Ldlen or ILOpCode.Ldflda or ILOpCode.Ldsflda
            or ILOpCode.Ldelema
            or ILOpCode.Ldarga or ILOpCode.Ldloca or ILOpCode.Localloc or ILOpCode.Ldftn or ILOpCode.Ldvirtftn or ILOpCode.Unbox
            ? StackKind.Native : StackKind.Int,
        StackBehaviour.Push1_push1 => stack.Peek(),
        StackBehaviour.Push1 => instruction.Code switch
        {
            ILOpCode.Ldarg => KindOf(code.Arguments[(int)instruction.Number]),
            ILOpCode.Ldloc => KindOf(code.Locals[(int)instruction.Number]),
            ILOpCode.Ldfld or ILOpCode.Ldsfld => KindOf(((FieldInfo)code.Resolve((int)instruction.Number)).FieldType),
            ILOpCode.Ldobj or ILOpCode.Ldelem or ILOpCode.Unbox_any => KindOf((Type)code.Resolve((int)instruction.Number)),
            ILOpCode.Shl or ILOpCode.Shr or ILOpCode.Shr_un => stack.ElementAt(1),
            ILOpCode.Neg or ILOpCode.Not => stack.Peek(),
            _ => Pair(),
        },
        _ => StackKind.Other,
    };

    int Popped(MethodBase method, OpCode op, IlInstruction instruction)
    {
        switch (op.StackBehaviourPop)
        {
            case StackBehaviour.Pop0:
                return 0;
            case StackBehaviour.Varpop when instruction.Code == ILOpCode.Ret:
                return method is MethodInfo { ReturnType: var type } && type != typeof(void) ? 1 : 0;
            case StackBehaviour.Varpop:
                return code.Resolve((int)instruction.Number) is MethodBase callee
                    ? callee.GetParameters().Length + (callee.IsStatic || instruction.Code == ILOpCode.Newobj ? 0 : 1)
                    : 0;
            default:
                // Named by what they take: Popref_popi_pop1 takes three.
                return op.StackBehaviourPop.ToString().Split('_').Length;
        }
    }

    static IEnumerable<int> Targets(IlInstruction instruction) => instruction.Code switch
    {
        ILOpCode.Switch => instruction.Targets,
        >= ILOpCode.Br and < ILOpCode.Switch => [(int)instruction.Number],
        _ => [],
    };

    static StackKind KindOf(Type type)
    {
        if (type.IsByRef || type.IsPointer || type == typeof(nint) || type == typeof(nuint))
            return StackKind.Native;
        return Type.GetTypeCode(type) switch
        {
            TypeCode.Single or TypeCode.Double => StackKind.Float,
            TypeCode.Int64 or TypeCode.UInt64 => StackKind.Long,
            >= TypeCode.Boolean and <= TypeCode.UInt32 => StackKind.Int,
            _ => StackKind.Other,
        };
    }
}
