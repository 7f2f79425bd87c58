using HealthGrains.Domain.Identity;
using Xunit;
using Xunit.Abstractions;

namespace HealthGrains.Domain.Tests.Identity;

public sealed class DocumentIdentityTests(ITestOutputHelper output)
{
    [Theory]
    [InlineData("1.2.250.1.213.1.4.10.1", "1.2.250.1.213.1.4.10.1", null)]
    [InlineData("1.2.3^abc/1", "1.2.3", "abc/1")]
    [InlineData("0B6F1D5E-9C5D-4E39-8A31-0A4D2C9F7B10", "0B6F1D5E-9C5D-4E39-8A31-0A4D2C9F7B10", null)]
    [InlineData("2.25.329800735698586629295641978511506172918", "2.25.329800735698586629295641978511506172918", null)]
    public void A_unique_id_is_a_root_and_perhaps_an_extension(string text, string root, string? extension)
    {
        Assert.True(UniqueId.TryParse(text, out var id));
        Assert.Equal((text, root, extension), (id.ToString(), id.Root, id.Extension));
        Assert.True(UniqueId.TryCreate(root, extension, out var joined));
        Assert.Equal(id, joined);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("1")]
    [InlineData("1.")]
    [InlineData("1..2")]
    [InlineData("1.02")]
    [InlineData("3.1")]
    [InlineData("1.2.x")]
    [InlineData("1.2.3^")]
    [InlineData("1.2.3^a^b")]
    [InlineData("1.2.3^a b")]
    [InlineData("1.2.3^a\u0000")]
    [InlineData("1.2.3^\u202Eabc")]
    [InlineData("1.2.3^é")]
    [InlineData("0b6f1d5e-9c5d-4e39-8a31-0a4d2c9f7b10")]
    [InlineData("urn:uuid:0B6F1D5E-9C5D-4E39-8A31-0A4D2C9F7B10")]
    [InlineData("urn:oid:1.2.3")]
    [InlineData("0B6F1D5E9C5D4E398A310A4D2C9F7B10")]
    [InlineData("../../etc/passwd")]
    public void What_is_not_a_unique_id_is_refused(string? text) => Assert.False(UniqueId.TryParse(text, out _));

    [Fact]
    public void A_unique_id_is_bounded()
    {
        Assert.True(UniqueId.TryParse("1.2.3^" + new string('a', 128), out _));
        Assert.False(UniqueId.TryParse("1.2.3^" + new string('a', 129), out _));
        Assert.True(UniqueId.TryParse("1." + new string('2', 126), out _));
        Assert.False(UniqueId.TryParse("1." + new string('2', 127), out _));
        Assert.False(UniqueId.TryCreate("1.2^3", null, out _));
        Assert.False(UniqueId.TryCreate("1.2", "3^4", out _));
    }

    [Fact]
    public void A_document_id_is_read_back_from_text_and_bytes()
    {
        var random = TestSeed.Draw(output);
        var bytes = new byte[16];
        for (var i = 0; i < 200; i++)
        {
            random.NextBytes(bytes);
            Assert.True(DocumentId.TryRead(bytes, out var id));
            Assert.Equal(Convert.ToHexStringLower(bytes), id.ToString().Replace("-", "", StringComparison.Ordinal));
            Assert.Equal(id, DocumentId.Parse(id.ToString()));
            Assert.Equal(bytes, id.ToByteArray());
            Assert.False(DocumentId.TryParse(id.ToString().ToUpperInvariant() + "x", out _));
        }
    }

    [Theory]
    [InlineData("00000000-0000-0000-0000-000000000000")]
    [InlineData("0B6F1D5E-9C5D-4E39-8A31-0A4D2C9F7B10")]
    [InlineData("{0b6f1d5e-9c5d-4e39-8a31-0a4d2c9f7b10}")]
    [InlineData("0b6f1d5e9c5d4e398a310a4d2c9f7b10")]
    [InlineData(null)]
    public void A_document_id_has_one_spelling(string? text) => Assert.False(DocumentId.TryParse(text, out _));

    [Fact]
    public void A_digest_is_that_of_the_standard_and_is_read_back()
    {
        // FIPS 180-2 appendix B.1: the message "abc".
        var hash = Sha256.Of("abc"u8);
        const string expected = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        Assert.Equal(expected, hash.ToString());
        Assert.Equal(hash, Sha256.Parse(expected));
        Assert.Equal(hash, Sha256.Parse(expected.ToUpperInvariant()));
        Assert.Equal(hash, new Sha256(hash.ToArray()));
        Assert.NotEqual(hash, Sha256.Of("abd"u8));
        Assert.False(Sha256.TryParse(expected[1..], out _));
        Assert.False(Sha256.TryParse(expected[1..] + "g", out _));
        Assert.False(Sha256.TryRead(new byte[31], out _));
        Assert.True(default(Sha256).IsNone);
        Assert.False(hash.IsNone);
    }
}
