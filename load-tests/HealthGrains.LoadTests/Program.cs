using System.CommandLine;
using HealthGrains.LoadTests.CommandLine;

return await Verbs.Root(TimeProvider.System).Parse(args).InvokeAsync(new InvocationConfiguration
{
    ProcessTerminationTimeout = TimeSpan.FromSeconds(30),
});
