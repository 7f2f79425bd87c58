using System.Globalization;
using HealthGrains.Domain.Identity;
using HealthGrains.Domain.Refusals;
using Xunit;
using Xunit.Abstractions;

namespace HealthGrains.Domain.Tests.Identity;

public sealed class PatientIdTests(ITestOutputHelper output)
{
    private const string TestOid = "1.2.250.1.213.1.4.10";
    private static readonly InsRules TestRules = new();
    private static readonly InsRules ProductionRules = new() { Realm = InsRealm.Production };

    [Theory]
    [InlineData("279035121518989")]
    [InlineData("260058815400233")]
    [InlineData("180127512345642")]
    [InlineData("255069999999934")]
    [InlineData("285039912304545")]
    [InlineData("298069741100825")]
    [InlineData("179209935001292")]
    [InlineData("184052A00412308")]
    [InlineData("284052B09600757")]
    [InlineData("190017505609697")]
    [InlineData("190017505609501")]
    public void A_number_with_its_shape_and_key_is_a_patient(string number)
    {
        Assert.Equal(InsProblem.None, PatientId.TryCreate(TestOid, number, TestRules, out var patient));
        Assert.Equal(number, patient.Number);
        Assert.Equal($"{TestOid}^{number}", patient.ToString());
        Assert.Equal(patient, PatientId.Parse(patient.ToString()));
    }

    [Theory]
    [InlineData("279035121518988", "last digit")]
    [InlineData("279035121581989", "transposition")]
    [InlineData("2790351215189", "no key")]
    [InlineData("185139935100155", "month 13 though the key is right")]
    [InlineData("180127512345600", "key 00")]
    [InlineData("180127512345698", "key out of range")]
    [InlineData("379035121518939", "first digit 3 under a NIR OID though the key is right")]
    [InlineData("184052A00412378", "letter replaced by 0 without subtracting")]
    [InlineData("284052B09600730", "18 and 19 swapped")]
    [InlineData("184052a00412308", "lower case")]
    [InlineData("2790351215189890", "16 characters")]
    [InlineData("27903512151898９", "a full-width digit")]
    [InlineData("184052А00412308", "a Cyrillic A")]
    [InlineData(" 79035121518989", "a space")]
    [InlineData("279035121518989 ", "a space at the end")]
    [InlineData("1840A2500412308", "a letter elsewhere")]
    [InlineData("184052C00412308", "a letter that is no department")]
    [InlineData("184051A00412308", "department 1A")]
    [InlineData("7112345678901", "an old family of 13 digits")]
    [InlineData("288091234567823", "a published sample with a wrong key")]
    [InlineData("246037433000291", "a published sample with a wrong key")]
    [InlineData("288091720220371", "a published sample with a wrong key")]
    public void A_number_with_a_wrong_shape_or_key_is_malformed(string number, string why)
    {
        output.WriteLine(why);
        Assert.Equal(InsProblem.Malformed, PatientId.TryCreate(TestOid, number, TestRules, out var patient));
        Assert.True(patient.IsNone);
    }

    [Theory]
    [InlineData("2880912345678", 94)]
    [InlineData("2460374330002", 53)]
    [InlineData("2880917202203", 68)]
    [InlineData("1851399351001", 55)]
    [InlineData("190017505609A", 0)]
    [InlineData("19001750560", 0)]
    public void The_key_is_computed_or_zero(string body, int key) => Assert.Equal(key, InsNumber.Key(body));

    [Theory]
    [InlineData(null, "279035121518989")]
    [InlineData(TestOid, null)]
    [InlineData(TestOid, "")]
    [InlineData("", "279035121518989")]
    public void An_absent_part_is_missing(string? oid, string? number) =>
        Assert.Equal(InsProblem.Missing, PatientId.TryCreate(oid, number, TestRules, out _));

    [Theory]
    [InlineData("1.2.250.1.213.1.4.1")]
    [InlineData("1.2.250.1.213.1.4.2")]
    [InlineData("1.2.250.1.213.1.4.12")]
    [InlineData("1.2.250.1.213.1.4")]
    [InlineData("urn:oid:1.2.250.1.213.1.4.10")]
    [InlineData("nonsense")]
    public void An_oid_that_is_not_an_issuer_is_malformed(string oid) =>
        Assert.Equal(InsProblem.Malformed, PatientId.TryCreate(oid, "279035121518989", TestRules, out _));

    [Theory]
    [InlineData("1.2.250.1.213.1.4.8")]
    [InlineData("1.2.250.1.213.1.4.9")]
    public void A_real_oid_on_a_test_server_is_of_the_other_realm(string oid) =>
        Assert.Equal(InsProblem.RealmMismatch, PatientId.TryCreate(oid, "279035121518989", TestRules, out _));

    [Theory]
    [InlineData("1.2.250.1.213.1.4.10")]
    [InlineData("1.2.250.1.213.1.4.11")]
    public void A_test_oid_on_a_production_server_is_of_the_other_realm(string oid) =>
        Assert.Equal(InsProblem.RealmMismatch, PatientId.TryCreate(oid, "279035121518989", ProductionRules, out _));

    [Fact]
    public void The_same_digits_under_two_oids_are_two_patients()
    {
        PatientId.TryCreate(TestOid, "279035121518989", TestRules, out var test);
        PatientId.TryCreate("1.2.250.1.213.1.4.11", "279035121518989", TestRules, out var demonstration);
        Assert.NotEqual(test, demonstration);
        Assert.NotEqual(test.ToString(), demonstration.ToString());
    }

    [Fact]
    public void A_waiting_number_may_start_with_any_configured_digit()
    {
        for (var first = 0; first <= 9; first++)
        {
            var number = WithKey($"{first}790351215189");
            var expected = first is >= 1 and <= 8 ? InsProblem.None : InsProblem.Malformed;
            Assert.Equal(expected, PatientId.TryCreate("1.2.250.1.213.1.4.9", number, ProductionRules, out _));
            var asNir = first is 1 or 2 ? InsProblem.None : InsProblem.Malformed;
            Assert.Equal(asNir, PatientId.TryCreate("1.2.250.1.213.1.4.8", number, ProductionRules, out _));
        }

        var narrow = ProductionRules with { NiaFirstDigits = "78" };
        var three = WithKey("3790351215189");
        Assert.Equal(InsProblem.Malformed, PatientId.TryCreate("1.2.250.1.213.1.4.9", three, narrow, out _));
    }

    [Fact]
    public void What_was_stored_under_a_wider_rule_is_still_read()
    {
        var text = "1.2.250.1.213.1.4.9^" + WithKey("9790351215189");
        Assert.True(PatientId.TryParse(text, out var patient));
        Assert.Equal(text, patient.ToString());
    }

    [Fact]
    public void Any_single_changed_digit_breaks_the_number()
    {
        var random = TestSeed.Draw(output);
        for (var i = 0; i < 2_000; i++)
        {
            var good = RandomNumber(random);
            Assert.Equal(InsProblem.None, PatientId.TryCreate(TestOid, good, TestRules, out _));
            var at = random.Next(15);
            if (!char.IsAsciiDigit(good[at])) continue;
            var other = (char)('0' + ((good[at] - '0' + random.Next(1, 10)) % 10));
            var changed = good[..at] + other + good[(at + 1)..];
            Assert.Equal(InsProblem.Malformed, PatientId.TryCreate(TestOid, changed, TestRules, out _));
        }
    }

    [Fact]
    public void Any_two_swapped_neighbours_that_differ_break_the_number()
    {
        var random = TestSeed.Draw(output);
        for (var i = 0; i < 2_000; i++)
        {
            var good = RandomNumber(random);
            var at = random.Next(14);
            if (good[at] == good[at + 1]) continue;

            // Body and key meet between 13 and 14: there a swap can, rarely, give another valid number.
            if (at == 12) continue;
            var swapped = good[..at] + good[at + 1] + good[at] + good[(at + 2)..];
            Assert.Equal(InsProblem.Malformed, PatientId.TryCreate(TestOid, swapped, TestRules, out _));
        }
    }

    [Fact]
    public void Random_text_is_never_an_exception()
    {
        var random = TestSeed.Draw(output);
        for (var i = 0; i < 5_000; i++)
        {
            var text = new string([.. Enumerable.Range(0, random.Next(20)).Select(_ => (char)random.Next(0x2100))]);
            PatientId.TryCreate(TestOid, text, TestRules, out _);
            Assert.False(PatientId.TryParse(text, out _));
        }
    }

    [Theory]
    [InlineData(InsProblem.Missing, RefusalCode.InsMissing)]
    [InlineData(InsProblem.Malformed, RefusalCode.InsMalformed)]
    [InlineData(InsProblem.RealmMismatch, RefusalCode.InsRealmMismatch)]
    public void Each_problem_has_its_refusal(InsProblem problem, RefusalCode code)
    {
        var refusal = problem.ToRefusal("patient.ins");
        Assert.Equal(code, refusal.Code);
        Assert.Equal("patient.ins", refusal.Field);
    }

    private static string WithKey(string body) =>
        body + InsNumber.Key(body).ToString("00", CultureInfo.InvariantCulture);

    private static string RandomNumber(Random random)
    {
        var month = random.Next(4) == 0 ? random.Next(20, 100) : random.Next(1, 13);
        var department = random.Next(10) switch
        {
            0 => "2A",
            1 => "2B",
            2 => "99",
            _ => random.Next(1, 96).ToString("00", CultureInfo.InvariantCulture),
        };
        return WithKey(string.Create(CultureInfo.InvariantCulture,
            $"{random.Next(1, 3)}{random.Next(100):00}{month:00}{department}{random.Next(1, 1000):000}{random.Next(1, 1000):000}"));
    }
}
