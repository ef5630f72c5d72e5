using System.Text;

namespace Dalle2.Cli;

/// <summary>
/// Progress that goes on when nobody can read it any more: after the terminal has hung up, or the reader of a pipe has gone, writing fails, and that must not
/// keep a training from saving its checkpoint.
/// </summary>
sealed class LastingWriter(TextWriter inner) : TextWriter
{
    bool gone;

    public override Encoding Encoding => inner.Encoding;

    public override void Write(char value) => Try(() => inner.Write(value));

    public override void Write(char[] buffer, int index, int count) => Try(() => inner.Write(buffer, index, count));

    public override void Write(string? value) => Try(() => inner.Write(value));

    public override void WriteLine(string? value) => Try(() => inner.WriteLine(value));

    public override void Flush() => Try(inner.Flush);

    void Try(Action write)
    {
        if (gone)
            return;
        try
        {
            write();
        }
        catch (IOException)
        {
            gone = true;
        }
    }
}
