using System.Text.RegularExpressions;

namespace Dalle2.Tests.Gpu.Ptx;

/// <summary>A parameter or a variable: its type, its name, and how many bytes it has at what alignment.</summary>
sealed record PtxVariable(string Space, PtxType Type, string Name, int Bytes, int Alignment, bool IsArray = false)
{
    /// <summary>Instead of a number of bytes: as many as the launch says.</summary>
    public const int Dynamic = -1;
}

/// <summary>One instruction as it stands in the text.</summary>
sealed record PtxLine(int Number, string Text, string? Guard, bool Negated, string[] Opcode, string[] Operands);

/// <summary>One entry as it stands in the text.</summary>
sealed class PtxText
{
    public required string Entry { get; init; }

    public required double Version { get; init; }

    public required int Target { get; init; }

    public List<PtxVariable> Parameters { get; } = [];

    public Dictionary<string, PtxType> Registers { get; } = [];

    public List<PtxVariable> Variables { get; } = [];

    public List<PtxLine> Lines { get; } = [];

    /// <summary>The place among <see cref="Lines"/> that each label stands before.</summary>
    public Dictionary<string, int> Labels { get; } = [];

    /// <summary>Lists of labels, by the label that each list has.</summary>
    public Dictionary<string, string[]> Targets { get; } = [];
}

/// <summary>Reads modules of one entry. Whatever it does not know is a fault.</summary>
static partial class PtxReader
{
    // The first version of the language that knows each target.
    static readonly Dictionary<int, double> Targets = new() { [60] = 5.0, [70] = 6.0, [80] = 7.0, [90] = 7.8, [100] = 8.6 };

    public static PtxText Read(string source)
    {
        string text = Comment().Replace(source, match => new string('\n', match.Value.Count(c => c == '\n')));
        Match module = Module().Match(text);
        if (!module.Success)
            throw new PtxFault("the module is not a header and one entry");
        int target = int.Parse(module.Groups["sm"].Value);
        double version = double.Parse(module.Groups["version"].Value, System.Globalization.CultureInfo.InvariantCulture);
        if (!Targets.TryGetValue(target, out double first) || version < first)
            throw new PtxFault($"version {version} does not know sm_{target}");
        var result = new PtxText { Entry = module.Groups["entry"].Value, Version = version, Target = target };
        foreach (string parameter in module.Groups["parameters"].Value.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
            result.Parameters.Add(ReadParameter(parameter));
        if (result.Parameters.Select(p => p.Name).Distinct().Count() != result.Parameters.Count)
            throw new PtxFault("two parameters have one name");
        foreach (Capture dynamic in module.Groups["dynamic"].Captures)
            result.Variables.Add(new PtxVariable("shared", new PtxType('b', 8), dynamic.Value, PtxVariable.Dynamic, int.Parse(module.Groups["dynamicAlign"].Value)));
        System.Text.RegularExpressions.Group body = module.Groups["body"];
        ReadBody(result, body.Value, text[..body.Index].Count(c => c == '\n') + 1);
        return result;
    }

    static PtxVariable ReadParameter(string text)
    {
        Match match = Parameter().Match(text);
        if (!match.Success || PtxType.Parse(match.Groups["type"].Value) is not { Kind: not 'p' } type)
            throw new PtxFault($"no parameter: {text}");
        if (match.Groups["pointer"].Success && type.Bits != 64)
            throw new PtxFault($"a pointer has 64 bits: {text}");
        if (match.Groups["count"].Success)
        {
            int own = match.Groups["own"].Success ? int.Parse(match.Groups["own"].Value) : type.Bytes;
            return new PtxVariable("param", type, match.Groups["name"].Value, type.Bytes * int.Parse(match.Groups["count"].Value), own, IsArray: true);
        }

        int alignment = match.Groups["align"].Success ? int.Parse(match.Groups["align"].Value) : 1;
        return new PtxVariable("param", type, match.Groups["name"].Value, type.Bytes, alignment);
    }

    static void ReadBody(PtxText result, string body, int line)
    {
        int at = 0;
        string? last = null;
        while (true)
        {
            Match space = Space().Match(body, at);
            line += space.Value.Count(c => c == '\n');
            at += space.Length;
            if (at == body.Length)
                return;
            Match label = Label().Match(body, at);
            if (label.Success)
            {
                if (!result.Labels.TryAdd(label.Groups[1].Value, result.Lines.Count))
                    throw new PtxFault($"line {line}: the label {label.Groups[1].Value} stands twice");
                at += label.Length;
                last = label.Groups[1].Value;
                continue;
            }

            int end = body.IndexOf(';', at);
            if (end < 0)
                throw new PtxFault($"line {line}: a statement without an end");
            string statement = body[at..end];
            if (BranchTargets().Match(statement) is { Success: true } targets)
                result.Targets.Add(last ?? throw new PtxFault($"line {line}: a list of labels without a label of its own"), targets.Groups["labels"].Value.Split(',', StringSplitOptions.TrimEntries));
            else if (statement[0] == '.')
                Declare(result, statement, line);
            else
                result.Lines.Add(ReadLine(statement, line));
            line += statement.Count(c => c == '\n');
            at = end + 1;
        }
    }

    static void Declare(PtxText result, string statement, int line)
    {
        Match register = Register().Match(statement), variable = Variable().Match(statement);
        if (register.Success && PtxType.Parse(register.Groups["type"].Value) is { Bits: not 8 } type)
        {
            int count = int.Parse(register.Groups["count"].Value);
            for (int r = 0; r < count; r++)
            {
                if (!result.Registers.TryAdd($"{register.Groups["prefix"].Value}{r}", type))
                    throw new PtxFault($"line {line}: registers declared twice: {statement}");
            }
        }
        else if (variable.Success && PtxType.Parse(variable.Groups["type"].Value) is { Kind: not 'p' } element)
        {
            string name = variable.Groups["name"].Value;
            int alignment = variable.Groups["align"].Success ? int.Parse(variable.Groups["align"].Value) : element.Bytes;
            if (result.Variables.Any(v => v.Name == name) || result.Parameters.Any(p => p.Name == name))
                throw new PtxFault($"line {line}: {name} is declared twice");
            result.Variables.Add(new PtxVariable(variable.Groups["space"].Value, element, name, element.Bytes * int.Parse(variable.Groups["count"].Value), alignment));
        }
        else
        {
            throw new PtxFault($"line {line}: unknown declaration: {statement}");
        }
    }

    static PtxLine ReadLine(string statement, int line)
    {
        Match match = Instruction().Match(statement);
        if (!match.Success)
            throw new PtxFault($"line {line}: no instruction: {statement}");
        string operands = match.Groups["operands"].Value;
        string[] split = operands.Length == 0 ? [] : [.. Comma().Split(operands).Select(o => o.Trim())];
        if (split.Any(o => o.Length == 0))
            throw new PtxFault($"line {line}: an operand is missing: {statement}");
        string? guard = match.Groups["guard"].Success ? match.Groups["guard"].Value : null;
        return new PtxLine(line, statement.Trim(), guard, match.Groups["not"].Length > 0, match.Groups["opcode"].Value.Split('.'), split);
    }

    [GeneratedRegex(@"//[^\n]*|/\*.*?\*/", RegexOptions.Singleline)]
    private static partial Regex Comment();

    [GeneratedRegex(
        @"^\s*\.version\s+(?<version>\d+\.\d+)\s+\.target\s+sm_(?<sm>\d+)\s+\.address_size\s+64\s+(\.extern\s+\.shared\s+\.align\s+(?<dynamicAlign>\d+)\s+\.b8\s+(?<dynamic>\w+)\[\];\s*)?\.visible\s+\.entry\s+(?<entry>[A-Za-z][\w$]*)\s*"
        + @"\((?<parameters>[^)]*)\)\s*(\.maxntid\s+\d+(\s*,\s*\d+){0,2}\s*)?\{(?<body>.*)\}\s*$", RegexOptions.Singleline)]
    private static partial Regex Module();

    [GeneratedRegex(@"^\.param\s+(\.align\s+(?<own>\d+)\s+)?\.(?<type>\w+)\s+(?<pointer>\.ptr\s+\.global\s+\.align\s+(?<align>\d+)\s+)?(?<name>[A-Za-z_$][\w$]*)(\[(?<count>\d+)\])?$")]
    private static partial Regex Parameter();

    [GeneratedRegex(@"^\.reg\s+\.(?<type>\w+)\s+(?<prefix>%[A-Za-z]+)<(?<count>\d+)>$")]
    private static partial Regex Register();

    [GeneratedRegex(@"^\.(?<space>shared|local)\s+(\.align\s+(?<align>\d+)\s+)?\.(?<type>\w+)\s+(?<name>[A-Za-z_$][\w$]*)\[(?<count>\d+)\]$")]
    private static partial Regex Variable();

    [GeneratedRegex(@"^\.branchtargets\s+(?<labels>[\w$,\s]+)$")]
    private static partial Regex BranchTargets();

    [GeneratedRegex(@"\G\s*")]
    private static partial Regex Space();

    [GeneratedRegex(@"\G([A-Za-z_$][\w$]*):")]
    private static partial Regex Label();

    [GeneratedRegex(@"^(@(?<not>!?)(?<guard>%\w+)\s+)?(?<opcode>[a-z][a-z0-9_.]*)(\s+(?<operands>\S.*?))?\s*$", RegexOptions.Singleline)]
    private static partial Regex Instruction();

    // Commas outside of braces and brackets.
    [GeneratedRegex(@",(?![^{]*\})(?![^\[]*\])")]
    private static partial Regex Comma();
}
