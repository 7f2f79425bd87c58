using System.Text;
using HealthGrains.Rpc.GrpcWire;

namespace HealthGrains.Rpc.Tests;

/// <summary>The small rules of the wire, each by itself.</summary>
public sealed class WireRuleTests
{
    [Theory]
    [InlineData("1H", 36_000_000_000)]
    [InlineData("2M", 1_200_000_000)]
    [InlineData("3S", 30_000_000)]
    [InlineData("4m", 40_000)]
    [InlineData("5u", 50)]
    [InlineData("100n", 1)]
    [InlineData("1n", 1)]
    [InlineData("0S", 0)]
    [InlineData("00000010S", 100_000_000)]
    [InlineData("99999999H", 99_999_999 * 36_000_000_000)]
    public void A_timeout_of_digits_and_unit_is_understood(string text, long ticks)
    {
        Assert.True(GrpcTimeout.TryParse(text, out TimeSpan timeout));
        Assert.Equal(ticks, timeout.Ticks);
    }

    [Theory]
    [InlineData("")]
    [InlineData("S")]
    [InlineData("10")]
    [InlineData("-1S")]
    [InlineData("+1S")]
    [InlineData("1.5S")]
    [InlineData(" 1S")]
    [InlineData("1 S")]
    [InlineData("1s")]
    [InlineData("1h")]
    [InlineData("soon")]
    [InlineData("100000000n")]
    [InlineData("٣S")]
    public void A_malformed_timeout_is_not(string text) => Assert.False(GrpcTimeout.TryParse(text, out _));

    [Fact]
    public void A_timeout_is_written_in_eight_digits_and_never_shorter_than_asked()
    {
        foreach (TimeSpan timeout in (TimeSpan[])[
            TimeSpan.FromTicks(1), TimeSpan.FromMilliseconds(1.5), TimeSpan.FromSeconds(10), TimeSpan.FromSeconds(99.9999999),
            TimeSpan.FromSeconds(100.0000001), TimeSpan.FromDays(1), TimeSpan.FromDays(2_000), TimeSpan.FromDays(4_000_000), TimeSpan.Zero])
        {
            string text = GrpcTimeout.Format(timeout);
            Assert.True(text.Length <= 9, text);
            Assert.True(GrpcTimeout.TryParse(text, out TimeSpan back), text);
            Assert.True(back >= timeout, text);
        }
        Assert.Equal("10000000u", GrpcTimeout.Format(TimeSpan.FromSeconds(10)));
    }

    [Theory]
    [InlineData("", "")]
    [InlineData("AA", "00")]
    [InlineData("AA==", "00")]
    [InlineData("AAE", "0001")]
    [InlineData("AAE=", "0001")]
    [InlineData("+/+/", "FBFFBF")]
    public void Base64_is_read_with_and_without_padding(string text, string hex)
    {
        Assert.True(BinaryMetadata.TryDecode(text, out byte[]? value));
        Assert.Equal(hex, Convert.ToHexString(value));
    }

    [Theory]
    [InlineData("A")]
    [InlineData("A===")]
    [InlineData("AA=")]
    [InlineData("!!!***")]
    [InlineData("A-_A")]
    [InlineData("AA==AA==")]
    [InlineData("A A=")]
    public void What_is_not_base64_is_not_read(string text) => Assert.False(BinaryMetadata.TryDecode(text, out _));

    [Fact]
    public void Base64_is_written_without_padding() => Assert.Equal("AA", BinaryMetadata.Encode([0]));

    [Theory]
    [InlineData("plain text", "plain text")]
    [InlineData("100 %", "100 %25")]
    [InlineData("a\nb", "a%0Ab")]
    [InlineData("déjà", "d%C3%A9j%C3%A0")]
    [InlineData("😀", "%F0%9F%98%80")]
    public void A_status_message_is_percent_encoded(string message, string encoded)
    {
        Assert.Equal(encoded, StatusMessage.Encode(message));
        Assert.Equal(message, StatusMessage.Decode(encoded));
    }

    [Theory]
    [InlineData("%", "%")]
    [InlineData("%4", "%4")]
    [InlineData("%zz", "%zz")]
    [InlineData("a%41%", "aA%")]
    public void A_broken_percent_encoding_is_kept_as_it_is(string encoded, string message) =>
        Assert.Equal(message, StatusMessage.Decode(encoded));

    [Fact]
    public void A_long_status_message_is_cut_between_two_characters()
    {
        string encoded = StatusMessage.Encode("x" + string.Concat(Enumerable.Repeat("é", 2_000)));
        string decoded = StatusMessage.Decode(encoded);
        Assert.Equal(Limits.StatusMessageBytesMax - 1, Encoding.UTF8.GetByteCount(decoded));
        Assert.DoesNotContain('\ufffd', decoded);
    }

    [Fact]
    public void A_lone_surrogate_in_a_status_message_is_replaced() =>
        Assert.Equal("%EF%BF%BD", StatusMessage.Encode("\ud800"));

    [Theory]
    [InlineData("application/grpc", "application/grpc")]
    [InlineData("application/grpc+proto", "application/grpc+proto")]
    [InlineData("Application/gRPC", "application/grpc")]
    [InlineData("application/grpc; charset=utf-8", "application/grpc")]
    [InlineData("application/grpc+json", null)]
    [InlineData("application/grpc-web", null)]
    [InlineData("application/grpcx", null)]
    [InlineData("application/json", null)]
    [InlineData("", null)]
    [InlineData(null, null)]
    public void Content_types_of_protobuf_are_accepted(string? asked, string? answer) =>
        Assert.Equal(answer, GrpcHeaders.AcceptContentType(asked));
}
