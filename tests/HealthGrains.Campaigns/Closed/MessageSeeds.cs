using System.Globalization;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using Google.Protobuf.WellKnownTypes;
using HealthGrains.Contracts.V1;

namespace HealthGrains.Campaigns.Closed;

/// <summary>Messages of any type, by its descriptor: fields that mean something to the server, and some that do not.</summary>
internal sealed class MessageSeeds(World world)
{
    private static readonly string[] Hostile =
    [
        "", "\0", "a\0b", "../../etc/passwd", "' OR 1=1 --", "\u202Eevil", "\uFFFD", "é\u0301", "\n\r\t", "%s%n", "<script>", "2.999.7^", "^^^^", "-1",
        "99999999999999999999", "urn:uuid:00000000-0000-0000-0000-000000000000", new('x', 1_001), new('9', 5_000), "💊", "NaN", "{\"a\":1}",
    ];

    /// <summary>What texts say that mean nothing; by default what a server may stumble over.</summary>
    public IReadOnlyList<string> Words { get; init; } = Hostile;

    private readonly Lock _gate = new();
    private readonly List<string> _documents = [];

    /// <summary>Ids of documents that exist, which readers then name.</summary>
    public void Know(string documentId)
    {
        lock (_gate)
            _documents.Add(documentId);
    }

    /// <summary>One message; its patient, if it has one, is the given one three times in four.</summary>
    public IMessage Make(MessageDescriptor type, int patient, Random random, int depth = 0)
    {
        var message = type.Parser.ParseFrom(ByteString.Empty);
        foreach (var field in type.Fields.InDeclarationOrder())
        {
            if (field.RealContainingOneof is { } oneof && oneof.Accessor.GetCaseFieldDescriptor(message) is not null)
                continue;
            if (field.Name == "patient" && field.FieldType == FieldType.Message && field.MessageType == Patient.Descriptor)
                field.Accessor.SetValue(message, random.Next(4) > 0 ? world.Patients[patient].Clone() : PatientAtWill(random));
            else if (random.Next(10) < 6 && !field.IsMap)
                Fill(message, field, patient, random, depth);
        }

        return message;
    }

    private void Fill(IMessage message, FieldDescriptor field, int patient, Random random, int depth)
    {
        if (!field.IsRepeated)
        {
            if (Value(field, patient, random, depth) is { } value)
                field.Accessor.SetValue(message, value);
            return;
        }

        var list = (System.Collections.IList)field.Accessor.GetValue(message);
        for (var n = random.Next(random.Next(20) == 0 ? 300 : 3); n > 0; n--)
        {
            if (Value(field, patient, random, depth) is { } value)
                list.Add(value);
        }
    }

    private object? Value(FieldDescriptor field, int patient, Random random, int depth) => field.FieldType switch
    {
        FieldType.String => Text(field.Name, patient, random),
        FieldType.Bytes => ByteString.CopyFrom(Noise(random, random.Next(field.Name == "sha256" ? 40 : 400))),
        FieldType.Bool => random.Next(2) == 0,
        FieldType.Int32 or FieldType.SInt32 or FieldType.SFixed32 => (int)Number(random),
        FieldType.Int64 or FieldType.SInt64 or FieldType.SFixed64 => Number(random),
        FieldType.UInt32 or FieldType.Fixed32 => (uint)Number(random),
        FieldType.UInt64 or FieldType.Fixed64 => (ulong)Number(random),
        FieldType.Double => random.NextDouble() * 1e300,
        FieldType.Float => random.NextSingle(),
        FieldType.Enum => random.Next(5) > 0 ? field.EnumType.Values[random.Next(field.EnumType.Values.Count)].Number : random.Next(-2, 1_000),
        FieldType.Message when field.MessageType == Timestamp.Descriptor => new Timestamp
        {
            Seconds = random.Next(3) > 0 ? random.NextInt64(1_700_000_000, 1_800_000_000) : Number(random), Nanos = random.Next(3) > 0 ? 0 : (int)Number(random),
        },
        FieldType.Message when depth < 5 => Make(field.MessageType, patient, random, depth + 1),
        _ => null,
    };

    private string Text(string name, int patient, Random random)
    {
        if (random.Next(10) == 0)
            return Words[random.Next(Words.Count)];
        return name switch
        {
            "ins" => world.Patients[patient].Ins,
            "oid" => World.InsOid,
            "document_id" or "twin_of" => Document(random),
            "unique_id" or "replaces" => string.Create(CultureInfo.InvariantCulture, $"2.999.7^{random.Next(5_000)}"),
            "type_code" or "type_codes" => "11502-2",
            "class_codes" or "class_code" => "11",
            "format_code" => "urn:ihe:iti:xds-sd:text:2008",
            "mime_type" => "text/plain",
            "language_code" => "fr-FR",
            "practice_setting_code" => "AMBULATOIRE",
            "facility_type_code" => "SA25",
            "organization_id" => World.Organization,
            "professional_id" or "id" => world.Professionals[random.Next(world.Professionals.Count)],
            "profession" => "10",
            "specialty" => "G15_10/SM26",
            "correlation_id" => random.Next().ToString(CultureInfo.InvariantCulture),
            "reason" => "parce que",
            _ => Words[random.Next(Words.Count)],
        };
    }

    private string Document(Random random)
    {
        lock (_gate)
            return _documents.Count == 0 ? Guid.Empty.ToString() : _documents[random.Next(_documents.Count)];
    }

    private Patient PatientAtWill(Random random) => random.Next(3) switch
    {
        0 => world.Patients[random.Next(world.Patients.Count)].Clone(),
        1 => new Patient { Ins = "279035121518989", Oid = World.InsOid },
        _ => new Patient { Ins = Words[random.Next(Words.Count)], Oid = random.Next(2) == 0 ? World.InsOid : "1.2.250.1.213.1.4.8" },
    };

    private static long Number(Random random) => random.Next(8) switch
    {
        0 => 0, 1 => -1, 2 => int.MaxValue, 3 => int.MinValue, 4 => long.MaxValue, 5 => long.MinValue, _ => random.Next(500),
    };

    private static byte[] Noise(Random random, int length)
    {
        var noise = new byte[length];
        random.NextBytes(noise);
        return noise;
    }
}
