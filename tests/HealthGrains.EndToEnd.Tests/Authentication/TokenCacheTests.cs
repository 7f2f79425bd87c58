using HealthGrains.Services.Authentication;
using Xunit;

namespace HealthGrains.EndToEnd.Tests.Authentication;

public sealed class TokenCacheTests
{
    [Fact]
    public void It_never_grows_beyond_its_maximum_and_keeps_what_is_used()
    {
        var cache = new TokenCache(100);
        var kept = Token();
        var used = TokenCache.DigestOf("used");
        cache.Keep(used, kept);
        for (var i = 0; i < 10_000; i++)
        {
            cache.Keep(TokenCache.DigestOf($"other {i}"), Token());
            Assert.True(cache.Count <= 100, $"after {i} tokens it keeps {cache.Count}");
            if (i % 20 == 0) Assert.Same(kept, cache.Find(used));
        }

        Assert.Null(cache.Find(TokenCache.DigestOf("other 1")));
    }

    private static ValidatedToken Token() =>
        new(new Caller.Operator("o"), default, default, new TrustedIssuer("i", new FixedKeys()), "k", null!);
}
