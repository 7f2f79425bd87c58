using System.Buffers.Text;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using HealthGrains.Services.Authentication;

namespace HealthGrains.Campaigns.Closed;

/// <summary>Makes tokens that must not be taken, out of a seed: the n-th one is the same each time.</summary>
/// <remarks>It holds the right key, which is worse than any forger has: only what is wrong with a token keeps it out, so each
/// class tests the one check that it is about. Source: RFC 8725 and the attacks that it answers.</remarks>
internal sealed class TokenGrammar : IDisposable
{
    private const string Audience = "healthgrains";

    private readonly int _seed;
    private readonly long _now;
    private readonly ECDsa _right = ECDsa.Create();
    private readonly ECDsa _foreign = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private readonly RSA _rsa = RSA.Create(2048);
    private readonly string _keyId;
    private readonly (string Name, Func<Random, string> Make)[] _classes;

    /// <param name="keyFile">PEM of the server's development key.</param>
    public TokenGrammar(int seed, string keyFile, DateTimeOffset now)
    {
        _seed = seed;
        _now = now.ToUnixTimeSeconds();
        _right.ImportFromPem(File.ReadAllText(keyFile));
        using (var key = DevelopmentKey.FromPem(File.ReadAllText(keyFile)))
            _keyId = key.KeyId;
        _classes =
        [
            ("alg none", None), ("shared secret", SharedSecret), ("other algorithm", OtherAlgorithm), ("key id", KeyId),
            ("key in the header", KeyInHeader), ("two signatures", TwoSignatures), ("claim twice", ClaimTwice),
            ("audience", OtherAudience), ("issuer", OtherIssuer), ("expiry", Expiry), ("beginning", Beginning),
            ("identity token", IdentityToken), ("bound to another", Bound), ("identifier", Identifier), ("too long", TooLong),
            ("cut", Cut), ("flipped", Flipped), ("foreign signature", ForeignSignature), ("degenerate signature", Degenerate),
            ("kind", Kind), ("not JSON", NotJson), ("critical header", Critical), ("glued", Glued), ("other letters", OtherLetters),
        ];
    }

    public IReadOnlyList<string> Classes => [.. _classes.Select(one => one.Name)];

    /// <summary>A token that holds: the control of the grammar itself.</summary>
    public string Good() => Sign(Header(), Claims());

    /// <returns>The class, and the text after <c>Bearer</c>.</returns>
    public (string Class, string Token) Make(int number)
    {
        var random = new Random(unchecked((_seed * 1_000_003) + number));
        var (name, make) = _classes[number % _classes.Length];
        return (name, make(random));
    }

    public void Dispose()
    {
        _right.Dispose();
        _foreign.Dispose();
        _rsa.Dispose();
    }

    private string None(Random random)
    {
        var alg = string.Concat("none".Select(c => random.Next(2) == 0 ? char.ToUpperInvariant(c) : c));
        var text = $"{Encode(Header(alg: alg))}.{Encode(Claims())}";
        return random.Next(4) switch
        {
            0 => text + ".",
            1 => text + ".AA",
            2 => Sign(Header(alg: alg), Claims()),
            _ => text,
        };
    }

    private string SharedSecret(Random random)
    {
        var point = _right.ExportParameters(false);
        byte[] secret = random.Next(5) switch
        {
            0 => Encoding.ASCII.GetBytes(_right.ExportSubjectPublicKeyInfoPem()),
            1 => _right.ExportSubjectPublicKeyInfo(),
            2 => [4, .. point.Q.X!, .. point.Q.Y!], // ! a public point has both
            3 => Encoding.ASCII.GetBytes(_keyId),
            _ => [],
        };
        var alg = Pick(random, "HS256", "HS384", "HS512", "hs256", "ES256");
        var text = $"{Encode(Header(alg: alg))}.{Encode(Claims())}";
        var bytes = Encoding.ASCII.GetBytes(text);
        return $"{text}.{Base64Url.EncodeToString(alg == "HS512" ? HMACSHA512.HashData(secret, bytes) : HMACSHA256.HashData(secret, bytes))}";
    }

    private string OtherAlgorithm(Random random) => Sign(
        Header(alg: Pick(random, "ES384", "ES512", "RS256", "PS256", "RS1", "EdDSA", "es256", "ES256 ", "", "ES256K", "RSA-OAEP", "ES256\\u0000")),
        Claims());

    private string KeyId(Random random) => Sign(
        random.Next(6) == 0
            ? """{"alg":"ES256"}"""
            : Header(kid: Pick(
                random, "\"../../../../dev/null\"", "\"/proc/self/environ\"", "\"' OR '1'='1\"", "\"x' UNION SELECT 'a\"", "\"\"", "null", "7", "[\"a\"]",
                $"\"{_keyId} \"", $"\"{_keyId.ToUpperInvariant()}x\"", $"\"{new string('k', random.Next(257, 4000))}\"", $"\"{_keyId}\\u0000\"",
                $"[\"{_keyId}\"]", $"\"|curl x.example|{random.Next()}\"")),
        Claims());

    private string KeyInHeader(Random random)
    {
        var point = _foreign.ExportParameters(false);
        var jwk = $$"""{"kty":"EC","crv":"P-256","x":"{{Base64Url.EncodeToString(point.Q.X)}}","y":"{{Base64Url.EncodeToString(point.Q.Y)}}","kid":"{{_keyId}}"}""";
        var member = Pick(
            random, $"\"jwk\":{jwk}", "\"jku\":\"http://127.0.0.1:1/keys\"", "\"x5u\":\"https://keys.example/chain.pem\"", "\"x5c\":[\"MIIB\"]",
            "\"JKU\":\"http://127.0.0.1:1/keys\"", "\"jku\":null", $"\"jwk\":{jwk},\"jku\":\"file:///etc/passwd\"");
        return Sign(Header(more: "," + member), Claims(), random.Next(3) == 0 ? _right : _foreign);
    }

    private string TwoSignatures(Random random)
    {
        var good = Good();
        var parts = good.Split('.');
        return random.Next(5) switch
        {
            0 => good + "." + parts[2],
            1 => $"{parts[0]}.{parts[1]}.{parts[2]}.{parts[0]}.{parts[1]}.{parts[2]}",
            2 => $$"""{"payload":"{{parts[1]}}","signatures":[{"protected":"{{parts[0]}}","signature":"{{parts[2]}}"}]}""",
            3 => $$"""{"payload":"{{parts[1]}}","protected":"{{parts[0]}}","signature":"{{parts[2]}}"}""",
            _ => $"{parts[0]}..{parts[1]}.{parts[2]}",
        };
    }

    private string ClaimTwice(Random random) => random.Next(4) == 0
        ? Sign(Pick(
            random, $$"""{"alg":"none","alg":"ES256","kid":"{{_keyId}}"}""", $$"""{"alg":"ES256","kid":"x","kid":"{{_keyId}}"}""",
            $$"""{"alg":"ES256","\u0061lg":"none","kid":"{{_keyId}}"}"""), Claims())
        : Sign(Header(), Claims(more: Pick(
            random, ",\"hg_kind\":\"operator\"", ",\"sub\":\"other\"", $",\"exp\":{_now + 900}", ",\"\\u0073ub\":\"admin\"",
            $",\"aud\":\"{Audience}\"", ",\"nested\":{\"a\":1,\"a\":2}", ",\"nested\":[{\"b\":[],\"b\":0}]")));

    private string OtherAudience(Random random) => Sign(Header(), Claims(aud: Pick(
        random, "\"account\"", "\"HealthGrains\"", "\"healthgrains \"", "\"healthgrains/\"", "[]", "[\"a\",\"b\"]", "null", "{\"healthgrains\":true}",
        "[[\"healthgrains\"]]", "7", "\"\"", "\"healthgrains\\u0000\"", "\"hea\\u217cthgrains\"", $"[{string.Join(',', Enumerable.Repeat("\"healthgrains\"", 17))}]")));

    private string OtherIssuer(Random random) => Sign(Header(), Claims(iss: Pick(
        random, $"\"{DevelopmentKey.Issuer}/\"", $"\"{DevelopmentKey.Issuer} \"", $"\"{DevelopmentKey.Issuer.ToUpperInvariant()}\"",
        $"\"{DevelopmentKey.Issuer}\\u0000\"", "\"https://issuer.example\"", "null", "\"\"", $"[\"{DevelopmentKey.Issuer}\"]", "7",
        $"\"{DevelopmentKey.Issuer}#\"", $"\"{DevelopmentKey.Issuer[..^1]}\"", "\"urn:healthgrains:develоpment\"")));

    private string Expiry(Random random) => Sign(Header(), Claims(exp: Pick(
        random, "1e99", "1E400", "-1", "-1e99", "0", $"{_now - 31 - random.Next(100_000)}", $"\"{_now + 600}\"", "null", "true", "[]", "{}",
        "9223372036854775807", "18446744073709551616", "253402300800", "\"never\"", "0.0", $"{_now - 40}.999")));

    private string Beginning(Random random) => Sign(Header(), Claims(nbf: Pick(
        random, $"{_now + 3600 + random.Next(100_000)}", "1e99", "-1", "\"now\"", "null", "false", "[0]", "253402300799", $"{_now + 700}")));

    private string IdentityToken(Random random) => random.Next(3) == 0
        ? Sign(Header(more: Pick(random, ",\"typ\":\"ID\"", ",\"typ\":\"logout+jwt\"", ",\"typ\":\"dpop+jwt\"", ",\"typ\":\"secevent+jwt\"", ",\"typ\":1", ",\"typ\":\"\"", ",\"cty\":\"JWT\"")), Claims())
        : Sign(Header(), Claims(more: Pick(random, ",\"at_hash\":\"x\"", ",\"c_hash\":\"x\"", ",\"typ\":\"ID\"", ",\"typ\":\"Refresh\"", ",\"typ\":\"Offline\"", ",\"typ\":7")));

    private string Bound(Random random)
    {
        var thumbprint = Base64Url.EncodeToString(SHA256.HashData(BitConverter.GetBytes(random.Next())));
        return Sign(Header(), Claims(more: ",\"cnf\":" + Pick(
            random, $$"""{"x5t#S256":"{{thumbprint}}"}""", $$"""{"jkt":"{{thumbprint}}"}""", "null", "{}", "\"x\"", """{"x5t#S256":""}""",
            """{"x5t#S256":null}""", $$"""{"x5t#S256":"{{thumbprint[..40]}}"}""", $$"""{"x5t#S256":"{{thumbprint}}","jkt":"a"}""", """{"jwk":{}}""",
            $$"""{"x5t#S256":["{{thumbprint}}"]}""")));
    }

    private string Identifier(Random random) => Sign(Header(), Claims(who: Pick(
        random, "\"hg_kind\":\"operator\",\"sub\":\"oper\\u0000ator\"", "\"hg_kind\":\"operator\",\"sub\":\"a b\"", "\"hg_kind\":\"operator\",\"sub\":\"\"",
        "\"hg_kind\":\"operator\"", "\"hg_kind\":\"operator\",\"sub\":7", $"\"hg_kind\":\"operator\",\"sub\":\"{new string('s', 129)}\"",
        "\"hg_kind\":\"operator\",\"sub\":\"line\\nend\"", "\"hg_kind\":\"operator\",\"sub\":\"\\u202eadmin\"",
        "\"hg_kind\":\"producer\",\"organization\":\"1990000002\\u0000\"", "\"hg_kind\":\"producer\",\"organization\":\"1990000003\"",
        "\"hg_kind\":\"producer\",\"organization\":[\"1990000002\"]", "\"hg_kind\":\"producer\",\"organization\":\"1990000002\",\"on_behalf_of\":\"x\"",
        "\"hg_kind\":\"producer\",\"organization\":\"1990000002\",\"on_behalf_of\":null",
        "\"hg_kind\":\"patient\",\"ins\":\"279035121518988\",\"ins_oid\":\"1.2.250.1.213.1.4.10\"",
        "\"hg_kind\":\"patient\",\"ins\":\"279035121518989\",\"ins_oid\":\"1.2.250.1.213.1.4.8\"",
        "\"hg_kind\":\"patient\",\"ins\":\"279035121518989\"", "\"hg_kind\":\"patient\",\"ins\":\"279035121518989\\u0000\",\"ins_oid\":\"1.2.250.1.213.1.4.10\"",
        "\"hg_kind\":\"professional\",\"SubjectNameID\":\"099700000005\",\"SubjectRole\":\"10\"",
        "\"hg_kind\":\"professional\",\"SubjectNameID\":\"3750100125/1453\",\"SubjectRole\":\"10\"",
        "\"hg_kind\":\"professional\",\"SubjectNameID\":\"899700000006\",\"SubjectRole\":\"10\"",
        "\"hg_kind\":\"professional\",\"SubjectNameID\":\"899700000005\"",
        "\"hg_kind\":\"professional\",\"SubjectNameID\":\"899700000005\",\"SubjectRole\":\"10\",\"preferred_username\":\"899700000021\"",
        "\"hg_kind\":\"professional\",\"SubjectNameID\":\"899700000005\",\"SubjectRole\":\"10\",\"sub\":\"f:u:899700000021\"")));

    // A bearer header has at most 16 KiB; far above it the request does not come as far as us.
    private string TooLong(Random random) => Sign(Header(), Claims(more: $",\"pad\":\"{new string('p', random.Next(12_300, 14_000))}\""));

    private string Cut(Random random)
    {
        var good = Good();
        return good[..random.Next(1, good.Length)];
    }

    private string Flipped(Random random)
    {
        var letters = Good().ToCharArray();
        for (var n = random.Next(1, 4); n > 0; n--)
        {
            int at;
            do at = random.Next(letters.Length);
            while (letters[at] == '.');
            var before = letters[at];
            while (letters[at] == before) letters[at] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"[random.Next(64)];
        }

        // Two flips of one letter may meet again.
        var flipped = new string(letters);
        return flipped == Good() ? flipped[..^1] : flipped;
    }

    private string ForeignSignature(Random random)
    {
        var good = Good().Split('.');
        return random.Next(4) switch
        {
            0 => Sign(Header(), Claims(), _foreign),
            1 => $"{good[0]}.{Encode(Claims(who: "\"hg_kind\":\"operator\",\"sub\":\"other\""))}.{good[2]}",
            2 => $"{Encode(Header(more: ",\"typ\":\"JWT\""))}.{good[1]}.{good[2]}",
            _ => WithSignature(Header(alg: "RS256"), Claims(), bytes => _rsa.SignData(bytes, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1)),
        };
    }

    // Signatures of zeros and of the order of the curve (CVE-2022-21449), the other encoding, too short, too long.
    private string Degenerate(Random random)
    {
        var order = Convert.FromHexString("FFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551");
        return WithSignature(Header(), Claims(), bytes => random.Next(8) switch
        {
            0 => new byte[64],
            1 => [.. order, .. order],
            2 => [.. new byte[32], .. order],
            3 => _right.SignData(bytes, HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence),
            4 => [.. SignatureOf(bytes), 0],
            5 => SignatureOf(bytes)[..63],
            6 => [.. new byte[31], 1, .. new byte[31], 1],
            _ => [],
        });
    }

    private string Kind(Random random) => Sign(Header(), Claims(who: Pick(
        random, "\"hg_kind\":\"Operator\",\"sub\":\"o\"", "\"hg_kind\":\"admin\",\"sub\":\"o\"", "\"hg_kind\":null,\"sub\":\"o\"", "\"sub\":\"o\"",
        "\"hg_kind\":[\"operator\"],\"sub\":\"o\"", "\"hg_kind\":\"operator \",\"sub\":\"o\"", "\"hg_kind\":1,\"sub\":\"o\"", "\"hg_kind\":\"\",\"sub\":\"o\"",
        "\"kind\":\"operator\",\"sub\":\"o\"", "\"hg_kind\":\"operator,producer\",\"sub\":\"o\"",
        "\"hg_kind\":null,\"SubjectNameID\":\"899700000005\",\"SubjectRole\":\"10\"")));

    private string NotJson(Random random)
    {
        var claims = random.Next(9) switch
        {
            0 => Claims()[..^1],
            1 => Claims() + "}",
            2 => Claims().Replace(":", ": /* */", StringComparison.Ordinal),
            3 => Claims()[..^1] + ",}",
            4 => "[" + Claims() + "]",
            5 => "\uFEFF" + Claims(),
            6 => Claims(more: $",\"deep\":{new string('[', 500)}{new string(']', 500)}"),
            7 => Claims(more: ",\"half\":\"\\ud800\""),
            _ => Claims().Replace('"', '\''),
        };
        return random.Next(9) == 0
            ? WithSignature(Header(), Claims(), SignatureOf, invalidUtf8: true)
            : Sign(Header(), claims);
    }

    private string Critical(Random random) => Sign(Header(more: Pick(
        random, ",\"crit\":[\"exp\"]", ",\"b64\":false,\"crit\":[\"b64\"]", ",\"zip\":\"DEF\"", ",\"enc\":\"A128GCM\"", ",\"crit\":[]", ",\"epk\":{}", ",\"nonce\":\"x\"",
        ",\"alg2\":\"none\"", ",\"p2c\":2147483647")), Claims());

    private string Glued(Random random)
    {
        var good = Good();
        return random.Next(6) switch
        {
            0 => "Bearer " + good,
            1 => good + "," + good,
            2 => good + " " + good,
            3 => good + "=",
            4 => good + ";x=y",
            _ => "\"" + good + "\"",
        };
    }

    // base64 in place of base64url, padding, white space inside, percent signs.
    private string OtherLetters(Random random)
    {
        var parts = Good().Split('.');
        var at = random.Next(3);
        parts[at] = random.Next(4) switch
        {
            0 => parts[at] + "==",
            1 => parts[at].Insert(random.Next(1, parts[at].Length), "+"),
            2 => parts[at].Insert(random.Next(1, parts[at].Length), "%2E"),
            _ => parts[at].Insert(random.Next(1, parts[at].Length), " "),
        };
        return string.Join('.', parts);
    }

    private string Header(string alg = "ES256", string? kid = null, string more = "") =>
        $$"""{"alg":"{{alg}}","kid":{{kid ?? $"\"{_keyId}\""}}{{more}}}""";

    private string Claims(
        string? iss = null, string aud = "\"" + Audience + "\"", string? exp = null, string? nbf = null,
        string who = "\"hg_kind\":\"operator\",\"sub\":\"fuzz\"", string more = "") => string.Create(
        CultureInfo.InvariantCulture,
        $$"""{"iss":{{iss ?? $"\"{DevelopmentKey.Issuer}\""}},"aud":{{aud}},"nbf":{{nbf ?? $"{_now - 5}"}},"exp":{{exp ?? $"{_now + 36_000}"}},{{who}}{{more}}}""");

    private byte[] SignatureOf(byte[] bytes) => _right.SignData(bytes, HashAlgorithmName.SHA256);

    private string Sign(string header, string claims, ECDsa? key = null) =>
        WithSignature(header, claims, bytes => (key ?? _right).SignData(bytes, HashAlgorithmName.SHA256));

    private static string WithSignature(string header, string claims, Func<byte[], byte[]> sign, bool invalidUtf8 = false)
    {
        var payload = Encoding.UTF8.GetBytes(claims);
        if (invalidUtf8) payload[^3] = 0xC0;
        var text = $"{Encode(header)}.{Base64Url.EncodeToString(payload)}";
        return $"{text}.{Base64Url.EncodeToString(sign(Encoding.ASCII.GetBytes(text)))}";
    }

    private static string Encode(string text) => Base64Url.EncodeToString(Encoding.UTF8.GetBytes(text));

    private static string Pick(Random random, params ReadOnlySpan<string> of) => of[random.Next(of.Length)];
}
