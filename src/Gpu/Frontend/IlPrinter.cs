using System.Globalization;
using System.Reflection;
using System.Reflection.Metadata;
using System.Text;

namespace Dalle2.Gpu.Frontend;

/// <summary>The text of a method's own intermediate language.</summary>
static class IlPrinter
{
    /// <summary>An instruction a line; short forms are widened.</summary>
    /// <exception cref="ArgumentException">The method has no body.</exception>
    public static string Print(MethodInfo method)
    {
        byte[] il = method.GetMethodBody()?.GetILAsByteArray() ?? throw new ArgumentException($"{method.Name} has no body");
        var text = new StringBuilder();
        foreach (IlInstruction instruction in IlReader.Read(il))
        {
            text.Append($"IL_{instruction.Offset:x4}: {instruction.Code.ToString().ToLowerInvariant().Replace('_', '.')}");
            if (IlReader.HasOperand(instruction.Code))
                text.Append(' ').Append(Operand(method, instruction));
            text.Append('\n');
        }

        return text.ToString();
    }

    static string Operand(MethodInfo method, IlInstruction instruction)
    {
        int token = unchecked((int)instruction.Number);
        Type[]? arguments = method.IsGenericMethod ? method.GetGenericArguments() : null;
        switch (instruction.Code)
        {
            case ILOpCode.Switch:
                return string.Join(", ", instruction.Targets.Select(target => $"IL_{target:x4}"));
            case ILOpCode.Ldc_r4:
                return BitConverter.Int32BitsToSingle(token).ToString("R", CultureInfo.InvariantCulture);
            case ILOpCode.Ldc_r8:
                return BitConverter.Int64BitsToDouble(instruction.Number).ToString("R", CultureInfo.InvariantCulture);
            case >= ILOpCode.Br and <= ILOpCode.Blt_un or ILOpCode.Leave:
                return $"IL_{token:x4}";
            case ILOpCode.Call or ILOpCode.Callvirt or ILOpCode.Newobj
                or ILOpCode.Ldfld or ILOpCode.Ldflda or ILOpCode.Stfld or ILOpCode.Ldsfld
                or ILOpCode.Initobj or ILOpCode.Ldobj or ILOpCode.Stobj or ILOpCode.Constrained or ILOpCode.Sizeof:
                MemberInfo? member = method.Module.ResolveMember(token, null, arguments);
                return member is Type type ? type.Name : $"{member?.DeclaringType?.Name}.{member?.Name}";
            default:
                return instruction.Number.ToString(CultureInfo.InvariantCulture);
        }
    }
}
