using System.Reflection;
using System.Reflection.Emit;
using System.Runtime.CompilerServices;
using Dalle2.Gpu.Frontend;
using Dalle2.Gpu.Ir;

namespace Dalle2.Gpu.Runtime;

/// <summary>Takes arguments whose types are known at run time only apart into the parameters of the compiled function.</summary>
static unsafe class ArgumentWriter
{
    // Weak: a type may be of an assembly that is unloaded.
    static readonly ConditionalWeakTable<Type, Writer> Writers = [];

    /// <summary>Adds the parameters of a boxed argument.</summary>
    /// <exception cref="KernelException">Kernels cannot take it.</exception>
    public static void Write(object argument, ArgumentBlock target)
    {
        Writer writer = Writers.GetValue(argument.GetType(), static type =>
        {
            if (!type.IsValueType || TypeLayout.Of(type) == null)
                throw Unfit(type);
            return ((Func<Writer>)MakeWriter<int>).Method.GetGenericMethodDefinition().MakeGenericMethod(type)
                .CreateDelegate<Func<Writer>>()();
        });
        writer(argument, target);
    }

    /// <summary>The error of a type that kernels cannot take.</summary>
    public static KernelException Unfit(Type type) => new($"a kernel cannot take an argument of type {type.Name}");

    /// <summary>Writes the parameters of what lies at <paramref name="data"/>, which has no views in it.</summary>
    public static void WriteLeaves(byte* data, Leaf[] leaves, ulong* target)
    {
        foreach (Leaf leaf in leaves)
        {
            byte* at = data + leaf.Offset;
            *target++ = leaf.Memory switch
            {
                MemoryType.I8 => (uint)*(sbyte*)at,
                MemoryType.U8 => *at,
                MemoryType.I16 => (uint)*(short*)at,
                MemoryType.U16 => *(ushort*)at,
                MemoryType.I32 or MemoryType.F32 => *(uint*)at,
                _ => *(ulong*)at,
            };
        }
    }

    /// <summary>The method that writes a view's address and length.</summary>
    public static MethodInfo OfView(Type view) =>
        typeof(ArgumentWriter).GetMethod(nameof(WriteView),
        BindingFlags.Static | BindingFlags.NonPublic)!.MakeGenericMethod(view.GetGenericArguments());

    static void WriteView<T>(ref ArrayView<T> view, ulong* target)
        where T : unmanaged
    {
        target[0] = (ulong)ViewAddress.Of(view);
        target[1] = (ulong)view.Length;
    }

    static Writer MakeWriter<T>()
        where T : struct =>
        static (argument, target) => ArgumentWriter<T>.Write(ref Unsafe.Unbox<T>(argument), target.Take(ArgumentWriter<T>.Parameters));

    delegate void Writer(object argument, ArgumentBlock target);
}

/// <summary>Takes arguments of one type apart into the parameters of the compiled function, 8 bytes each.</summary>
/// <typeparam name="T">A primitive, a view, or a struct of them.</typeparam>
static unsafe class ArgumentWriter<T>
    where T : struct
{
    static readonly Leaf[]? Leaves = TypeLayout.Of(typeof(T))?.Leaves;

    static readonly bool HasViews = RuntimeHelpers.IsReferenceOrContainsReferences<T>();

    // Nothing but numbers of 8 bytes: it is its parameters as it lies.
    static readonly bool IsWords = !HasViews && Leaves is { } leaves && leaves.All(leaf => leaf.Memory.Bytes() == 8)
        && Unsafe.SizeOf<T>() == 8 * leaves.Length;

    static readonly FieldWriter? Fields = HasViews && Leaves != null ? MakeFieldWriter() : null;

    /// <summary>How many parameters it is; -1 if kernels cannot take the type.</summary>
    public static readonly int Parameters = Leaves?.Length ?? -1;

    /// <summary>Whether it is a constant inside of the kernel.</summary>
    public static readonly bool IsConstant = SpecializedKernel.IsSpecialized(typeof(T));

    /// <summary>Writes the parameters of an argument.</summary>
    public static void Write(ref T value, ulong* target)
    {
        if (IsWords)
            Unsafe.WriteUnaligned(target, value);
        else if (Fields is { } fields)
            fields(ref value, target);
        else
            ArgumentWriter.WriteLeaves((byte*)Unsafe.AsPointer(ref value), Leaves!, target);
    }

    // Where views are, .NET decides how the fields lie: each is reached by its name.
    static FieldWriter MakeFieldWriter()
    {
        if (TypeLayout.IsView(typeof(T)))
            return ArgumentWriter.OfView(typeof(T)).CreateDelegate<FieldWriter>();
        var method = new DynamicMethod($"Write{typeof(T).Name}", typeof(void), [typeof(T).MakeByRefType(), typeof(ulong*)],
            typeof(ArgumentWriter).Module, skipVisibility: true);
        ILGenerator il = method.GetILGenerator();
        int next = 0;
        Emit(il, typeof(T), [], ref next);
        il.Emit(OpCodes.Ret);
        return method.CreateDelegate<FieldWriter>();
    }

    static void Emit(ILGenerator il, Type type, FieldInfo[] path, ref int next)
    {
        if (TypeLayout.IsView(type))
        {
            Address(il, path);
            Target(il, next);
            il.Emit(OpCodes.Call, ArgumentWriter.OfView(type));
            next += 2;
        }
        else if (TypeLayout.Of(type) is { Leaves: [{ Name: "" } leaf] })
        {
            Target(il, next++);
            Address(il, path);
            il.Emit(leaf.Memory switch
            {
                MemoryType.I8 => OpCodes.Ldind_I1,
                MemoryType.U8 => OpCodes.Ldind_U1,
                MemoryType.I16 => OpCodes.Ldind_I2,
                MemoryType.U16 => OpCodes.Ldind_U2,
                MemoryType.I32 or MemoryType.F32 => OpCodes.Ldind_U4,
                _ => OpCodes.Ldind_I8,
            });
            il.Emit(OpCodes.Conv_U8);
            il.Emit(OpCodes.Stind_I8);
        }
        else
        {
            foreach (FieldInfo field in TypeLayout.FieldsOf(type))
                Emit(il, field.FieldType, [.. path, field], ref next);
        }
    }

    static void Address(ILGenerator il, FieldInfo[] path)
    {
        il.Emit(OpCodes.Ldarg_0);
        foreach (FieldInfo field in path)
            il.Emit(OpCodes.Ldflda, field);
    }

    static void Target(ILGenerator il, int place)
    {
        il.Emit(OpCodes.Ldarg_1);
        il.Emit(OpCodes.Ldc_I4, 8 * place);
        il.Emit(OpCodes.Add);
    }

    delegate void FieldWriter(ref T value, ulong* target);
}
