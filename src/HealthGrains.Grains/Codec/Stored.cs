using Google.Protobuf;
using HealthGrains.Domain.Actors;
using HealthGrains.Domain.Documents;
using HealthGrains.Domain.Identity;
using HealthGrains.Grains.Journal.V1;

namespace HealthGrains.Grains.Codec;

/// <summary>What the codecs of all journals share: times, ids, actors, and one way of failing.</summary>
internal static class Stored
{
    /// <summary>100 ns since 1970, UTC.</summary>
    public static long Time(DateTimeOffset time) => time.UtcTicks - DateTimeOffset.UnixEpoch.UtcTicks;

    /// <exception cref="FormatException">It is no time between the years 1 and 9999.</exception>
    public static DateTimeOffset Time(long stored)
    {
        if (stored < DateTimeOffset.MinValue.UtcTicks - DateTimeOffset.UnixEpoch.UtcTicks
            || stored > DateTimeOffset.MaxValue.UtcTicks - DateTimeOffset.UnixEpoch.UtcTicks)
        {
            throw new FormatException("A time is between the years 1 and 9999.");
        }

        return new DateTimeOffset(stored + DateTimeOffset.UnixEpoch.UtcTicks, TimeSpan.Zero);
    }

    public static ByteString Id(DocumentId id) => UnsafeByteOperations.UnsafeWrap(id.ToByteArray());

    public static DocumentId Id(ByteString stored) =>
        DocumentId.TryRead(stored.Span, out var id) ? id : throw new FormatException("A document id is 16 bytes.");

    public static ByteString Id(UploadId id) => UnsafeByteOperations.UnsafeWrap(id.ToByteArray());

    public static UploadId Upload(ByteString stored) =>
        UploadId.TryRead(stored.Span, out var id) ? id : throw new FormatException("An upload id is 16 bytes.");

    public static DocumentId? OptionalId(ByteString stored) => stored.IsEmpty ? null : Id(stored);

    public static ByteString Hash(Sha256 hash) => UnsafeByteOperations.UnsafeWrap(hash.ToArray());

    public static Sha256 Hash(ByteString stored) =>
        Sha256.TryRead(stored.Span, out var hash) ? hash : throw new FormatException("A SHA-256 is 32 bytes.");

    public static StoredActor Actor(Actor actor) => new()
    {
        Kind = (int)actor.Kind,
        Id = actor.Id,
        Name = actor.Name ?? "",
        ProfessionCode = actor.Profession.Code,
        ProfessionSystem = actor.Profession.System,
        Structure = actor.Structure.ToString(),
        OnBehalfOf = actor.OnBehalfOf.ToString(),
    };

    public static Actor Actor(StoredActor? stored)
    {
        if (stored is null)
            throw new FormatException("An entry says who acted.");
        return new Actor(Enumerated<ActorKind>(stored.Kind), stored.Id)
        {
            Name = stored.Name.Length == 0 ? null : stored.Name,
            Profession = ProfessionCode.TryCreate(stored.ProfessionCode, stored.ProfessionSystem, out var profession)
                ? profession
                : default,
            Structure = stored.Structure.Length == 0 ? default : StructureId.Parse(stored.Structure),
            OnBehalfOf = stored.OnBehalfOf.Length == 0 ? default : StructureId.Parse(stored.OnBehalfOf),
        };
    }

    /// <exception cref="FormatException">The number is none that this version knows.</exception>
    public static T Enumerated<T>(int stored)
        where T : struct, Enum
    {
        var value = (T)(object)stored;
        return Enum.IsDefined(value) ? value : throw new FormatException($"{typeof(T).Name} has no such number.");
    }

    /// <summary>A set of labels, each of them known: one that this version does not know may hide a document.</summary>
    /// <exception cref="FormatException">A bit is none that this version knows.</exception>
    public static ConfidentialityLabels Labels(int stored)
    {
        const ConfidentialityLabels known = ConfidentialityLabels.MaskedFromProfessionals
            | ConfidentialityLabels.HiddenFromPatient
            | ConfidentialityLabels.HiddenFromRepresentatives;
        return (stored & ~(int)known) == 0
            ? (ConfidentialityLabels)stored
            : throw new FormatException("There is no such confidentiality label.");
    }

    /// <summary>Parses a body; whatever is wrong with it is a <see cref="FormatException"/>.</summary>
    public static T Parse<T>(MessageParser<T> parser, ReadOnlyMemory<byte> body)
        where T : IMessage<T>
    {
        try
        {
            return parser.ParseFrom(body.Span);
        }
        catch (InvalidProtocolBufferException inner)
        {
            throw new FormatException("The body is not the message that it should be.", inner);
        }
    }
}
