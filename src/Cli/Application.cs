using System.CommandLine;
using System.CommandLine.Help;
using System.Reflection;
using Dalle2.Data;
using Dalle2.Gpu.Runtime;
using Dalle2.Gpu.Targets.Ilgpu;
using Dalle2.Training.Loop;
using Dalle2.Training.Ranks;
using Dalle2.Training.Ranks.Mpi;

namespace Dalle2.Cli;

/// <summary>The program: parses a command line, runs its verb, and turns what goes wrong into one sentence and an exit code.</summary>
static class Application
{
    /// <summary>The version, without the revision it was built from.</summary>
    public static string Version => Build.Split('+')[0];

    /// <summary>The version, with the revision that it was built from where that is known.</summary>
    public static string Build { get; } =
        typeof(Application).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion;

    /// <summary>Runs a command line.</summary>
    /// <param name="arguments">What stands behind the program's name.</param>
    /// <param name="output">Gets results.</param>
    /// <param name="error">Gets progress, notices and faults.</param>
    /// <param name="cancellation">Asks long work to come to a good end.</param>
    /// <returns>An <see cref="ExitCode"/>.</returns>
    public static int Run(IReadOnlyList<string> arguments, TextWriter output, TextWriter error, CancellationToken cancellation = default) =>
        Run(CreateRoot(arguments.Count > 0 ? arguments[0] : null), arguments, output, error, cancellation);

    /// <summary>The same of another program's verbs.</summary>
    internal static int Run(Command root, IReadOnlyList<string> arguments, TextWriter output, TextWriter error,
        CancellationToken cancellation)
    {
        try
        {
            Settings.Read();
            int code = Dispatch(root, arguments, output, error, cancellation);
            output.Flush();
            return code;
        }
        catch (Exception fault)
        {
            return Explain(fault, error);
        }
    }

    static int Dispatch(Command root, IReadOnlyList<string> arguments, TextWriter output, TextWriter error, CancellationToken cancellation)
    {
        var version = VerbOptions.Flag("--version", "Print the version.");
        root.Options.Add(version);
        // A prompt that begins with @ is a prompt, and only long options exist.
        ParseResult parsed = root.Parse(arguments,
            new ParserConfiguration { ResponseFileTokenReplacer = null, EnablePosixBundling = false });
        Command command = parsed.CommandResult.Command;
        if (parsed.Action is HelpPage)
            return HelpPage.Print(command, output);
        RequireKnownOptions(command, arguments);
        if (command == root && parsed.GetValue(version))
        {
            output.WriteLine($"dalle2 {Version}");
            return ExitCode.Ok;
        }

        if (command is not Verb verb)
        {
            if (parsed.UnmatchedTokens is [string unknown, ..])
            {
                throw new UserInputException($"there is no verb '{unknown}'{(command == root ? "" : $" of {command.Name}")}."
                    + $"{Known.Suggest(unknown, command.Subcommands.Select(c => c.Name))} See '{CommandPath(command)} --help'.");
            }

            HelpPage.Print(command, error);
            return ExitCode.Usage;
        }

        if (parsed.UnmatchedTokens is [string extra, ..])
            throw new UserInputException($"'{extra}' is one argument too many. See '{CommandPath(verb)} --help'.");
        if (parsed.Errors is [{ } first, ..])
            throw new UserInputException($"{first.Message.TrimEnd('.')}. See '{CommandPath(verb)} --help'.");
        return verb.Run(parsed, new Terminal(output, error, parsed.GetValue(verb.Json), cancellation));
    }

    // Of a verb that is named, the others need not be made: their options ask for every model and data set that there is.
    static Command CreateRoot(string? named)
    {
        (string Name, Func<Command> Create)[] verbs =
        [
            ("devices", () => new DevicesVerb()), ("demo", () => new DemoVerb()), ("data", () => new DataVerb()),
            ("train", () => new TrainVerb()),
            ("generate", () => new GenerateVerb()), ("variations", () => new VariationsVerb()),
            ("interpolate", () => new InterpolateVerb()), ("edit", () => new EditVerb()), ("inpaint", () => new InpaintVerb()),
            ("eval", () => new EvalVerb()), ("export", () => new ExportVerb()), ("serve", () => new ServeVerb()),
            ("gradcheck", () => new GradcheckVerb()),
            ("bench", () => new BenchVerb()), ("profile", () => new ProfileVerb()), ("kernels", () => new KernelsVerb()),
            ("ranks", () => new RanksVerb()),
        ];
        var root = new Command("dalle2", "Text to image, from the kernel up: trains on captioned pictures and draws from text.");
        bool known = verbs.Any(verb => verb.Name == named);
        foreach (var (name, create) in verbs)
        {
            if (!known || name == named)
                root.Subcommands.Add(create());
        }

        root.Options.Add(new HelpOption("--help", "-h", "-?") { Description = "Show help.", Action = new HelpPage() });
        return root;
    }

    // The parser takes an unknown option for an argument where arguments are allowed; a mistyped one must not be drawn as a prompt.
    static void RequireKnownOptions(Command command, IReadOnlyList<string> arguments)
    {
        string[] known = [.. command.Options.Concat(command.Parents.OfType<Command>().SelectMany(parent => parent.Options)
            .Where(option => option.Recursive)).SelectMany(option => option.Aliases.Prepend(option.Name))];
        foreach (string argument in arguments.TakeWhile(argument => argument != "--"))
        {
            string name = argument.Split('=', ':')[0];
            bool option = name.Length > 1 && name[0] == '-' && (name[1] == '-' || char.IsAsciiLetter(name[1]))
                && !name.Any(char.IsWhiteSpace);
            if (option && !known.Contains(name, StringComparer.Ordinal))
            {
                throw new UserInputException(
                    $"{CommandPath(command)} has no option '{name}'."
                    + $"{Known.Suggest(name, known.Where(k => k.StartsWith("--", StringComparison.Ordinal)))} See '"
                    + $"{CommandPath(command)} --help'.");
            }
        }
    }

    internal static string CommandPath(Command command) =>
        string.Join(' ', command.Parents.OfType<Command>().Take(1).Select(CommandPath).Append(command.Name));

    static int Explain(Exception fault, TextWriter error)
    {
        bool trace = fault is not InvalidSettingException && Settings.Current.Debug >= 1;
        (int code, string message) = Sentence(fault);
        // One rank is enough to say that another is gone.
        bool told = fault is RankLostException && MpiLauncher.Find()?.Rank > 0 && !message.StartsWith("rank 0 ", StringComparison.Ordinal);
        if (!told)
            error.WriteLine($"dalle2: {VisibleText.OfLines(message)}");
        if (trace)
            error.WriteLine(fault);
        return code;
    }

    /// <summary>What went wrong, in a sentence, and the exit code that it means.</summary>
    internal static (int Code, string Message) Sentence(Exception fault)
    {
        bool trace = fault is not InvalidSettingException && Settings.Current.Debug >= 1;
        return fault switch
        {
            UserInputException or DeviceUnavailableException or InvalidSettingException => (ExitCode.Usage, fault.Message),
            TrainingDivergedException or StageAtChanceException or KernelException or IlgpuRefusalException or OperationCanceledException
                or RankLostException =>
            (ExitCode.Failed, fault.Message),
            IOException or UnauthorizedAccessException => (ExitCode.Failed, fault.Message),
            _ =>
            (ExitCode.Failed,
            $"internal error: {fault.GetType().Name}: {fault.Message}{(trace ? "" : " (run it again with D2_DEBUG=1 to see where)")}"),
        };
    }
}
