using Dalle2.Cli;
using Dalle2.Perf;

return Application.Run(new PerfCommand(), args, Console.Out, Console.Error, CancellationToken.None);
