using System.Reflection;
using System.Reflection.Metadata;
using Dalle2.Gpu.Ir;

namespace Dalle2.Gpu.Frontend;

/// <content>What each instruction does.</content>
sealed partial class MethodTranslator
{
    Type? constraint;

    void Translate(IlInstruction instruction)
    {
        int number = (int)instruction.Number;
        switch (instruction.Code)
        {
            case ILOpCode.Nop:
            case ILOpCode.Readonly:
            case ILOpCode.Tail:
                break;
            case ILOpCode.Ldarg:
                Push(Read(arguments[number]));
                break;
            case ILOpCode.Starg:
                Write(arguments[number], Pop());
                break;
            case ILOpCode.Ldarga:
                Push(new VariableAddress(arguments[number], 0));
                break;
            case ILOpCode.Ldloc:
                Push(Read(locals[number]));
                break;
            case ILOpCode.Stloc:
                Write(locals[number], Pop());
                break;
            case ILOpCode.Ldloca:
                Push(new VariableAddress(locals[number], 0));
                break;
            case ILOpCode.Ldc_i4:
                Push(builder.Function.Constant(number));
                break;
            case ILOpCode.Ldc_i8:
                Push(builder.Function.Constant(instruction.Number));
                break;
            case ILOpCode.Ldc_r4:
                Push(builder.Function.Constant(IrType.F32, (uint)number));
                break;
            case ILOpCode.Ldc_r8:
                Push(builder.Function.Constant(IrType.F64, (ulong)instruction.Number));
                break;
            case ILOpCode.Dup:
                Push(stack.Peek());
                break;
            case ILOpCode.Pop:
                Pop();
                break;
            case ILOpCode.Br:
                Branch(number);
                break;
            case ILOpCode.Brtrue:
                Branch(Condition(Pop()), instruction);
                break;
            case ILOpCode.Brfalse:
                Branch(Not(Condition(Pop())), instruction);
                break;
            case >= ILOpCode.Beq and <= ILOpCode.Blt_un:
                Branch(Compare(instruction.Code), instruction);
                break;
            case ILOpCode.Switch:
                Switch(instruction);
                break;
            case ILOpCode.Ret:
                returns.Add((builder.Current, method is MethodInfo { ReturnType: var type }
                    && type != typeof(void) ? Returned(type) : null));
                break;
            case ILOpCode.Ceq or ILOpCode.Cgt or ILOpCode.Cgt_un or ILOpCode.Clt or ILOpCode.Clt_un:
                Push(Compare(instruction.Code));
                break;
            case >= ILOpCode.Add and <= ILOpCode.Xor:
                Binary(instruction.Code);
                break;
            case >= ILOpCode.Shl and <= ILOpCode.Shr_un:
                Shift(instruction.Code);
                break;
            case ILOpCode.Neg:
                Push(builder.Emit(Op.Negate, Number(Pop())));
                break;
            case ILOpCode.Not:
                Push(builder.Emit(Op.Not, Number(Pop())));
                break;
            case (>= ILOpCode.Conv_i1 and <= ILOpCode.Conv_u8) or ILOpCode.Conv_r_un or (>= ILOpCode.Conv_u2 and <= ILOpCode.Conv_i)
                or ILOpCode.Conv_u:
                Push(Convert(instruction.Code, Number(Pop())));
                break;
            case >= ILOpCode.Ldind_i1 and <= ILOpCode.Ldind_r8:
                Push(LoadPrimitive(Pop(), Indirect(instruction.Code)));
                break;
            case (>= ILOpCode.Stind_i1 and <= ILOpCode.Stind_r8) or ILOpCode.Stind_i:
                Item stored = Pop();
                StorePrimitive(Pop(), Indirect(instruction.Code), Scalar(stored));
                break;
            case ILOpCode.Ldobj:
                Push(Load(Pop(), LayoutOf(ResolveType(number))));
                break;
            case ILOpCode.Stobj:
                Item value = Pop();
                Store(Pop(), LayoutOf(ResolveType(number)), value);
                break;
            case ILOpCode.Cpobj:
                TypeLayout copied = LayoutOf(ResolveType(number));
                Item source = Load(Pop(), copied);
                Store(Pop(), copied, source);
                break;
            case ILOpCode.Initobj:
                TypeLayout cleared = LayoutOf(ResolveType(number));
                Store(Pop(), cleared, Zero(cleared));
                break;
            case ILOpCode.Ldfld:
                Push(LoadField(Pop(), ResolveField(number)));
                break;
            case ILOpCode.Ldflda:
                Push(FieldAddress(Pop(), ResolveField(number)));
                break;
            case ILOpCode.Stfld:
                Item assigned = Pop();
                FieldInfo field = ResolveField(number);
                Store(FieldAddress(Pop(), field), LayoutOf(field.FieldType), assigned);
                break;
            case ILOpCode.Ldsfld:
                Push(StaticValue(ResolveField(number)));
                break;
            case ILOpCode.Ldsflda:
                FieldInfo constant = ResolveField(number);
                if (StaticValue(constant) is not Data known)
                    throw Diagnostic.ManagedObject.At(builder.Position, "a reference to an array");
                Push(Spill(constant.FieldType, known));
                break;
            case ILOpCode.Stsfld:
                throw Diagnostic.StaticField.At(builder.Position, ResolveField(number).Name);
            case ILOpCode.Sizeof:
                Push(builder.Function.Constant(LayoutOf(ResolveType(number)).Size));
                break;
            case ILOpCode.Constrained:
                constraint = ResolveType(number);
                break;
            case ILOpCode.Call or ILOpCode.Callvirt:
                Call(ResolveMethod(number));
                break;
            case ILOpCode.Newobj:
                Construct((ConstructorInfo)ResolveMethod(number));
                break;
            case ILOpCode.Box:
                throw Diagnostic.Boxing.At(builder.Position, ResolveType(number).Name);
            case ILOpCode.Ldstr:
                Push(new Text(method.Module.ResolveString(number)));
                break;
            case ILOpCode.Newarr:
                Value[] extents = [Number(Pop())];
                Push(NewArray(ResolveType(number), extents));
                break;
            case ILOpCode.Ldlen:
                Push(builder.Function.Constant((long)Array(Pop()).Extents[0]));
                break;
            case ILOpCode.Ldelema or ILOpCode.Ldelem or (>= ILOpCode.Ldelem_i1 and <= ILOpCode.Ldelem_ref):
                Value[] read = [Number(Pop())];
                ManagedArray from = Array(Pop());
                ElementAddress at = ElementOf(from, read);
                Push(instruction.Code == ILOpCode.Ldelema ? at : Load(at, LayoutOf(from.Element)));
                break;
            case ILOpCode.Stelem or (>= ILOpCode.Stelem_i and <= ILOpCode.Stelem_ref):
                Item element = Pop();
                Value[] written = [Number(Pop())];
                ManagedArray to = Array(Pop());
                Store(ElementOf(to, written, isWritten: true), LayoutOf(to.Element), element);
                break;
            case ILOpCode.Ldtoken when code.Resolve(number) is FieldInfo token:
                Push(new FieldToken(token));
                break;
            case ILOpCode.Ldnull or ILOpCode.Castclass or ILOpCode.Isinst or ILOpCode.Unbox or ILOpCode.Unbox_any or ILOpCode.Ldind_ref
                or ILOpCode.Stind_ref or ILOpCode.Ldtoken:
                throw Diagnostic.ManagedObject.At(builder.Position, "an object");
            case ILOpCode.Ldftn or ILOpCode.Ldvirtftn:
                throw Diagnostic.ManagedObject.At(builder.Position, "a delegate");
            case ILOpCode.Throw or ILOpCode.Rethrow or ILOpCode.Leave or ILOpCode.Leave_s or ILOpCode.Endfinally or ILOpCode.Endfilter:
                throw Diagnostic.ExceptionHandling.At(builder.Position, instruction.Code == ILOpCode.Throw ? "throw" : "try");
            default:
                throw Diagnostic.Instruction.At(builder.Position, instruction.Code.ToString().ToLowerInvariant().Replace('_', '.'));
        }
    }

    Item Returned(Type type)
    {
        Item value = Pop();
        return type.IsByRef ? value : Coerce(value, LayoutOf(type));
    }

    Type ResolveType(int token) => (Type)code.Resolve(token);

    FieldInfo ResolveField(int token) => (FieldInfo)code.Resolve(token);

    MethodBase ResolveMethod(int token) => (MethodBase)code.Resolve(token);
}
