using System.Runtime.InteropServices;
using Dalle2.Cli;

// What trains saves a checkpoint when it is asked to stop, and ends at once when it is asked again. Other verbs have nothing to save.
Console.SetError(new LastingWriter(Console.Error));
using var stop = new CancellationTokenSource();
string stopping = args is ["serve", ..] ? "closing the studio" : "stopping after this step";
bool saves = args is ["train" or "demo" or "serve", ..];
void Stop(PosixSignalContext signal)
{
    signal.Cancel = saves && !stop.IsCancellationRequested;
    if (signal.Cancel)
        Console.Error.WriteLine($"dalle2: {stopping}; the same again ends at once");
    else if (!Console.IsErrorRedirected)
        Console.Error.Write("\e[?25h"); // A progress display hides the cursor.
    stop.Cancel();
}

using PosixSignalRegistration interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
using PosixSignalRegistration terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
using PosixSignalRegistration hangUp = PosixSignalRegistration.Create(PosixSignal.SIGHUP, Stop);
return Application.Run(args, Console.Out, Console.Error, stop.Token);
