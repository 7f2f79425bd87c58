namespace HealthGrains.Rpc.Tests;

/// <summary>No wait without an end, and an end that says what did not come.</summary>
internal static class Waiting
{
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(20);

    public static async Task<T> Within<T>(this Task<T> task, string what)
    {
        await ((Task)task).Within(what);
        return await task;
    }

    public static async Task Within(this Task task, string what)
    {
        try
        {
            await task.WaitAsync(s_limit);
        }
        catch (TimeoutException) when (!task.IsCompleted)
        {
            Assert.Fail($"Waited {s_limit.TotalSeconds} s for {what}, which did not come.");
        }
    }

    public static async Task<RpcException> FailsAsync(this Task task, RpcStatusCode expected)
    {
        RpcException error = await Assert.ThrowsAsync<RpcException>(() => task.Within($"a call to fail with {expected}"));
        Assert.True(expected == error.Code, $"expected {expected}, got {error.Code}: {error.Detail}");
        return error;
    }
}
