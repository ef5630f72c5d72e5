using System.Diagnostics;
using Dalle2.Data.Text;

namespace Dalle2.Tests.Data;

public class ShellCommandTests
{
    static readonly string[] Words =
    [
        "dalle2", "räum [1]", "a $(touch /tmp/x) `id` star", "it's", "\"quoted\" \\ back", "", "~", "=ls", "a*b?c", "line\nbreak and \ttab",
        "\e[31mred", "100%d", "-x", "日本", "a;b&c|d>e<f(g)", "!h #i",
    ];

    /// <summary>What a shell makes of the printed command are the words that went in.</summary>
    [TestCaseSource(nameof(Words))]
    [Platform(Exclude = "Win")]
    public void A_shell_reads_the_word_back(string word)
    {
        using var shell = Process.Start(new ProcessStartInfo("/bin/sh",
            ["-c", $"printf '%s' {ShellCommand.Of(word, "end")}"])
        { RedirectStandardOutput = true })!;
        string read = shell.StandardOutput.ReadToEnd();
        shell.WaitForExit();
        Assert.That(read, Is.EqualTo(word + "end"));
    }

    [Test]
    public void A_harmless_word_stays_as_it_is() =>
    Assert.That(ShellCommand.Of("dalle2", "train", "--out", "runs/my-run_2"), Is.EqualTo("dalle2 train --out runs/my-run_2"));

    [TestCaseSource(nameof(Words))]
    public void A_printed_command_has_no_control_characters(string word) =>
    Assert.That(ShellCommand.Quote(word).Any(char.IsControl), Is.False);
}
