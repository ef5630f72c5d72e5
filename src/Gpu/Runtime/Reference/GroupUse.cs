using System.Reflection;
using System.Reflection.Emit;
using Dalle2.Gpu.Dialect;

namespace Dalle2.Gpu.Runtime.Reference;

/// <summary>Finds whether a kernel can reach a barrier or shared memory, by walking the calls in its intermediate language.</summary>
static class GroupUse
{
    static readonly Dictionary<short, OpCode> Codes = typeof(OpCodes).GetFields(BindingFlags.Public | BindingFlags.Static)
        .Select(field => (OpCode)field.GetValue(null)!)
        .ToDictionary(code => code.Value);

    public static bool Of(MethodInfo kernel) => Reaches(kernel, []);

    static bool Reaches(MethodBase method, HashSet<MethodBase> seen)
    {
        if (method.DeclaringType == typeof(SharedMemory) || (method.DeclaringType == typeof(Group) && method.Name == nameof(Group.Barrier)))
            return true;
        if (!seen.Add(method) || method.DeclaringType?.Namespace is { } space && (space == "System" || space.StartsWith("System.")))
            return false;
        return method.GetMethodBody()?.GetILAsByteArray() is { } il && Calls(method, il).Any(callee => Reaches(callee, seen));
    }

    static IEnumerable<MethodBase> Calls(MethodBase method, byte[] il)
    {
        Type[]? typeArguments = method.DeclaringType is { IsGenericType: true } type ? type.GetGenericArguments() : null;
        Type[]? methodArguments = method.IsGenericMethod ? method.GetGenericArguments() : null;
        for (int at = 0; at < il.Length;)
        {
            short value = il[at++];
            if (value == 0xFE)
                value = unchecked((short)(0xFE00 | il[at++]));
            OpCode code = Codes[value];
            if (code.OperandType == OperandType.InlineMethod && method.Module.ResolveMethod(BitConverter.ToInt32(il, at), typeArguments, methodArguments) is { } callee)
                yield return callee;
            at += code.OperandType switch
            {
                OperandType.InlineNone => 0,
                OperandType.ShortInlineBrTarget or OperandType.ShortInlineI or OperandType.ShortInlineVar => 1,
                OperandType.InlineVar => 2,
                OperandType.InlineI8 or OperandType.InlineR => 8,
                OperandType.InlineSwitch => 4 + 4 * BitConverter.ToInt32(il, at),
                _ => 4,
            };
        }
    }
}
