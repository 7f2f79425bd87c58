using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using HealthGrains.Host.Databases;
using HealthGrains.Rpc;

namespace HealthGrains.Campaigns.Shared;

/// <summary>The verb <c>restore</c>: a base backup under load and a copy of the write-ahead log elsewhere, which each commit waits
/// for; then the database is killed and its directory deleted. It is restored in another place, verified and read back.</summary>
internal static class RestoreDrill
{
    private const string Archive = "archive";
    private const int Patients = 100;
    private const int Professionals = 8;

    public static Command Command()
    {
        var seed = new Option<int>("--seed") { DefaultValueFactory = _ => 1 };
        var acked = new Option<int>("--acknowledged") { Description = "Documents before and after the backup.", DefaultValueFactory = _ => 4_000 };
        var server = new Option<string>("--server-dll") { DefaultValueFactory = _ => Path.Combine(AppContext.BaseDirectory, "healthgrains.dll") };
        var noArchive = new Option<bool>("--planted-no-wait")
        {
            Description = "Commits do not wait for the copy of the log, which ends early: the loss must be reported.",
        };
        var command = new Command("restore", "Backup under load, loss of the database, restore elsewhere, verification");
        foreach (var option in new Option[] { seed, acked, server, noArchive })
            command.Options.Add(option);
        command.SetAction(async (parsed, cancellation) =>
        {
            if (ScratchCluster.Programs() is null)
            {
                Console.WriteLine("restore: skipped, no PostgreSQL is installed here");
                return 4;
            }

            var scratch = Directory.CreateTempSubdirectory("hg-").FullName;
            try
            {
                string[] program = ["dotnet", parsed.GetValue(server)!, "serve"]; // ! it has a default
                return await RunAsync(scratch, program, parsed.GetValue(seed), parsed.GetValue(acked), parsed.GetValue(noArchive), cancellation);
            }
            catch (Exception broken)
            {
                Console.WriteLine($"restore: the drill itself broke: {broken}");
                return 5;
            }
            finally
            {
                Directory.Delete(scratch, recursive: true);
            }
        });
        return command;
    }

    private static async Task<int> RunAsync(
        string scratch, string[] program, int seed, int acknowledged, bool noWait, CancellationToken cancellation)
    {
        await using var ledger = new Ledger(Path.Combine(scratch, "ledger.txt"));
        var first = await SharedWorld.StartAsync(program, scratch, 1, noFence: false, cancellation);
        var root = first.Cluster.Root;
        var (archive, backup) = (Path.Combine(root, Archive), Path.Combine(root, "backup"));
        World world;
        Load load;
        double backupSeconds;
        Process? receiver = null;
        try
        {
            // The copy of the log acts as a standby: a commit is confirmed when its log is synced there too.
            await Shell(first.Cluster, $"mkdir {archive}");
            string[] copying =
            [
                "--directory", archive, "--synchronous", "--no-loop",
                "--dbname", $"host={first.Cluster.Sockets} user={ScratchCluster.User} application_name={Archive}",
            ];
            receiver = first.Cluster.Start("pg_receivewal", copying);
            await UntilAsync(
                () => first.CountAsync($"SELECT count(*) FROM pg_stat_replication WHERE application_name = '{Archive}' AND state = 'streaming'"),
                count => count == 1, cancellation);
            if (!noWait)
            {
                await first.SqlAsync($"ALTER SYSTEM SET synchronous_standby_names = '{Archive}'");
                await first.SqlAsync("SELECT pg_reload_conf()");
            }

            world = new World(first.Data, Patients, Professionals);
            await using (var channel = new RpcChannel(first[0].Address, null))
                await world.PrepareAsync(channel, cancellation);
            load = new Load(world, ledger, seed, 1024);
            using var ended = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
            var half = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            var whole = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            var backedUp = 0;
            var running = load.RunAsync(
                first[0].Address,
                1,
                count =>
                {
                    if (count == acknowledged)
                        half.TrySetResult();
                    if (Volatile.Read(ref backedUp) is > 0 and var then && count >= then + acknowledged)
                        whole.TrySetResult();
                },
                ended.Token);
            await half.Task.WaitAsync(TimeSpan.FromMinutes(1), cancellation);
            var clock = Stopwatch.StartNew();
            var (exit, said) = await first.Cluster.RunAsync(
                "pg_basebackup", "-h", first.Cluster.Sockets, "-U", ScratchCluster.User, "--pgdata", backup, "--wal-method", "none",
                "--checkpoint", "fast");
            if (exit != 0)
                throw new InvalidOperationException($"The backup failed: {said}");
            backupSeconds = clock.Elapsed.TotalSeconds;
            Volatile.Write(ref backedUp, load.Acknowledged);
            if (noWait)
            {
                // The planted fault: the copy of the log has the backup's end, then it stands still, and nobody waits for it.
                var end = await first.SqlAsync("SELECT pg_current_wal_lsn()");
                await UntilAsync(
                    () => first.CountAsync($"SELECT count(*) FROM pg_stat_replication WHERE flush_lsn >= '{end}'"),
                    count => count == 1, cancellation);

                // With its child: as root it is a program that started the one that copies.
                receiver.Kill(entireProcessTree: true);
                await receiver.WaitForExitAsync(cancellation);
            }

            await whole.Task.WaitAsync(TimeSpan.FromMinutes(1), cancellation);

            // The disaster, under load: processes and directory are gone.
            foreach (var process in SharedFault.ProcessesOf(first))
                Posix.TrySignal(process, Posix.Kill);
            await first[0].KillAsync();
            await ended.CancelAsync();
            await running;
            Directory.Delete(first.Cluster.Data, recursive: true);
        }
        finally
        {
            if (receiver is { HasExited: false })
                receiver.Kill(entireProcessTree: true);
            receiver?.Dispose();
            await first.DisposeAsync();
        }

        // Elsewhere: the backup, then the log.
        var restoring = Stopwatch.StartNew();
        var elsewhere = Path.Combine(root, "elsewhere");
        await Shell(first.Cluster, $"mkdir {elsewhere} && chmod 700 {elsewhere} && mv {backup} {elsewhere}/data && touch {elsewhere}/data/recovery.signal");
        await File.AppendAllTextAsync(
            Path.Combine(elsewhere, "data", "postgresql.auto.conf"),
            $"synchronous_standby_names = ''\nrestore_command = 'cp {archive}/%f %p || cp {archive}/%f.partial %p'\n",
            cancellation);
        await using var cluster = await ScratchCluster.AdoptAsync(elsewhere);
        string[] connection = ["--store", "postgresql", "--postgresql", cluster.Connection];
        await UntilAsync(
            async () => (await cluster.RunAsync(
                "psql", "-qAt", "-h", cluster.Sockets, "-U", ScratchCluster.User, "-d", "postgres", "-c", "SELECT pg_is_in_recovery()")).Said.Trim(),
            said => said == "f", cancellation);
        var databaseSeconds = restoring.Elapsed.TotalSeconds;
        await using var server = await ServerProcess.StartAsync([.. program, .. connection], first.Data, null, cancellation);
        var servingSeconds = restoring.Elapsed.TotalSeconds;

        var verified = await SharedCampaign.VerifyAsync(program, cluster.Connection, cancellation);
        await using var again = new RpcChannel(server.Address, new RpcChannelOptions { Connections = 2 });
        var findings = await new Verifier(world, ledger).CheckAsync(again, 1, cancellation);
        var unknown = ledger.Documents.Count(document => document.Answer is null);
        Console.WriteLine(JsonSerializer.Serialize(
            new
            {
                campaign = "restore",
                seed,
                acknowledged = ledger.Acknowledged,
                unknown,
                backup_seconds = Math.Round(backupSeconds, 2),
                database_back_seconds = Math.Round(databaseSeconds, 2),
                serving_seconds = Math.Round(servingSeconds, 2),
                verify_exit = verified.Exit,
                findings,
            },
            SharedCampaign.Json));
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"restore: {ledger.Acknowledged} acknowledged, {findings}, backup {backupSeconds:0.0} s, serving again after {servingSeconds:0.0} s, verify: exit {verified.Exit}"));
        return findings.IsClean && verified.Exit == 0 ? 0 : 1;
    }

    private static async Task Shell(ScratchCluster cluster, string command)
    {
        var (exit, said) = await cluster.RunAsync("/bin/sh", "-c", command);
        if (exit != 0)
            throw new InvalidOperationException($"{command}: {said}");
    }

    private static async Task UntilAsync<T>(Func<Task<T>> look, Func<T, bool> isIt, CancellationToken cancellation)
    {
        var clock = Stopwatch.StartNew();
        while (!isIt(await look()))
        {
            if (clock.Elapsed > TimeSpan.FromSeconds(60))
                throw new InvalidOperationException("What was waited for did not come within 60 s.");
            await Task.Delay(100, cancellation);
        }
    }
}
