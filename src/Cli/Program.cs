using System.Runtime.InteropServices;
using Dalle2.Cli;
using Dalle2.Training.Ranks.Mpi;

if (RankSupervisor.Run(args, Console.Error) is { } ended)
    return ended;

// What trains saves a checkpoint when it is asked to stop, and ends at once when it is asked again. Most other verbs have nothing to save.
Console.SetError(new LastingWriter(Console.Error));
using var stop = new CancellationTokenSource();
string stopping = args switch
{
    ["serve", ..] => "closing the studio",
    ["ranks", ..] => "measuring no more",
    _ => "stopping after this step",
};
bool saves = args is ["train" or "demo" or "serve" or "ranks", ..];
int signals = 0;
void Stop(PosixSignalContext signal)
{
    signal.Cancel = saves && Interlocked.Increment(ref signals) == 1;
    if (!signal.Cancel && !Console.IsErrorRedirected)
        Console.Error.Write("\e[?25h"); // A progress display hides the cursor.
    Ask();
}

// A rank is asked by its supervisor too, and that is not the second time.
void Ask()
{
    if (stop.IsCancellationRequested)
        return;
    if (saves && MpiLauncher.Find()?.Rank is null or 0)
        Console.Error.WriteLine($"dalle2: {stopping}; the same again ends at once");
    stop.Cancel();
}

RankSupervisor.Obey(Ask);

using PosixSignalRegistration interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
using PosixSignalRegistration terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
using PosixSignalRegistration hangUp = PosixSignalRegistration.Create(PosixSignal.SIGHUP, Stop);
return Application.Run(args, Console.Out, Console.Error, stop.Token);
