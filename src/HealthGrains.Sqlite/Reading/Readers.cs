using HealthGrains.Grains.Journal;
using HealthGrains.Sqlite.Native;

namespace HealthGrains.Sqlite.Reading;

/// <summary>The threads that read. Each takes all the reads that wait and answers them in one read transaction; with a
/// write-ahead log they neither block the writer nor wait for it.</summary>
/// <remarks>A read transaction sees only commits that were already synced, and is short, so that the write-ahead log can
/// start again from its beginning.</remarks>
internal sealed class Readers : IDisposable
{
    private readonly StoreState _state;
    private readonly ReadQueue _queue = new();
    private readonly List<(Connection Connection, Thread Thread)> _readers = [];

    public Readers(Func<Connection> open, int count, StoreState state)
    {
        _state = state;
        for (var i = 0; i < count; i++)
        {
            var connection = open();
            var thread = new Thread(() => Run(connection)) { IsBackground = true, Name = "HealthGrains journal reader" };
            _readers.Add((connection, thread));
            thread.Start();
        }
    }

    /// <param name="read">Runs on a reader's thread, in a read transaction that it may share with other reads.</param>
    /// <param name="cancellation">Ends the waiting.</param>
    /// <exception cref="JournalException">What the read itself throws, or that it could not be done.</exception>
    public Task<T> ReadAsync<T>(Func<ReadSession, T> read, CancellationToken cancellation)
    {
        _state.ThrowIfFailed();
        cancellation.ThrowIfCancellationRequested();
        var request = new ReadRequest<T>(read);
        _queue.Add(request);
        return request.Done.WaitAsync(cancellation);
    }

    public void Dispose()
    {
        _queue.Close();
        foreach (var (connection, thread) in _readers)
        {
            thread.Join();
            if (_state.HasFailed)
                connection.CloseWithoutCheckpoint();
            connection.Dispose();
        }
    }

    private void Run(Connection connection)
    {
        var session = new ReadSession(connection, _state.Shards);
        var batch = new List<ReadRequest>();
        while (_queue.Take(batch))
        {
            var answered = 0;
            try
            {
                _state.ThrowIfFailed();
                session.Begin();
                for (; answered < batch.Count; answered++)
                    Answer(session, batch[answered]);
                session.End();
                _state.Instruments.Read(answered);
            }
            catch (JournalUnavailableException stopped)
            {
                FailFrom(batch, answered, stopped);
            }
            catch (SqliteFailure failure)
            {
                FailFrom(batch, answered, Unavailable(failure));
                TryEnd(session);
            }
        }
    }

    private static void Answer(ReadSession session, ReadRequest request)
    {
        try
        {
            request.Answer(session);
        }
        catch (JournalException exception)
        {
            request.Fail(exception);
        }
        catch (SqliteFailure failure)
        {
            request.Fail(failure.IsDamage
                ? new JournalDamagedException(
                    new JournalDamage(null, -1, 0, 0, "A page of the database is not as it was written."))
                : Unavailable(failure));
        }
    }

    private static void TryEnd(ReadSession session)
    {
        try
        {
            session.End();
        }
        catch (SqliteFailure)
        {
            // The next batch starts a transaction, or says again why it cannot.
        }
    }

    private static JournalUnavailableException Unavailable(SqliteFailure failure) =>
        new("The database cannot be read now.", JournalUnavailableReason.Away, failure);

    private static void FailFrom(List<ReadRequest> batch, int first, JournalException exception)
    {
        for (var i = first; i < batch.Count; i++)
            batch[i].Fail(exception);
    }
}
