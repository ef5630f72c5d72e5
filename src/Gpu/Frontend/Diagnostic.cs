using Dalle2.Gpu.Ir;

namespace Dalle2.Gpu.Frontend;

/// <summary>What a kernel may not say: the number, what was found (with a place for its name), and what to write instead.</summary>
sealed record Diagnostic(string Code, string Found, string Instead)
{
    public static readonly Diagnostic ForeignCall = new("D2G001", "a call of {0}, which kernels do not have",
        "call StrictMath, SpecialFunctions, IntrinsicMath or Fused, or a method of your own");
    public static readonly Diagnostic ManagedObject =
        new("D2G002", "a managed object ({0})", "kernels hold primitives, structs of them and views; pass data in a view");
    public static readonly Diagnostic ExceptionHandling = new("D2G003", "exception handling ({0})",
        "check arguments before the launch, and write a value that tells the host what went wrong");
    public static readonly Diagnostic Recursion = new("D2G004", "a recursive call of {0}", "write a loop; every call is inlined");
    public static readonly Diagnostic StaticField =
        new("D2G005", "the static field {0}, which may change", "make it const or static readonly, or pass its value as an argument");
    public static readonly Diagnostic Instruction =
        new("D2G006", "the instruction {0}, which kernels do not have", "write it with plain arithmetic, loops and views");
    public static readonly Diagnostic SharedExtent = new("D2G007", "{0} memory whose extent is not a constant",
        "give Allocate a constant, or a property of a struct type argument that returns one");
    public static readonly Diagnostic AmbiguousReference = new("D2G008",
        "a reference that may mean different variables or elements of different types", "choose between values, not between references");
    public static readonly Diagnostic UnsupportedType = new("D2G009", "a value of type {0}, which kernels cannot hold",
        "use primitives, views, and structs of them with sequential layout");
    public static readonly Diagnostic NoBody = new("D2G010", "a call of {0}, which has no C# body", "call a method that is written in C#");
    public static readonly Diagnostic Boxing =
        new("D2G011", "boxing of {0}", "constrain the type parameter to the interface instead of passing the interface");
    public static readonly Diagnostic MixedMemory = new("D2G012", "a view that may be of one or the other kind of memory",
        "use two variables, one for each kind: device, shared and local memory");

    public static readonly Diagnostic AtomicVariable =
        new("D2G013", "an atomic operation on a variable", "give it an element of a view; nobody else sees a variable");

    public static readonly Diagnostic Ungrouped = new("D2G014",
        "Grid, Group, Warp, a barrier, a shuffle or shared memory in a kernel with an index parameter",
        "leave the index parameter out and launch it with a KernelConfig");

    /// <summary>All of them, in order.</summary>
    public static readonly Diagnostic[] All =
    [
        ForeignCall, ManagedObject, ExceptionHandling, Recursion, StaticField, Instruction, SharedExtent, AmbiguousReference,
        UnsupportedType, NoBody,
        Boxing, MixedMemory, AtomicVariable, Ungrouped,
    ];

    /// <summary>The diagnostic of a type that a kernel cannot hold.</summary>
    public static KernelDiagnosticException OfType(SourcePosition position, Type type)
    {
        if (type.IsFunctionPointer)
            return UnsupportedType.At(position, "a function pointer");
        var (found, instead) = Advice.Culprit(type);
        Diagnostic diagnostic = type.IsValueType || type.IsPointer ? UnsupportedType : ManagedObject;
        return diagnostic.At(position, found, instead ?? diagnostic.Instead);
    }

    /// <summary>The diagnostic of a place in a kernel.</summary>
    public KernelDiagnosticException At(SourcePosition position, object? name = null) => At(position, name, Instead);

    /// <summary>The same with better advice.</summary>
    public KernelDiagnosticException At(SourcePosition position, object? name, string instead)
    {
        var (file, line) = SourceLines.Find(position);
        return new KernelDiagnosticException(Code, file, line, string.Format(Found, name), instead);
    }
}
