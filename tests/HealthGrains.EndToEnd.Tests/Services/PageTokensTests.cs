using System.Security.Cryptography;
using HealthGrains.EndToEnd.Tests.Authentication;
using HealthGrains.Rpc;
using HealthGrains.Services;
using HealthGrains.Services.Paging;
using Xunit;

namespace HealthGrains.EndToEnd.Tests.Services;

public sealed class PageTokensTests
{
    private readonly StandingClock _clock = new(new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero));
    private readonly byte[] _question = PageTokens.Question("ListDocuments", "patient/x", "filter"u8);

    [Fact]
    public void A_token_opens_for_its_question_and_tells_nothing()
    {
        var tokens = new PageTokens(RandomNumberGenerator.GetBytes(32), _clock);
        var token = tokens.Make(_question, [1, 2, 3, 4]);
        var place = new byte[4];
        tokens.Open(token, _question, place);
        Assert.Equal([1, 2, 3, 4], place);
        Assert.NotEqual(token, tokens.Make(_question, [1, 2, 3, 4]));
    }

    [Fact]
    public void Any_changed_character_any_other_key_and_any_other_question_is_refused()
    {
        var tokens = new PageTokens(RandomNumberGenerator.GetBytes(32), _clock);
        var token = tokens.Make(_question, [1, 2, 3, 4]);
        for (var i = 0; i < token.Length; i++)
        {
            var edited = token.ToCharArray();
            edited[i] = edited[i] == 'A' ? 'B' : 'A';
            Refused(tokens, new string(edited), _question);
        }

        Refused(new PageTokens(RandomNumberGenerator.GetBytes(32), _clock), token, _question);
        Refused(tokens, token, PageTokens.Question("ListAccesses", "patient/x", "filter"u8));
        Refused(tokens, token, PageTokens.Question("ListDocuments", "patient/y", "filter"u8));
        Refused(tokens, token, PageTokens.Question("ListDocuments", "patient/x", "filte"u8));
        Refused(tokens, token, PageTokens.Question("ListDocuments", "patient/xf", "ilter"u8));
    }

    [Fact]
    public void A_token_of_a_place_of_another_size_is_refused()
    {
        var tokens = new PageTokens(RandomNumberGenerator.GetBytes(32), _clock);
        Refused(tokens, tokens.Make(_question, [1, 2, 3, 4, 5]), _question);
    }

    [Fact]
    public void A_token_lasts_a_day()
    {
        var tokens = new PageTokens(RandomNumberGenerator.GetBytes(32), _clock);
        var token = tokens.Make(_question, [1, 2, 3, 4]);
        _clock.Now += ServiceLimits.PageTokenLifetime;
        tokens.Open(token, _question, new byte[4]);
        _clock.Now += TimeSpan.FromDays(29);
        Refused(tokens, token, _question);
    }

    private static void Refused(PageTokens tokens, string token, byte[] question)
    {
        var error = Assert.Throws<RpcException>(() => tokens.Open(token, question, new byte[4]));
        Assert.Equal("page_token", error.FindDetail<Google.Rpc.BadRequest>()!.FieldViolations[0].Field);
    }
}
