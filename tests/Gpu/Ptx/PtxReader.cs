using System.Text.RegularExpressions;

namespace Dalle2.Tests.Gpu.Ptx;

/// <summary>Reads modules of one entry and the functions that it calls. Whatever it does not know is a fault.</summary>
static partial class PtxReader
{
    // The first version of the language that knows each target.
    static readonly Dictionary<int, double> Targets = new() { [60] = 5.0, [70] = 6.0, [80] = 7.0, [90] = 7.8, [100] = 8.6 };

    public static PtxText Read(string source)
    {
        string text = Comment().Replace(source, match => new string('\n', match.Value.Count(c => c == '\n')));
        Match header = Header().Match(text);
        if (!header.Success)
            throw new PtxFault("the module has no header");
        int target = int.Parse(header.Groups["sm"].Value);
        double version = double.Parse(header.Groups["version"].Value, System.Globalization.CultureInfo.InvariantCulture);
        if (!Targets.TryGetValue(target, out double first) || version < first)
            throw new PtxFault($"version {version} does not know sm_{target}");
        PtxText? entry = null;
        var functions = new Dictionary<string, PtxText?>();
        var dynamic = new List<PtxVariable>();
        for (int at = header.Length; at < text.Length;)
        {
            if (Dynamic().Match(text, at) is { Success: true } variable)
            {
                dynamic.Add(new PtxVariable("shared", new PtxType('b', 8), variable.Groups["name"].Value, PtxVariable.Dynamic,
                    int.Parse(variable.Groups["align"].Value)));
                at += variable.Length;
                continue;
            }

            Match item = Item().Match(text, at);
            if (!item.Success || (item.Groups["entry"].Success && (entry != null || item.Groups["end"].Value == ";")))
                throw new PtxFault("the module is not functions and one entry");
            string name = item.Groups["name"].Value;
            at += item.Length;
            if (item.Groups["end"].Value == ";")
            {
                functions.TryAdd(name, null);
                continue;
            }

            int end = Close(text, at);
            var part = new PtxText
            {
                Entry = name,
                Version = version,
                Target = target,
                Result = item.Groups["result"].Success ? ReadParameter(item.Groups["result"].Value.Trim()) : null
            };
            Fill(part, item.Groups["parameters"].Value, text[at..end], text[..at].Count(c => c == '\n') + 1);
            at = end + 1 + Space().Match(text, end + 1).Length;
            if (item.Groups["entry"].Success)
                entry = part;
            else
                functions[name] = part;
        }

        if (entry == null)
            throw new PtxFault("the module has no entry");
        entry.Variables.AddRange(dynamic);
        foreach (var (name, function) in functions)
            entry.Functions.Add(name, function);
        return entry;
    }

    static void Fill(PtxText result, string parameters, string body, int line)
    {
        foreach (string parameter in parameters.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
            result.Parameters.Add(ReadParameter(parameter));
        if (result.Parameters.Select(p => p.Name).Distinct().Count() != result.Parameters.Count)
            throw new PtxFault("two parameters have one name");
        ReadBody(result, body, line);
    }

    // Where the brace is that closes what was opened before.
    static int Close(string text, int at)
    {
        for (int open = 1; at < text.Length; at++)
        {
            open += text[at] == '{' ? 1 : text[at] == '}' ? -1 : 0;
            if (open == 0)
                return at;
        }

        throw new PtxFault("a body without an end");
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
            return new PtxVariable("param", type, match.Groups["name"].Value, type.Bytes * int.Parse(match.Groups["count"].Value), own,
                IsArray: true);
        }

        int alignment = match.Groups["align"].Success ? int.Parse(match.Groups["align"].Value) : 1;
        return new PtxVariable("param", type, match.Groups["name"].Value, type.Bytes, alignment);
    }

    static void ReadBody(PtxText result, string body, int line)
    {
        int at = 0;
        string? last = null;
        var scopes = new Stack<Dictionary<string, string>>();
        while (true)
        {
            Match space = Space().Match(body, at);
            line += space.Value.Count(c => c == '\n');
            at += space.Length;
            if (at == body.Length)
                return;
            if (body[at] is '{' or '}')
            {
                if (body[at++] == '{')
                    scopes.Push([]);
                else if (!scopes.TryPop(out _))
                    throw new PtxFault($"line {line}: a brace closes nothing");
                continue;
            }

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
            // What is declared in braces has a name of its own from here on.
            string statement = scopes.Count == 0 ? body[at..end] : Name()
                .Replace(body[at..end], name => scopes.Select(scope => scope.GetValueOrDefault(name.Value))
                .FirstOrDefault(own => own != null) ?? name.Value);
            if (BranchTargets().Match(statement) is { Success: true } targets)
            {
                result.Targets.Add(last ?? throw new PtxFault($"line {line}: a list of labels without a label of its own"),
                    targets.Groups["labels"].Value.Split(',', StringSplitOptions.TrimEntries));
            }
            else if (scopes.Count > 0 && statement.StartsWith(".param"))
            {
                Pass(result, ReadParameter(statement.Trim()), scopes.Peek());
            }
            else if (statement[0] == '.')
            {
                Declare(result, statement, line);
            }
            else
            {
                result.Lines.Add(ReadLine(statement, line));
            }

            line += statement.Count(c => c == '\n');
            at = end + 1;
        }
    }

    static void Pass(PtxText result, PtxVariable variable, Dictionary<string, string> scope)
    {
        string own = $"{variable.Name}${result.Passed.Count}";
        result.Passed.Add(variable with { Name = own });
        if (!scope.TryAdd(variable.Name, own))
            throw new PtxFault($"{variable.Name} is declared twice");
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
            result.Variables.Add(new PtxVariable(variable.Groups["space"].Value, element, name,
                element.Bytes * int.Parse(variable.Groups["count"].Value), alignment));
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
        if (Call().Match(operands) is { Success: true } call && match.Groups["opcode"].Value is "call" or "call.uni")
        {
            string[] given = call.Groups["given"].Value.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
            return new PtxLine(line, statement.Trim(), null, false, ["call"],
                [call.Groups["name"].Value, call.Groups["result"].Value, .. given]);
        }

        string[] split = operands.Length == 0 ? []
            : [.. Comma().Split(operands).Select(o => o.Trim()).Select(o => o is ['[', .. var inner, ']'] ? $"[{inner.Trim()}]" : o)];
        if (split.Any(o => o.Length == 0))
            throw new PtxFault($"line {line}: an operand is missing: {statement}");
        string? guard = match.Groups["guard"].Success ? match.Groups["guard"].Value : null;
        return new PtxLine(line, statement.Trim(), guard, match.Groups["not"].Length > 0, match.Groups["opcode"].Value.Split('.'), split);
    }

    [GeneratedRegex(@"//[^\n]*|/\*.*?\*/", RegexOptions.Singleline)]
    private static partial Regex Comment();

    [GeneratedRegex(@"^\s*\.version\s+(?<version>\d+\.\d+)\s+\.target\s+sm_(?<sm>\d+)\s+\.address_size\s+64\s+")]
    private static partial Regex Header();

    [GeneratedRegex(@"\G\.extern\s+\.shared\s+\.align\s+(?<align>\d+)\s+\.b8\s+(?<name>\w+)\[\]\s*;\s*")]
    private static partial Regex Dynamic();

    [GeneratedRegex(
        @"\G\.(visible|extern)\s+\.((?<entry>entry)|func)\s*(\((?<result>[^)]*)\)\s*)?(?<name>[A-Za-z][\w$]*)\s*"
        + @"\((?<parameters>[^)]*)\)\s*(\.maxntid\s+\d+(\s*,\s*\d+){0,2}\s*)?((?<end>;)\s*|(?<end>\{))")]
    private static partial Regex Item();

    [GeneratedRegex(
        @"^\.param\s+(\.align\s+(?<own>\d+)\s+)?\.(?<type>\w+)\s+(?<pointer>\.ptr\s+\.global\s+\.align\s+(?<align>\d+)\s+)?(?<name>[A-Za-z_$][\w$]*)(\[(?<count>\d+)\])?$")]
    private static partial Regex Parameter();

    [GeneratedRegex(@"^\.reg\s+\.(?<type>\w+)\s+(?<prefix>%[A-Za-z]+)<(?<count>\d+)>$")]
    private static partial Regex Register();

    [GeneratedRegex(
        @"^\.(?<space>shared|local)\s+(\.align\s+(?<align>\d+)\s+)?\.(?<type>\w+)\s+(?<name>[A-Za-z_$][\w$]*)\[(?<count>\d+)\]$")]
    private static partial Regex Variable();

    [GeneratedRegex(@"^\.branchtargets\s+(?<labels>[\w$,\s]+)$")]
    private static partial Regex BranchTargets();

    [GeneratedRegex(@"\G\s*")]
    private static partial Regex Space();

    [GeneratedRegex(@"\G([A-Za-z_$][\w$]*):")]
    private static partial Regex Label();

    [GeneratedRegex(@"^(@(?<not>!?)(?<guard>%\w+)\s+)?(?<opcode>[a-z][a-z0-9_.]*)(\s+(?<operands>\S.*?))?\s*$", RegexOptions.Singleline)]
    private static partial Regex Instruction();

    // The function, behind where its result goes and before what it is given.
    [GeneratedRegex(@"^(\((?<result>[\w$]+)\)\s*,\s*)?(?<name>[A-Za-z][\w$]*)(\s*,\s*\((?<given>[\w$,\s]*)\))?$")]
    private static partial Regex Call();

    [GeneratedRegex(@"[A-Za-z_$][\w$]*")]
    private static partial Regex Name();

    // Commas outside of braces and brackets.
    [GeneratedRegex(@",(?![^{]*\})(?![^\[]*\])")]
    private static partial Regex Comma();
}
