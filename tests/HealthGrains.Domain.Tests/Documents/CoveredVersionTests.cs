using HealthGrains.Domain.Access;
using HealthGrains.Domain.Actors;
using HealthGrains.Domain.Documents;
using HealthGrains.Domain.Identity;
using HealthGrains.Domain.Patients;
using HealthGrains.Domain.Tests.Records;
using static HealthGrains.Domain.Documents.ConfidentialityLabels;

namespace HealthGrains.Domain.Tests.Documents;

/// <summary>What a change of labels does to the older versions of a document: what it asks, and nothing else.</summary>
public sealed class CoveredVersionTests
{
    private static readonly Sha256 Body = Sha256.Of([7]);

    private readonly TestRecord _record = TestRecord.Activated();
    private readonly DocumentId _old;
    private readonly DocumentId _head;

    // The head is kept from the parents by itself; the older version never was.
    public CoveredVersionTests()
    {
        _record.Permit(Cast.Gp);
        _old = _record.Accept(_record.Submission("old") with { BodySha256 = Body });
        _head = _record.Accept(_record.Submission("head", HiddenFromRepresentatives, replaces: "old") with { BodySha256 = Body });
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_mask_on_the_head_covers_the_older_version_and_hides_it_from_nobody_else(bool one)
    {
        Assert.Null(one
            ? _record.Ask(new SetConfidentiality(_head, 1, HiddenFromRepresentatives | MaskedFromProfessionals, Actor.Patient)).Refusal
            : _record.Ask(new SetMasking(true, [new MaskingTarget(_head, null)], null)).Refusal);
        Assert.Equal((MaskedFromProfessionals, MaskedFromProfessionals | HiddenFromRepresentatives), (Labels(_old), Labels(_head)));
        _record.Restart();
        Assert.Equal(MaskedFromProfessionals, Labels(_old));
    }

    [Fact]
    public void A_version_with_other_labels_alone_covers_with_what_it_adds()
    {
        _record.Policy = _record.Policy with { InvisiblePatientMax = TimeSpan.FromDays(30) };
        var third = _record.Accept(_record.Submission(
            "third", HiddenFromRepresentatives | HiddenFromPatient, replaces: "head") with
        {
            BodySha256 = Body, Change = ChangeKind.ConfidentialityOnly,
        });
        Assert.Equal((HiddenFromPatient, HiddenFromRepresentatives | HiddenFromPatient), (Labels(_old), Labels(_head)));
        Assert.Equal(3, _record.State.Duties.Count);

        // The same labels once more add nothing.
        _record.Accept(_record.Submission("fourth", HiddenFromRepresentatives | HiddenFromPatient, replaces: "third") with
        {
            BodySha256 = Body, Change = ChangeKind.ConfidentialityOnly,
        });
        Assert.Equal((HiddenFromPatient, 3), (Labels(_old), _record.State.Index.Find(_old)!.EntryVersion)); // ! it is there
        Assert.NotNull(_record.State.Index.Find(third));
    }

    [Fact]
    public void An_event_of_an_earlier_version_covers_with_the_whole_set()
    {
        _record.Happened(new ConfidentialityChanged(
            _record.Now, Actor.Patient, _head, TestRecord.Unique("head"), HiddenFromRepresentatives | MaskedFromProfessionals));
        Assert.Equal(HiddenFromRepresentatives | MaskedFromProfessionals, Labels(_old));
    }

    [Fact]
    public void What_is_foretold_of_the_older_version_is_what_comes()
    {
        var mask = new TriedChange
        {
            Labels = new SetConfidentiality(_head, 0, HiddenFromRepresentatives | MaskedFromProfessionals, Actor.Patient),
        };
        var reader = PatientState.ReaderOf(Cast.Gp);
        var told = _record.Ask(new ExplainAccess(Actor.Patient, reader, _old, Entrance.Normal, mask)).Value;
        Assert.Equal(("ALLOW", "DOCUMENT_NOT_FOUND"), (told.Verdict?.Name, told.After?.Name));
    }

    private ConfidentialityLabels Labels(DocumentId id) => _record.State.Index.Find(id)!.Metadata.Confidentiality; // ! it is there
}
