using System.Collections.Concurrent;
using System.Reflection;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Dalle2.Gpu.Targets.Simd;

/// <summary>The vector type of one width, and its operations as methods to call; the just-in-time compiler turns each into an instruction or two.</summary>
sealed class VectorMethods
{
    readonly Type holder;
    readonly Type definition;
    readonly ConcurrentDictionary<(string Name, Type Element, int Arity), MethodInfo> generic = new();
    readonly ConcurrentDictionary<string, MethodInfo> others = new();

    VectorMethods(int bits)
    {
        Bits = bits;
        (holder, definition) = bits switch
        {
            512 => (typeof(Vector512), typeof(Vector512<>)),
            256 => (typeof(Vector256), typeof(Vector256<>)),
            128 => (typeof(Vector128), typeof(Vector128<>)),
            _ => throw new ArgumentOutOfRangeException(nameof(bits), "vectors have 128, 256 or 512 bits"),
        };
    }

    public int Bits { get; }

    /// <summary>Lanes of 32 bits.</summary>
    public int Lanes => Bits / 32;

    /// <summary>One for each width.</summary>
    public static IReadOnlyList<VectorMethods> Widths { get; } = [new(128), new(256), new(512)];

    public static VectorMethods Of(int bits) =>
        Widths.FirstOrDefault(w => w.Bits == bits)
        ?? throw new ArgumentOutOfRangeException(nameof(bits), "vectors have 128, 256 or 512 bits");

    /// <summary>The widest vectors that this machine computes with in one piece.</summary>
    public static int NativeBits => Vector512.IsHardwareAccelerated ? 512 : Vector256.IsHardwareAccelerated ? 256 : 128;

    public Type VectorOf(Type element) => definition.MakeGenericType(element);

    // Named methods such as Add are themselves inlined calls of the operators, and inlining stops in large methods: the operators never do.
    static readonly Dictionary<string, string> Operators = new()
    {
        ["Add"] = "op_Addition",
        ["Subtract"] = "op_Subtraction",
        ["Multiply"] = "op_Multiply",
        ["Divide"] = "op_Division",
        ["BitwiseAnd"] = "op_BitwiseAnd",
        ["BitwiseOr"] = "op_BitwiseOr",
        ["Xor"] = "op_ExclusiveOr",
        ["OnesComplement"] = "op_OnesComplement",
        ["Negate"] = "op_UnaryNegation",
        ["ShiftLeft"] = "op_LeftShift",
        ["ShiftRightArithmetic"] = "op_RightShift",
        ["ShiftRightLogical"] = "op_UnsignedRightShift",
    };

    /// <summary>A generic method whose parameters are all vectors, such as Add.</summary>
    public MethodInfo Generic(string name, Type element, int arity) =>
        generic.GetOrAdd((name, element, arity), key => Operators.TryGetValue(key.Name, out string? op)
        ? VectorOf(key.Element).GetMethod(op, [.. Enumerable.Repeat(VectorOf(key.Element), key.Arity)])!
        : holder.GetMethods(BindingFlags.Static | BindingFlags.Public)
            .Where(m => m.Name == key.Name && m.IsGenericMethodDefinition && m.GetGenericArguments().Length == 1
            && m.GetParameters().Length == key.Arity)
            .Select(m => m.MakeGenericMethod(key.Element))
            .First(m => m.GetParameters().All(p => p.ParameterType == VectorOf(key.Element))));

    /// <summary>A method with exactly these parameters.</summary>
    public MethodInfo Exact(string name, params Type[] parameters) =>
        others.GetOrAdd($"{name}({string.Join(',', parameters.Select(p => p.ToString()))})", _ =>
        holder.GetMethod(name, parameters) ?? throw new InvalidOperationException(
        $"{holder.Name} has no {name}({string.Join(", ", parameters.Select(p => p.Name))})"));

    /// <summary>A vector of one type as the same bits of another.</summary>
    public MethodInfo As(Type from, Type to) => others.GetOrAdd($"As {from} {to}", _ =>
        holder.GetMethods(BindingFlags.Static | BindingFlags.Public).First(m => m.Name == "As" && m.GetGenericArguments().Length == 2)
        .MakeGenericMethod(from, to));

    public MethodInfo Zero(Type element) => others.GetOrAdd($"Zero {element}", _ => VectorOf(element).GetProperty("Zero")!.GetMethod!);

    /// <summary>From a scalar to all lanes.</summary>
    public MethodInfo Broadcast(Type element) => Exact("Create", element);

    /// <summary>From one scalar a lane.</summary>
    public MethodInfo Create(Type element) =>
        Exact("Create", [.. Enumerable.Repeat(element, Bits / 8 / (element == typeof(int) || element == typeof(float) ? 4 : 8))]);

    /// <summary>Shifts all lanes by one scalar count.</summary>
    public MethodInfo Shift(string name, Type element) => others.GetOrAdd($"{name} {element}", _ =>
        VectorOf(element).GetMethod(Operators[name], [VectorOf(element), typeof(int)])!);

    /// <summary>Takes each 32-bit lane from the lane that a vector of integers names: (vector, lanes), all of them there.</summary>
    public MethodInfo Permute(Type element)
    {
        Type[] operands = [VectorOf(element), VectorOf(typeof(int))];
        MethodInfo? native = Bits switch
        {
            512 when Avx512F.IsSupported => typeof(Avx512F).GetMethod("PermuteVar16x32", operands),
            256 when Avx2.IsSupported => typeof(Avx2).GetMethod("PermuteVar8x32", operands),
            _ => null,
        };
        return native ?? Exact("Shuffle", operands);
    }

    /// <summary>The sum of a product, rounded once. What is no instruction of this machine's is several, of narrower vectors or lane by lane.</summary>
    public MethodInfo FusedMultiplyAdd(Type element)
    {
        Type[] operands = [VectorOf(element), VectorOf(element), VectorOf(element)];
        MethodInfo? native = Bits == 512
            ? Avx512F.IsSupported ? typeof(Avx512F).GetMethod("FusedMultiplyAdd", operands) : null
            : Fma.IsSupported ? typeof(Fma).GetMethod("MultiplyAdd", operands) : null;
        return native ?? Exact("FusedMultiplyAdd", operands);
    }

    /// <summary>Min or Max of floats as the machine has it, with the second operand where they do not compare; null where it has none such.</summary>
    public MethodInfo? Extremum(string name, Type element)
    {
        Type? provider = Bits switch
        {
            512 => Avx512F.IsSupported ? typeof(Avx512F) : null,
            256 => Avx.IsSupported ? typeof(Avx) : null,
            _ => element == typeof(float) ? (Sse.IsSupported ? typeof(Sse) : null) : Sse2.IsSupported ? typeof(Sse2) : null,
        };
        return provider?.GetMethod(name, [VectorOf(element), VectorOf(element)]);
    }

    /// <summary>Unsigned integers of 32 bits as floats, rounded to nearest; null where the machine has no instruction for it.</summary>
    public MethodInfo? UnsignedToFloat =>
        Bits == 512 && Avx512F.IsSupported ? typeof(Avx512F).GetMethod("ConvertToVector512Single", [VectorOf(typeof(uint))]) : null;

    /// <summary>An operation of <see cref="IntegerOperations"/>; null where the machine would gain nothing by it.</summary>
    public MethodInfo? OfIntegers(string name) => (Bits == 512 && Avx512F.IsSupported) || (Bits == 256 && Avx2.IsSupported)
        ? typeof(IntegerOperations).GetMethod(name, [VectorOf(typeof(int)), VectorOf(typeof(int))])
        : null;

    /// <summary>A load of some lanes, the others zero: (address, mask[, zero]); null where the machine has none.</summary>
    public MethodInfo? MaskLoad(Type element) => Masked("MaskLoad", element, VectorOf(element));

    /// <summary>A store of some lanes: (address, mask, value); null where the machine has none.</summary>
    public MethodInfo? MaskStore(Type element) => Masked("MaskStore", element, VectorOf(element));

    /// <summary>True if <see cref="MaskLoad"/> takes what the other lanes get.</summary>
    public bool MaskLoadMerges => Bits == 512;

    MethodInfo? Masked(string name, Type element, Type vector)
    {
        Type pointer = element.MakePointerType();
        bool merges = name == "MaskLoad" && MaskLoadMerges || name == "MaskStore";
        Type[] parameters = merges ? [pointer, vector, vector] : [pointer, vector];
        if (Bits == 512)
            return Avx512F.IsSupported ? typeof(Avx512F).GetMethod(name, parameters) : null;
        if (element == typeof(float) || element == typeof(double))
            return Avx.IsSupported ? typeof(Avx).GetMethod(name, parameters) : null;
        return Avx2.IsSupported ? typeof(Avx2).GetMethod(name, parameters) : null;
    }

    /// <summary>Shifts each 32-bit lane by its own count below 32; null where the machine has none.</summary>
    public MethodInfo? ShiftVariable(string name)
    {
        Type vector = VectorOf(typeof(int)), counts = VectorOf(typeof(uint));
        Type? provider = Bits == 512 ? (Avx512F.IsSupported ? typeof(Avx512F) : null) : Avx2.IsSupported ? typeof(Avx2) : null;
        return provider?.GetMethod(name, [vector, counts]);
    }
}
