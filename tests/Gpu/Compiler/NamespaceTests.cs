using System.Reflection;
using System.Reflection.Emit;
using System.Reflection.Metadata;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Dalle2.Gpu.Frontend;
using Dalle2.Gpu.Runtime;

namespace Dalle2.Tests.Gpu.Compiler;

/// <summary>
/// Within the compiler and its runtime, references point only down the list of namespaces: what compiles knows nothing of devices.
/// </summary>
public class NamespaceTests
{
    const string Root = "Dalle2.Gpu", Compiler = "(the compiler)";

    // From the top down; namespaces on one line do not know each other.
    static readonly string[][] Levels =
    [
        ["Runtime"],
        [Compiler],
        ["Targets.Simd", "Targets.OpenCl", "Targets.Ptx", "Targets.Ilgpu"],
        ["Lowering", "Passes", "Frontend"],
        ["Ir"],
        ["Extensions"],
    ];

    const BindingFlags All =
        BindingFlags.Static | BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly;

    static readonly Dictionary<ILOpCode, OperandType> Operands = typeof(OpCodes).GetFields(BindingFlags.Public | BindingFlags.Static)
        .Select(field => (OpCode)field.GetValue(null)!).ToDictionary(code => (ILOpCode)(ushort)code.Value, code => code.OperandType);

    static IEnumerable<Type> Own() =>
        typeof(Device).Assembly.GetTypes().Where(type => type.Namespace?.StartsWith(Root, StringComparison.Ordinal) == true);

    static IEnumerable<string> Names() => Levels.SelectMany(level => level);

    [Test]
    public void Every_namespace_has_its_level() => Assert.That(Own().Select(NameOf).Distinct(), Is.EquivalentTo(Names()));

    [TestCaseSource(nameof(Names))]
    public void References_point_down(string name)
    {
        var up = new SortedSet<string>(StringComparer.Ordinal);
        foreach (Type type in Own().Where(type => NameOf(type) == name))
        {
            foreach (Type used in UsedBy(type).Intersect(Own()))
            {
                if (NameOf(used) is var other && other != name && Level(other) <= Level(name))
                    up.Add($"{type} uses {used}");
            }
        }

        Assert.That(up, Is.Empty);
    }

    // What the compiled code does not show: enumerations and constants.
    [TestCaseSource(nameof(Names))]
    public void Using_directives_point_down(string name)
    {
        string folder = Path.GetFullPath(Path.Combine(Path.GetDirectoryName(SourcePath())!, "../../../src/Gpu"));
        IEnumerable<string> files = name == Compiler
            ? Directory.EnumerateFiles(folder, "*.cs")
            : Directory.EnumerateFiles(Path.Combine(folder, name.Replace('.', '/')), "*.cs", SearchOption.AllDirectories);
        foreach (string file in files)
        {
            IEnumerable<string> used = File.ReadLines(file)
                .Where(line => line.StartsWith($"using {Root}.", StringComparison.Ordinal))
                .Select(line => NameOf(line[$"using {Root}.".Length..].TrimEnd(';')));
            Assert.That(used.Where(other => other != name && Level(other) <= Level(name)), Is.Empty, file);
        }
    }

    [Test]
    public void Only_the_runtime_calls_native_code()
    {
        IEnumerable<Type> callers = Own().Where(type => NameOf(type) != "Runtime").Where(type =>
            Methods(type).Any(method => method.Attributes.HasFlag(MethodAttributes.PinvokeImpl))
            || UsedBy(type).Contains(typeof(NativeLibrary)));
        Assert.That(callers, Is.Empty);
    }

    static string NameOf(Type type) => type.Namespace == Root ? Compiler : NameOf(type.Namespace![(Root.Length + 1)..]);

    static string NameOf(string space) =>
        Names().FirstOrDefault(name => space == name || space.StartsWith(name + ".", StringComparison.Ordinal)) ?? space;

    static int Level(string name) => Array.FindIndex(Levels, level => level.Contains(name));

    static IEnumerable<MethodBase> Methods(Type type)
    {
        return type.GetMethods(All).Concat<MethodBase>(type.GetConstructors(All));
    }

    // Bases, fields, signatures, variables, and what instructions name.
    static HashSet<Type> UsedBy(Type type)
    {
        var used = new HashSet<Type>();
        Add(type.BaseType);
        Array.ForEach(type.GetInterfaces(), Add);
        foreach (FieldInfo field in type.GetFields(All))
            Add(field.FieldType);
        foreach (MethodBase method in Methods(type))
        {
            Add((method as MethodInfo)?.ReturnType);
            foreach (ParameterInfo parameter in method.GetParameters())
                Add(parameter.ParameterType);
            if (method.GetMethodBody() is not { } body)
                continue;
            foreach (LocalVariableInfo local in body.LocalVariables)
                Add(local.LocalType);
            foreach (IlInstruction instruction in IlReader.Read(body.GetILAsByteArray()!))
            {
                if (Operands[instruction.Code] is OperandType.InlineMethod or OperandType.InlineField or OperandType.InlineType
                    or OperandType.InlineTok)
                {
                    AddMember(method.Module.ResolveMember((int)instruction.Number, type.GetGenericArguments(), OfMethod(method)));
                }
            }
        }

        return used;

        static Type[]? OfMethod(MethodBase method) => method.IsGenericMethod ? method.GetGenericArguments() : null;

        void AddMember(MemberInfo? member)
        {
            Add(member as Type ?? member?.DeclaringType);
            foreach (Type argument in member is MethodInfo { IsGenericMethod: true } method ? method.GetGenericArguments() : [])
                Add(argument);
        }

        void Add(Type? other)
        {
            while (other is { HasElementType: true })
                other = other.GetElementType();
            if (other == null || other.IsGenericParameter || !used.Add(other.IsGenericType ? other.GetGenericTypeDefinition() : other))
                return;
            Array.ForEach(other.GetGenericArguments(), Add);
        }
    }

    static string SourcePath([CallerFilePath] string path = "") => path;
}
