using Dalle2.Cli;
using Dalle2.Perf;

return Application.Run(args, Console.Out, Console.Error, root: new PerfCommand());
