using System.CommandLine;
using System.Text.Json.Nodes;
using HealthGrains.Contracts.V1;
using HealthGrains.Grains.Contents;
using HealthGrains.Grains.Contents.Files;
using HealthGrains.Grains.Journal;
using HealthGrains.Host.Client;
using HealthGrains.Host.CommandLine;
using HealthGrains.PostgreSql;
using HealthGrains.Rpc;
using HealthGrains.Sqlite;

namespace HealthGrains.Host.Verbs;

/// <summary><c>verify</c>: re-reads what is stored, on a running server or in a data directory, and names the first place
/// that does not fit.</summary>
internal static class VerifyVerb
{
    private const string StoreFile = "healthgrains.db";

    private static readonly Option<string> Data = new("--data")
    {
        Description = "Verify the store of this directory itself, also while a server uses it; without it the server is asked", HelpName = "DIR",
    };

    private static readonly Option<string> ContentDirectory = new("--content-dir")
    {
        Description = "Folder of large documents (with --data or --postgresql; default contents in the directory of --data)", HelpName = "DIR",
    };

    private static readonly Option<string> Database = new("--postgresql")
    {
        Description = "Verify the store of this database itself, also while servers use it", HelpName = "CONNECTION",
    };

    private static readonly Option<string> Patient = new("--patient") { Description = "Only this patient's record (by the server)", HelpName = "INS" };

    private static readonly Option<string> Oid = RecordPatient.Oid();

    public static Command Command() =>
        new VerbCommand("verify", "Check every hash chain and every content of a store", RunAsync) { Data, ContentDirectory, Database, Patient, Oid };

    private static async Task<ExitCode> RunAsync(VerbContext context)
    {
        if (context.Get(Data) is { } directory && context.Has(Patient))
            throw new CliException(ExitCode.Usage, "--data verifies a whole store; --patient asks a server.");
        var files = context.Get(ContentDirectory);
        var found = context.Get(Database) is { } database ? await OfflineAsync(context, files, () => OpenDatabaseAsync(context, database))
            : context.Get(Data) is { } data ? await OfflineAsync(context, files ?? Path.Combine(data, "contents"), () => OpenDirectoryAsync(context, data))
            : await OnlineAsync(context);
        var text = $"{HumanValues.Count(found.Entries)} entries of {HumanValues.Count(found.Journals)} journals, {HumanValues.Count(found.Contents)} contents";
        if (context.Json)
        {
            var json = new JsonObject
            {
                ["entries"] = found.Entries, ["journals"] = found.Journals, ["contents"] = found.Contents, ["fits"] = found.Bad is null,
            };
            if (found.Bad is { } place)
            {
                json["first_bad"] = new JsonObject
                {
                    ["shard"] = place.Shard, ["position"] = place.Position, ["version"] = place.Version,
                    ["journal"] = place.Journal, ["reason"] = place.Reason,
                };
            }

            await context.Console.WriteLineAsync(JsonLine.Of(json));
        }
        else
        {
            await context.Console.WriteLineAsync(found.Bad is { } bad
                ? $"damaged: shard {bad.Shard}, position {bad.Position}, version {bad.Version}: {bad.Reason} (checked before it: {text})"
                : $"everything fits: {text}");
        }

        return found.Bad is null ? ExitCode.Ok : ExitCode.Conflict;
    }

    private static async Task<Found> OnlineAsync(VerbContext context)
    {
        await using var server = ServerConnection.Open(context);
        var request = new VerifyRecordRequest { Everything = true };
        if (context.Get(Patient) is { } ins) request.Patient = RecordPatient.Of(ins, context.Get(Oid), null);
        var sum = new Found(0, 0, 0, null);
        do
        {
            VerifyRecordResponse answer;
            try
            {
                // As long as the server lets one question last.
                var patient = server.Question with { Timeout = TimeSpan.FromMinutes(1) };
                answer = await server.Channel.UnaryAsync<VerifyRecordRequest, VerifyRecordResponse>(Methods.VerifyRecord, request, patient, context.Stopping);
            }
            catch (RpcException e) when (e.Code == RpcStatusCode.DeadlineExceeded)
            {
                throw new CliException(
                    ExitCode.Unavailable, "The store takes longer to verify than one call may last.", "healthgrains verify --data DIR (on the server's machine)", e);
            }

            sum = new Found(sum.Entries + answer.Entries, sum.Journals + answer.Journals, sum.Contents + answer.Contents, answer.FirstBad);
            request.PageToken = answer.NextPageToken;
        }
        while (request.PageToken.Length > 0 && sum.Bad is null);
        return sum;
    }

    // Opening would make a store where there is none.
    private static async Task<(IJournalStore Store, IContentStore Contents)> OpenDirectoryAsync(VerbContext context, string directory)
    {
        if (!File.Exists(Path.Combine(directory, StoreFile)))
            throw new CliException(ExitCode.NotFound, $"{directory} holds no store ({StoreFile}).", "healthgrains verify --postgresql CONNECTION, where it is in a database");
        var store = await SqliteJournalStore.OpenAsync(new SqliteStoreOptions { Directory = directory, Time = context.Time });
        return (store, store.Contents);
    }

    private static async Task<(IJournalStore Store, IContentStore Contents)> OpenDatabaseAsync(VerbContext context, string connection)
    {
        var options = new PostgreSqlStoreOptions { Connection = connection, Time = context.Time };
        try
        {
            if ((await PostgreSqlJournalStore.PlanMigrationsAsync(options)).Count > 0)
                throw new CliException(ExitCode.NotFound, "The database holds no store, or one of an earlier version.", "healthgrains serve --store postgresql makes and migrates it");
            var store = await PostgreSqlJournalStore.OpenAsync(options);
            return (store, store.Contents);
        }
        catch (ArgumentException)
        {
            // Its message may repeat the connection string, which may hold a password.
            throw new CliException(ExitCode.Usage, "--postgresql is no connection string of PostgreSQL.");
        }
    }

    private static async Task<Found> OfflineAsync(
        VerbContext context, string? files, Func<Task<(IJournalStore Store, IContentStore Contents)>> open)
    {
        try
        {
            var (store, database) = await open();
            await using var _ = store;
            var entries = new EntryCount();
            await using var progress = ProgressLine.Start(
                context.Console, context.Time, () => new ProgressState(entries.Value, null, $"{HumanValues.Count(entries.Value)} entries checked"));
            var contents = Directory.Exists(files) ? new ContentStores(database, FileContentStore.Open(files)) : database;
            var report = await new ContentVerifier(store, contents).VerifyAsync(null, entries, context.Stopping);
            var bad = report.FirstDamage is { } damage
                ? new BadPlace { Shard = damage.Shard, Position = damage.Position, Version = damage.Version, Reason = damage.What }
                : null;
            return new Found(report.Entries, report.Journals, report.Contents, bad);
        }
        catch (JournalDamagedException e)
        {
            return new Found(0, 0, 0, new BadPlace { Shard = -1, Reason = e.Message });
        }
        catch (JournalUnavailableException e)
        {
            throw new CliException(ExitCode.Unavailable, e.Message, inner: e);
        }
    }

    private sealed record Found(long Entries, long Journals, long Contents, BadPlace? Bad);

    private sealed class EntryCount : IProgress<long>
    {
        private long _value;

        public long Value => Interlocked.Read(ref _value);

        public void Report(long value) => Interlocked.Exchange(ref _value, value);
    }
}
