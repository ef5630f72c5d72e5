using System.Text.RegularExpressions;

namespace Dalle2.Tests.Gpu.Ptx;

/// <content>Calls of functions. Each has registers of its own; its variables are there once, so that one that has any must not call itself.</content>
sealed partial class PtxDecoder
{
    const int MostCalls = 256;

    Dictionary<string, PtxDecoder> functions = [];
    string prefix = "";
    PtxStep[] steps = [];
    int depth;

    (string Space, int Address)? Find(string name) => Memory.Find(prefix + name) ?? Memory.Find(name);

    PtxStep? Call(PtxLine line)
    {
        switch (line.Opcode)
        {
            case ["st", "param", var name] when PtxType.Parse(name) is { Kind: not 'p' } type:
                return StoreParameter(line, type);
            case ["call"]:
                if (!functions.TryGetValue(line.Operands[0], out PtxDecoder? function))
                    throw new PtxFault($"there is no function {line.Operands[0]} in the module");
                int[] given = [.. line.Operands[2..].Select(PassedAt)];
                int result = line.Operands[1].Length == 0 ? -1 : PassedAt(line.Operands[1]);
                if (given.Length != function.text.Parameters.Count || result >= 0 != (function.text.Result != null))
                    throw new PtxFault($"{line.Operands[0]} takes {function.text.Parameters.Count} parameters");
                return t =>
                {
                    byte[]? left = function.Run(t, [.. given.Select(one => t.Passed[one]
                        ?? throw new PtxFault("the function is given nothing"))]);
                    if (result >= 0)
                        t.Passed[result] = left ?? throw new PtxFault("the function has given nothing");
                };
            default:
                return null;
        }
    }

    int PassedAt(string name) =>
        text.Passed.FindIndex(p => p.Name == name) is >= 0 and var at ? at : throw new PtxFault($"nothing is declared to pass {name}");

    PtxStep StoreParameter(PtxLine line, PtxType type)
    {
        Count(line, 2);
        Match match = AddressPattern().Match(line.Operands[0]);
        string name = match.Groups["base"].Value;
        int passed = text.Result?.Name == name ? -1 : PassedAt(name);
        PtxVariable variable = passed < 0 ? text.Result! : text.Passed[passed];
        int offset = PlaceOf(match, variable, type), source = Source(line.Operands[1], type, wider: true);
        return t =>
        {
            byte[] bytes = (passed < 0 ? t.Result : t.Passed[passed]) ?? new byte[variable.Bytes];
            BitConverter.GetBytes(t.Get(source)).AsSpan(0, type.Bytes).CopyTo(bytes.AsSpan(offset));
            if (passed < 0)
                t.Result = bytes;
            else
                t.Passed[passed] = bytes;
        };
    }

    // In the thread's own turn: a function does not meet other threads.
    byte[]? Run(PtxThread thread, byte[][] parameters)
    {
        if (depth > 0 && text.Variables.Count > 0)
            throw new PtxFault($"{text.Entry} has variables and calls itself");
        if (++depth > MostCalls)
            throw new PtxFault($"{text.Entry} does not end calling itself");
        var caller = (thread.Values, thread.Known, thread.Parameters, thread.Passed, thread.Result, thread.Next);
        thread.Values = [.. thread.Values.AsSpan(0, SpecialNames.Length), .. initial.AsSpan(SpecialNames.Length)];
        thread.Known = [.. thread.Known.AsSpan(0, SpecialNames.Length), .. initiallyKnown.AsSpan(SpecialNames.Length)];
        foreach (PtxVariable variable in text.Variables.Where(variable => variable.Space == "local"))
            Array.Clear(thread.LocalKnown, Find(variable.Name)!.Value.Address, variable.Bytes);
        (thread.Parameters, thread.Passed, thread.Result, thread.Next) = (parameters, new byte[]?[text.Passed.Count], null, 0);
        try
        {
            for (long taken = 0; thread.State == PtxState.Runs; taken++)
            {
                if (taken > PtxProgram.MostSteps)
                    throw new PtxFault("the function does not end");
                steps[thread.Next++](thread);
            }
        }
        catch (PtxFault fault)
        {
            throw new PtxFault($"{text.Entry}, {text.Lines[Math.Min(thread.Next, text.Lines.Count) - 1].Text}: {fault.Message}");
        }
        finally
        {
            depth--;
        }

        if (thread.State != PtxState.Ended)
            throw new PtxFault($"{text.Entry} waits for other threads");
        thread.State = PtxState.Runs;
        byte[]? result = thread.Result;
        (thread.Values, thread.Known, thread.Parameters, thread.Passed, thread.Result, thread.Next) = caller;
        return result;
    }
}
