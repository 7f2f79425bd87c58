using HealthGrains.Grains.Journal;
using HealthGrains.Sqlite.Writing;

namespace HealthGrains.Sqlite.Contents;

/// <summary>A change of an upload that waits for a place in a commit beside the turns.</summary>
internal sealed class UploadRequest<T>(long bytes, Func<UploadRows, T> change) : WriteRequest(bytes)
{
    private readonly TaskCompletionSource<T> _done = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private T? _answer;

    public Task<T> Done => _done.Task;

    public override void Apply(WriteSession session) => _answer = change(session.Uploads);

    public override void Succeed() => _done.SetResult(_answer!); // ! applied before

    public override void Fail(JournalException exception) => _done.SetException(exception);
}
