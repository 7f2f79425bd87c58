using System.Collections.Frozen;
using System.Formats.Asn1;
using System.Numerics;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace HealthGrains.Host.Serving;

/// <summary>Certificate revocation lists of a file, checked: whose certificates are not good any more.</summary>
/// <remarks>Source: RFC 5280 section 5. Complete lists only: a list with a critical extension (a part of the certificates, a
/// difference, another issuer's) is not understood and not taken. Each is signed by one of the authorities. A list that has run
/// out says nothing any more, and then no certificate of its issuer is believed.</remarks>
internal sealed class RevocationLists
{
    private readonly FrozenDictionary<string, RevocationList> _byIssuer;

    private RevocationLists(IEnumerable<RevocationList> lists) => _byIssuer = lists.ToFrozenDictionary(list => list.Issuer);

    public int Count => _byIssuer.Count;

    /// <param name="pem">One or more <c>X509 CRL</c>.</param>
    /// <param name="authorities">Who may have signed them.</param>
    /// <exception cref="FormatException">Why they are not taken.</exception>
    public static RevocationLists Read(byte[] pem, X509Certificate2Collection authorities)
    {
        var lists = new Dictionary<string, RevocationList>(StringComparer.Ordinal);
        var text = Encoding.ASCII.GetString(pem);
        for (var rest = text.AsSpan(); PemEncoding.TryFind(rest, out var fields); rest = rest[fields.Location.End..])
        {
            if (!rest[fields.Label].SequenceEqual("X509 CRL")) throw new FormatException("it holds something else than revocation lists");
            var list = ReadOne(Convert.FromBase64String(rest[fields.Base64Data].ToString()), authorities);
            if (!lists.TryAdd(list.Issuer, list)) throw new FormatException("it holds two lists of one authority");
        }

        return lists.Count > 0 ? new RevocationLists(lists.Values) : throw new FormatException("it holds no revocation list");
    }

    /// <returns>True only when its issuer's list is here, has not run out, and does not name it.</returns>
    public bool Holds(X509Certificate2 certificate, DateTimeOffset now) =>
        _byIssuer.TryGetValue(Key(certificate.IssuerName.RawData), out var list)
        && now < list.NextUpdate
        && !list.Serials.Contains(new BigInteger(certificate.SerialNumberBytes.Span, isBigEndian: true));

    private static RevocationList ReadOne(byte[] bytes, X509Certificate2Collection authorities)
    {
        try
        {
            var whole = new AsnReader(bytes, AsnEncodingRules.DER).ReadSequence();
            var signed = whole.PeekEncodedValue();
            var list = whole.ReadSequence();
            var algorithm = whole.ReadSequence().ReadObjectIdentifier();
            var signature = whole.ReadBitString(out _);
            whole.ThrowIfNotEmpty();

            if (list.PeekTag().HasSameClassAndValue(Asn1Tag.Integer)) list.ReadInteger();
            if (list.ReadSequence().ReadObjectIdentifier() != algorithm) throw new FormatException("a list names two algorithms");
            var issuer = list.ReadEncodedValue();
            if (!authorities.Any(authority => authority.SubjectName.RawData.AsSpan().SequenceEqual(issuer.Span)
                && IsSignedBy(authority, signed.Span, signature, algorithm)))
            {
                throw new FormatException("a list is not signed by one of the authorities");
            }

            ReadTime(list);
            var nextUpdate = ReadTime(list);
            var serials = new HashSet<BigInteger>();
            if (list.HasData && list.PeekTag().HasSameClassAndValue(Asn1Tag.Sequence)) ReadEntries(list.ReadSequence(), serials);
            if (list.HasData) CheckExtensions(list.ReadSequence(new Asn1Tag(TagClass.ContextSpecific, 0)).ReadSequence());
            list.ThrowIfNotEmpty();
            return new RevocationList(Key(issuer.Span), nextUpdate, serials.ToFrozenSet());
        }
        catch (Exception e) when (e is AsnContentException or CryptographicException)
        {
            throw new FormatException("a revocation list cannot be read", e);
        }
    }

    private static void ReadEntries(AsnReader entries, HashSet<BigInteger> serials)
    {
        while (entries.HasData)
        {
            var entry = entries.ReadSequence();
            serials.Add(entry.ReadInteger());
            ReadTime(entry);
            if (entry.HasData) CheckExtensions(entry.ReadSequence());
        }
    }

    private static void CheckExtensions(AsnReader extensions)
    {
        while (extensions.HasData)
        {
            var extension = extensions.ReadSequence();
            extension.ReadObjectIdentifier();
            if (extension.PeekTag().HasSameClassAndValue(Asn1Tag.Boolean) && extension.ReadBoolean())
                throw new FormatException("a list has a critical extension that is not understood");
        }
    }

    private static DateTimeOffset ReadTime(AsnReader reader) =>
        reader.PeekTag().HasSameClassAndValue(Asn1Tag.UtcTime) ? reader.ReadUtcTime()
        : reader.PeekTag().HasSameClassAndValue(Asn1Tag.GeneralizedTime) ? reader.ReadGeneralizedTime()
        : throw new FormatException("a list does not say until when it holds");

    private static bool IsSignedBy(X509Certificate2 authority, ReadOnlySpan<byte> signed, byte[] signature, string algorithm)
    {
        using var rsa = authority.GetRSAPublicKey();
        using var curve = authority.GetECDsaPublicKey();
        return algorithm switch
        {
            "1.2.840.113549.1.1.11" => rsa?.VerifyData(signed, signature, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1) ?? false,
            "1.2.840.113549.1.1.12" => rsa?.VerifyData(signed, signature, HashAlgorithmName.SHA384, RSASignaturePadding.Pkcs1) ?? false,
            "1.2.840.113549.1.1.13" => rsa?.VerifyData(signed, signature, HashAlgorithmName.SHA512, RSASignaturePadding.Pkcs1) ?? false,
            "1.2.840.10045.4.3.2" => curve?.VerifyData(signed, signature, HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence) ?? false,
            "1.2.840.10045.4.3.3" => curve?.VerifyData(signed, signature, HashAlgorithmName.SHA384, DSASignatureFormat.Rfc3279DerSequence) ?? false,
            "1.2.840.10045.4.3.4" => curve?.VerifyData(signed, signature, HashAlgorithmName.SHA512, DSASignatureFormat.Rfc3279DerSequence) ?? false,
            _ => false,
        };
    }

    private static string Key(ReadOnlySpan<byte> name) => Convert.ToHexString(name);

    private sealed record RevocationList(string Issuer, DateTimeOffset NextUpdate, FrozenSet<BigInteger> Serials);
}
