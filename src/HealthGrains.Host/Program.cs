using HealthGrains.Host.CommandLine;

return await CommandRoot.RunAsync(args, CliConsole.OfProcess(), TimeProvider.System);
