namespace Dalle2.Gpu.Frontend;

/// <summary>A kernel says what kernels cannot say. The message has the file and line, what was found, and what to write instead.</summary>
public sealed class KernelDiagnosticException : Exception
{
    internal KernelDiagnosticException(string code, string? file, int line, string found, string instead)
        : base($"{(file == null ? "" : $"{file}({line}): ")}{code}: {found}; {instead}")
    {
        Code = code;
        File = file;
        Line = line;
        Found = found;
        Instead = instead;
    }

    /// <summary>The number of the diagnostic, such as <c>D2G004</c>.</summary>
    public string Code { get; }

    /// <summary>The C# file; null where the assembly has no portable debug information, in it or beside it.</summary>
    public string? File { get; }

    /// <summary>The line, from 1; 0 where it is not known.</summary>
    public int Line { get; }

    /// <summary>What was found.</summary>
    public string Found { get; }

    /// <summary>What to write instead.</summary>
    public string Instead { get; }
}
