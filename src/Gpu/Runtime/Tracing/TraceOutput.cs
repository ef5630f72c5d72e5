using System.IO;

namespace Dalle2.Gpu.Runtime.Tracing;

/// <summary>Where what D2_DEBUG asks for is told: standard error, a line or a text at a time.</summary>
static class TraceOutput
{
    /// <summary>Gets the lines.</summary>
    public static TextWriter Writer { get; set; } = TextWriter.Synchronized(Console.Error);

    public static void Line(string line) => Writer.WriteLine("d2: " + line);

    /// <summary>A text of many lines under its title.</summary>
    public static void Text(string title, string text)
    {
        // In one call, so that two threads' texts do not mix.
        Writer.Write($"d2: {title}\n{text}{(text.EndsWith('\n') ? "" : "\n")}");
    }
}
