using System.Security.Cryptography;
using System.Text;
using HealthGrains.Services.Authentication;

namespace HealthGrains.Host.Files;

/// <summary>What the host keeps in its data directory beside the store.</summary>
internal sealed class DataDirectory
{
    /// <summary>Where data lives unless told otherwise, relative to the working directory.</summary>
    public const string DefaultName = "healthgrains-data";

    private const string DevelopmentKeyName = "development-key.pem";
    private const string PageTokenKeyName = "page-token.key";
    private const int PageTokenKeyBytes = 32;

    private DataDirectory(string path) => FullPath = path;

    public string FullPath { get; }

    public string DevelopmentKeyPath => Path.Combine(FullPath, DevelopmentKeyName);

    /// <summary>Opens the directory, making it if need be.</summary>
    public static DataDirectory Open(string path)
    {
        var full = Path.GetFullPath(path);
        DurableFile.MakeDirectory(full);
        return new DataDirectory(full);
    }

    /// <summary>The key of development tokens, made on first use.</summary>
    /// <exception cref="FormatException">The file holds no such key.</exception>
    public DevelopmentKey DevelopmentKey() => Services.Authentication.DevelopmentKey.FromPem(
        Encoding.ASCII.GetString(DurableFile.ReadOrMakeSecret(DevelopmentKeyPath, NewKey)));

    /// <summary>The key that page tokens are signed with, 32 bytes, made on first use.</summary>
    public byte[] PageTokenKey()
    {
        var key = DurableFile.ReadOrMakeSecret(
            Path.Combine(FullPath, PageTokenKeyName), () => RandomNumberGenerator.GetBytes(PageTokenKeyBytes));
        return key.Length == PageTokenKeyBytes
            ? key
            : throw new FormatException($"{PageTokenKeyName} is not {PageTokenKeyBytes} bytes long.");
    }

    private static byte[] NewKey()
    {
        using var key = Services.Authentication.DevelopmentKey.Create();
        return Encoding.ASCII.GetBytes(key.ToPem());
    }
}
