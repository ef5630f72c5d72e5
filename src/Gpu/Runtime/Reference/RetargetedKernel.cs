using System.Reflection;
using System.Reflection.Emit;
using System.Reflection.Metadata;
using Dalle2.Gpu.Frontend;
using Dalle2.Gpu.Frontend.Meanings;
using Dalle2.Gpu.Ir;
using Label = System.Reflection.Emit.Label;

namespace Dalle2.Gpu.Runtime.Reference;

/// <summary>
/// A kernel for the device <c>reference</c>: its own intermediate language and that of all that it calls, copied instruction by instruction, but for calls of what asks for
/// the thread's place, its group or a view's element. ILGPU answers those on its CPU accelerator alone, and ends the process where an index is wrong;
/// here they go to <see cref="ThreadMembers"/>. Divisions of integers go to <see cref="IntegerDivision"/>.
/// </summary>
sealed class RetargetedKernel
{
    readonly Dictionary<MethodBase, MethodInfo> copies = [];
    readonly Dictionary<MethodBase, bool> reaching = [];

    readonly bool isChecked;

    /// <summary>Copies what has to be.</summary>
    /// <param name="kernel">The kernel.</param>
    /// <param name="isChecked">Whether a division without a result stops it.</param>
    public RetargetedKernel(MethodInfo kernel, bool isChecked)
    {
        this.isChecked = isChecked;
        Method = (MethodInfo)Target(kernel);
    }

    /// <summary>What to call for a thread.</summary>
    public MethodInfo Method { get; }

    /// <summary>Whether it has a barrier, a shuffle or shared memory, so that the threads of a group must wait for each other.</summary>
    public bool UsesGroupMemory { get; private set; }

    /// <summary>Whether it asks for its place in a grid or a group, or for its group.</summary>
    public bool AsksForGroup { get; private set; }

    /// <summary>Whether it has local memory, which each thread begins anew.</summary>
    public bool UsesLocalMemory { get; private set; }

    // What to call instead of a method: itself, where nothing in it is of a thread's own, so that the just-in-time compiler may inline it.
    MethodBase Target(MethodBase method)
    {
        if (ThreadMembers.Find(method) is { } member)
        {
            UsesGroupMemory |= ThreadMembers.IsOfGroup(member);
            AsksForGroup |= ThreadMembers.NeedsGroup(member);
            UsesLocalMemory |= ThreadMembers.IsLocalMemory(member);
            return member;
        }

        MethodBase meant = Meaning.Find(method) ?? method;
        return Reaches(meant) ? Copy(meant) : meant;
    }

    bool Reaches(MethodBase method)
    {
        if (reaching.TryGetValue(method, out bool known))
            return known;
        // Of a method that calls itself, the other calls decide.
        reaching[method] = false;
        return reaching[method] = Code(method) is { } code && Reaches(method, code, Instructions(method));
    }

    bool Reaches(MethodBase method, MethodCode code, List<IlInstruction> instructions) =>
        Divisions.Of(method, code, instructions).Count > 0 || (!Intrinsics.IsForeign(method.DeclaringType!) && instructions
            .Where(instruction => instruction.Code is ILOpCode.Call or ILOpCode.Callvirt or ILOpCode.Newobj or ILOpCode.Constrained)
            .Any(instruction => code.Resolve((int)instruction.Number) is MethodBase callee
                ? ThreadMembers.Find(callee) != null || Meaning.Find(callee) != null || callee.DeclaringType is { IsInterface: true }
                || Reaches(callee)
                : instruction.Code == ILOpCode.Constrained));

    static MethodCode? Code(MethodBase method) =>
        method.DeclaringType is null or { IsInterface: true } || method.GetMethodBody() == null
        || MethodCode.Of(method) is not { HasHandlers: false } code
            ? null : code;

    static List<IlInstruction> Instructions(MethodBase method) => IlReader.Read(method.GetMethodBody()!.GetILAsByteArray()!);

    MethodInfo Copy(MethodBase method)
    {
        if (copies.TryGetValue(method, out MethodInfo? copy))
            return copy;
        MethodCode code = Code(method)!;
        var made = new DynamicMethod(method.Name, method is MethodInfo { ReturnType: var type } ? type : typeof(void), code.Arguments,
            typeof(RetargetedKernel).Module, skipVisibility: true);
        copies.Add(method, made);
        ILGenerator il = made.GetILGenerator();
        foreach (Type local in code.Locals)
            il.DeclareLocal(local);
        List<IlInstruction> instructions = Instructions(method);
        IReadOnlyDictionary<int, StackKind> divisions = Divisions.Of(method, code, instructions);
        Dictionary<int, Label> labels = instructions.ToDictionary(instruction => instruction.Offset, _ => il.DefineLabel());
        Type? constraint = null;
        foreach (IlInstruction instruction in instructions)
        {
            il.MarkLabel(labels[instruction.Offset]);
            if (instruction.Code == ILOpCode.Constrained)
            {
                constraint = (Type)code.Resolve((int)instruction.Number);
                continue;
            }

            if (divisions.TryGetValue(instruction.Offset, out StackKind kind))
                EmitDivision(il, method, instruction, kind);
            else
                Emit(il, method, code, labels, instruction, constraint);
            constraint = null;
        }

        return made;
    }

    void EmitDivision(ILGenerator il, MethodBase method, IlInstruction instruction, StackKind kind)
    {
        if (isChecked)
            il.Emit(OpCodes.Ldstr, SourceLines.Describe(new SourcePosition(method, instruction.Offset)));
        il.Emit(OpCodes.Call, IntegerDivision.Of(instruction.Code, kind, isChecked));
    }

    void Emit(ILGenerator il, MethodBase method, MethodCode code, Dictionary<int, Label> labels, IlInstruction instruction,
        Type? constraint)
    {
        int number = unchecked((int)instruction.Number);
        OpCode op = IlReader.OpCodeOf(instruction.Code);
        switch (instruction.Code)
        {
            case ILOpCode.Call or ILOpCode.Callvirt:
                EmitCall(il, op, (MethodBase)code.Resolve(number), constraint);
                break;
            case ILOpCode.Newobj when Target((ConstructorInfo)code.Resolve(number)) is MethodInfo constructor:
                il.Emit(OpCodes.Call, Creation((ConstructorInfo)code.Resolve(number), constructor));
                break;
            case ILOpCode.Ldstr:
                il.Emit(op, method.Module.ResolveString(number));
                break;
            case ILOpCode.Ldc_i4:
                il.Emit(op, number);
                break;
            case ILOpCode.Ldc_i8:
                il.Emit(op, instruction.Number);
                break;
            case ILOpCode.Ldc_r4:
                il.Emit(op, BitConverter.Int32BitsToSingle(number));
                break;
            case ILOpCode.Ldc_r8:
                il.Emit(op, BitConverter.Int64BitsToDouble(instruction.Number));
                break;
            case ILOpCode.Ldarg or ILOpCode.Ldarga or ILOpCode.Starg or ILOpCode.Ldloc or ILOpCode.Ldloca or ILOpCode.Stloc:
                il.Emit(op, (short)number);
                break;
            case ILOpCode.Switch:
                il.Emit(op, [.. instruction.Targets.Select(target => labels[target])]);
                break;
            case ILOpCode.Unaligned:
                il.Emit(op, (byte)number);
                break;
            default:
                if (op.OperandType == OperandType.InlineBrTarget)
                    il.Emit(op, labels[number]);
                else if (!IlReader.HasOperand(instruction.Code))
                    il.Emit(op);
                else
                    EmitMember(il, op, code.Resolve(number));
                break;
        }
    }

    static void EmitMember(ILGenerator il, OpCode op, MemberInfo member)
    {
        switch (member)
        {
            case Type type:
                il.Emit(op, type);
                break;
            case FieldInfo field:
                il.Emit(op, field);
                break;
            case ConstructorInfo constructor:
                il.Emit(op, constructor);
                break;
            default:
                il.Emit(op, (MethodInfo)member);
                break;
        }
    }

    void EmitCall(ILGenerator il, OpCode op, MethodBase callee, Type? constraint)
    {
        // Of a struct that implements an interface the method is known; of what it only inherits it is not taken.
        MethodBase known = constraint == null ? callee : StructMembers.Implementation((MethodInfo)callee, constraint) is { } found
            && found.DeclaringType == constraint ? found : callee;
        MethodBase target = Target(known);
        bool isDirect = target != callee;
        if (!isDirect && constraint != null)
            il.Emit(OpCodes.Constrained, constraint);
        OpCode call = isDirect || target.IsStatic ? OpCodes.Call : op;
        if (target is ConstructorInfo constructor)
            il.Emit(call, constructor);
        else
            il.Emit(call, (MethodInfo)target);
    }

    // A constructor's copy fills what its first argument refers to; this makes it and gives it as a value.
    static DynamicMethod Creation(ConstructorInfo original, MethodInfo constructor)
    {
        Type type = original.DeclaringType!;
        Type[] parameters = [.. original.GetParameters().Select(parameter => parameter.ParameterType)];
        var creation = new DynamicMethod($"New{type.Name}", type, parameters, typeof(RetargetedKernel).Module, skipVisibility: true);
        ILGenerator il = creation.GetILGenerator();
        LocalBuilder created = il.DeclareLocal(type);
        il.Emit(OpCodes.Ldloca, created);
        for (int p = 0; p < parameters.Length; p++)
            il.Emit(OpCodes.Ldarg, (short)p);
        il.Emit(OpCodes.Call, constructor);
        il.Emit(OpCodes.Ldloc, created);
        il.Emit(OpCodes.Ret);
        return creation;
    }
}
