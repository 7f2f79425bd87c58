using HealthGrains.Host.Metrics;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace HealthGrains.Host.Serving;

/// <summary>The web port: is it alive, is it ready, how is it doing. Nothing here knows a patient or asks who looks.</summary>
internal static class WebEndpoints
{
    private const string PlainText = "text/plain; charset=utf-8";

    /// <param name="app">Behind the gRPC layer.</param>
    /// <param name="metrics">What <c>/metrics</c> shows.</param>
    /// <param name="refresh">Brings up to date what is only asked for when somebody looks; never throws.</param>
    /// <param name="isReady">Whether callers should be sent here now.</param>
    public static void Map(IApplicationBuilder app, PrometheusMetrics metrics, Func<Task> refresh, Func<bool> isReady) => app.Run(context =>
    {
        var request = context.Request;
        if (!HttpMethods.IsGet(request.Method) && !HttpMethods.IsHead(request.Method))
        {
            context.Response.Headers.Allow = "GET, HEAD";
            return AnswerAsync(context, StatusCodes.Status405MethodNotAllowed, PlainText, "method not allowed\n");
        }

        return request.Path.Value switch
        {
            "/health/live" => AnswerAsync(context, StatusCodes.Status200OK, PlainText, "live\n"),
            "/health/ready" => isReady()
                ? AnswerAsync(context, StatusCodes.Status200OK, PlainText, "ready\n")
                : AnswerAsync(context, StatusCodes.Status503ServiceUnavailable, PlainText, "not ready\n"),
            "/metrics" => MetricsAsync(context, metrics, refresh),
            _ => AnswerAsync(context, StatusCodes.Status404NotFound, PlainText, "not found\n"),
        };
    });

    private static async Task MetricsAsync(HttpContext context, PrometheusMetrics metrics, Func<Task> refresh)
    {
        await refresh();
        await AnswerAsync(context, StatusCodes.Status200OK, PrometheusMetrics.ContentType, metrics.Write());
    }

    private static Task AnswerAsync(HttpContext context, int status, string type, string body)
    {
        var response = context.Response;
        response.StatusCode = status;
        response.ContentType = type;
        response.Headers.CacheControl = "no-store";
        response.Headers.XContentTypeOptions = "nosniff";
        return HttpMethods.IsHead(context.Request.Method) ? Task.CompletedTask : response.WriteAsync(body, context.RequestAborted);
    }
}
