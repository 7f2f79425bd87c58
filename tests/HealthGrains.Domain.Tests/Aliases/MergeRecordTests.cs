using HealthGrains.Domain.Access;
using HealthGrains.Domain.Actors;
using HealthGrains.Domain.Aliases;
using HealthGrains.Domain.Consent;
using HealthGrains.Domain.Delegates;
using HealthGrains.Domain.Documents;
using HealthGrains.Domain.Duties;
using HealthGrains.Domain.Identity;
using HealthGrains.Domain.Patients;
using HealthGrains.Domain.Policies;
using HealthGrains.Domain.Records;
using HealthGrains.Domain.Refusals;
using HealthGrains.Domain.Routing;
using HealthGrains.Domain.Tests.Records;
using static HealthGrains.Domain.Tests.Aliases.Merging;

namespace HealthGrains.Domain.Tests.Aliases;

/// <summary>B1 to B4 of <see cref="BeginMerge"/>, and of each part of two records which of them counts.</summary>
public sealed class MergeRecordTests
{
    private readonly TestRecord _old = Person(1_000);
    private readonly TestRecord _new = Person(2_000);

    [Fact]
    public void A_record_that_moves_keeps_still_until_it_has_moved_or_stays()
    {
        _old.Submit("one");
        var attempt = Begin(_old, New);
        Assert.Equal(attempt, _old.Events.Count - 1);
        foreach (var refusal in new[]
        {
            _old.AskInVain(_old.Submission("two")), _old.AskInVain(new GetRecord(Actor.Patient)),
            _old.AskInVain(new BlockProfessional(Cast.IdOf(Cast.Gp))), _old.AskInVain(new ListDocuments(new(), null, 10, Cast.Gp)),
            _old.AskInVain(new CloseRecord("", false)), _old.AskInVain(new ChangesSince(0, 10, Actor.Patient)),
        })
        {
            Assert.Equal((RefusalCode.TemporarilyUnavailable, null), (refusal.Code, refusal.MovedTo));
        }

        // What is begun is begun once, and goes nowhere else.
        Assert.True(_old.AskQuietly(new BeginMerge(New, Cast.Insurance)).Value.IsMoving);
        Assert.Equal(new BegunMerge(false, null), _old.AskQuietly(new BeginMerge(Old, Cast.Insurance)).Value);
        Assert.False(_old.AskQuietly(new CompleteMove(New, attempt + 1)).Value);
        Assert.False(_old.AskQuietly(new CancelMove(attempt + 1)).Value);
        Assert.True(_old.AskQuietly(new PerformDuties()).Value.IsMoving);
        Assert.Equal((New, attempt), (_old.AskQuietly(new LocateRecord()).Value.MovingTo, _old.State.MovingAttempt));

        Assert.True(_old.Ask(new CancelMove(attempt)).Value);
        _old.Submit("two");
        Assert.False(_old.AskQuietly(new CompleteMove(New, attempt)).Value);
        Assert.Null(_old.State.Duties.DueOf(DutyKind.Merge));
    }

    [Fact]
    public void A_page_is_taken_over_once_and_has_no_effect_before_the_merge()
    {
        for (var i = 0; i < 7; i++)
            _old.Submit("old " + i);
        _new.Submit("new");
        var attempt = Begin(_old, New);
        var first = new TakeRecordPage(Old, attempt, 1, [.. _old.Events.Take(3).Select((one, i) => new TakenEntry(one, new(i + 1, 3, 100)))]);
        Assert.Equal(3, _new.Ask(first).Value.Taken);
        Assert.Equal(3, _new.AskQuietly(first).Value.Taken);
        Assert.Equal(3, _new.AskQuietly(first with { FirstVersion = 5 }).Value.Taken);
        Assert.Equal(3, _new.AskQuietly(new MergeRecord(Old, attempt)).Value.Taken);
        Assert.Single(_new.State.Index.Entries);
        Assert.True(_new.AskQuietly(new LocateRecord()).Value.MovingTo is null);

        // Whoever takes somebody in does not move meanwhile.
        Assert.Equal(RefusalCode.TemporarilyUnavailable, _new.AskQuietly(new BeginMerge(Old, Cast.Insurance)).Value.Reason);
        Take(_old, Old, _new, attempt);
        var merged = _new.Ask(new MergeRecord(Old, attempt)).Value.Merged;
        Assert.Equal((7, 0, 0), (merged!.Documents, merged.Same, merged.Apart));
        Assert.Equal(merged, _new.AskQuietly(new MergeRecord(Old, attempt)).Value.Merged);
        Assert.Equal(merged, _new.AskQuietly(first).Value.Merged);
        Assert.Equal(8, _new.State.Index.Count);
        Assert.Equal(Old, _new.State.Index.Entries[1].Origin);
        _old.Ask(new CompleteMove(New, attempt));
        Assert.Equal(New, _old.AskInVain(new OpenRecord()).MovedTo);
        Assert.Equal(New, _old.AskQuietly(new PerformDuties()).Value.Elsewhere);
    }

    [Fact]
    public void Which_records_become_one_by_their_states()
    {
        static TestRecord Closed() => Also(r => r.Close());
        static TestRecord Opposed() => Also(r => r.Ask(new CloseRecord("no", false)), activated: false);
        static TestRecord Destroyed() => Also(r =>
        {
            r.Close(deletionRequested: true);
            Assert.True(r.Ask(new PerformDuties()).Value.ErasesContents);
        });
        foreach (var (make, reason) in new (Func<TestRecord>, RefusalCode)[]
        {
            (Closed, RefusalCode.RecordClosed), (Opposed, RefusalCode.RecordClosed), (Destroyed, RefusalCode.PatientUnknown),
        })
        {
            // As the one that moves: nothing is written. As the one that takes in: it says so once, for ever.
            Assert.Equal(new BegunMerge(false, reason), make().AskQuietly(new BeginMerge(New, Cast.Insurance)).Value);
            var to = make();
            Assert.Equal(reason, to.Ask(new TakeRecordPage(Old, 5, 0, [])).Value.Refused);
            if (reason == RefusalCode.RecordClosed)
                to.Ask(new OpenRecord());
            Assert.Equal(reason, to.AskQuietly(new TakeRecordPage(Old, 5, 0, [])).Value.Refused);
            Assert.Equal(reason, to.AskQuietly(new MergeRecord(Old, 4)).Value.Refused);
            if (reason == RefusalCode.RecordClosed)
                Assert.Null(to.AskQuietly(new TakeRecordPage(Old, 6, 0, [])).Value.Refused);
        }

        static TestRecord Also(Action<TestRecord> change, bool activated = true)
        {
            var record = activated ? TestRecord.Activated() : new TestRecord();
            change(record);
            return record;
        }
    }

    [Fact]
    public void Two_records_that_move_to_each_other_both_stay_or_one_takes_the_other_in()
    {
        var (one, other) = (Begin(_old, New), Begin(_new, Old));
        Assert.Equal(RefusalCode.TemporarilyUnavailable, Take(_old, Old, _new, one).Refused);
        _old.Ask(new CancelMove(one));
        var progress = Take(_new, New, _old, other);
        Assert.Null(progress.Refused);
        Assert.NotNull(_old.Ask(new MergeRecord(New, other)).Value.Merged);
        _new.Ask(new CompleteMove(Old, other));

        // The refusal of the first attempt stands in the record that has moved: whoever is late hears it still.
        Assert.Equal(RefusalCode.TemporarilyUnavailable, _new.AskQuietly(new TakeRecordPage(Old, one, 0, [])).Value.Refused);
        Assert.Equal(Old, _new.AskQuietly(new TakeRecordPage(Old, one + 100, 0, [])).Value.Elsewhere);
    }

    [Fact]
    public void A_no_of_either_record_stays_a_no()
    {
        // For each professional what the one record says, and the other; then whether documents of both are readable.
        var cases = new (Action<TestRecord, Actor> One, Action<TestRecord, Actor> Other, bool Readable)[]
        {
            (Permit, Nothing, true), (Permit, Permit, true), (Nothing, Nothing, false),
            (Permit, Block, false), (Permit, PermitThenRevoke, false), (Permit, BlockThenUnblock, true),
            (Permit, PermitBlockUnblock, false), (Permit, PermitRevokePermit, true), (Permit, PermitThatRanOut, true),
            (PermitThenRevoke, PermitThenRevoke, false), (PermitThenRevoke, Nothing, false), (Block, Nothing, false),
        };
        foreach (var (one, other, readable) in cases)
        {
            foreach (var swap in new[] { false, true })
            {
                var (old, @new) = (Person(1_000), Person(2_000));
                var ids = new[] { old.Submit("old"), @new.Submit("new") };
                (swap ? other : one)(old, Cast.Gp);
                (swap ? one : other)(@new, Cast.Gp);
                @new.Now = old.Now = old.Now > @new.Now ? old.Now : @new.Now;
                Merge(old, Old, @new, New);
                foreach (var id in ids)
                    Assert.True(readable == (@new.Read(Cast.Gp, id).Refusal is null), $"{one.Method.Name} and {other.Method.Name}");
            }
        }

        static void Nothing(TestRecord record, Actor who)
        {
        }

        static void Permit(TestRecord record, Actor who) => record.Permit(who);
        static void Block(TestRecord record, Actor who) => record.Block(who);
        static void BlockThenUnblock(TestRecord record, Actor who)
        {
            record.Block(who);
            record.Unblock(who);
        }

        static void PermitThenRevoke(TestRecord record, Actor who)
        {
            record.Permit(who);
            record.Revoke(who);
        }

        static void PermitBlockUnblock(TestRecord record, Actor who)
        {
            record.Permit(who);
            BlockThenUnblock(record, who);
        }

        static void PermitRevokePermit(TestRecord record, Actor who)
        {
            PermitThenRevoke(record, who);
            record.Permit(who);
        }

        static void PermitThatRanOut(TestRecord record, Actor who)
        {
            record.Permit(who, record.Now.AddHours(1));
            record.Pass(TimeSpan.FromHours(2));
        }
    }

    [Fact]
    public void A_denied_organisation_stays_denied_whoever_was_permitted_in_the_other_record()
    {
        _old.Deny(Cast.OfficeA);
        _new.Permit(Cast.OfficeA);
        _new.Permit(Cast.Gp);
        var id = _new.Submit("new");
        Assert.Null(_new.Read(Cast.Gp, id).Refusal);
        Merge(_old, Old, _new, New);
        Assert.Equal(RefusalCode.AccessDenied, _new.Read(Cast.Gp, id).Refusal?.Code);
    }

    [Fact]
    public void Flags_masks_administrators_and_purposes_are_the_stricter()
    {
        _old.Emergency(breakTheGlass: false);
        _new.Emergency(regulation: false, masked: true);
        _old.Permit(Cast.Gp);
        _new.Permit(Cast.Gp);
        _new.Administrator(Cast.Gp);
        _new.Permit(Cast.Specialist);
        _new.Administrator(Cast.Specialist);
        _old.Attending(Cast.Gp);
        _old.Ask(new SetMasking(true, null, true));
        _new.Ask(new SetPurposeConsent(Purposes.SecondaryUse, true, "1", ""));
        _old.Ask(new SetPurposeConsent(Purposes.SecondaryUse, false, "", ""));
        _new.Ask(new SetPurposeConsent("DOCS", true, "1", ""));
        _old.Ask(new SetPurposeConsent("DOCS", true, "2", ""));
        Merge(_old, Old, _new, New);
        Assert.Equal(new EmergencyFlags(false, false, false), _new.State.Consent.Emergency);
        Assert.False(_new.State.Consent.IsAdministrator(Cast.IdOf(Cast.Gp), _new.Now));
        Assert.True(_new.State.Consent.IsAdministrator(Cast.IdOf(Cast.Specialist), _new.Now));
        Assert.Equal(Cast.IdOf(Cast.Gp), _new.State.Consent.AttendingPhysician);
        Assert.True(_new.State.MasksFuture);
        Assert.False(_new.State.Consent.Purposes[Purposes.SecondaryUse].Permit);
        Assert.False(_new.State.Consent.Purposes["DOCS"].Permit);
    }

    [Fact]
    public void Numbers_that_were_told_before_mean_nothing_rather_than_another_authorisation()
    {
        _old.Permit(Cast.Gp);
        _new.Permit(Cast.Specialist);
        var inOld = _old.State.Consent.Authorizations[0].Number;
        var inNew = _new.State.Consent.Authorizations[0].Number;
        _old.Help("carer");
        _new.Invite("carer-2");
        Merge(_old, Old, _new, New);
        foreach (var number in new[] { inOld, inNew })
        {
            Assert.Equal(
                RefusalCode.TargetNotFound,
                _new.AskInVain(new RevokeAuthorization(number, HolderKind.Professional, null, false)).Code);
            Assert.NotNull(_new.End(number).Refusal);
        }

        var now = _new.State.Consent.Authorizations.ToList();
        Assert.Equal(now.Count, now.Select(word => word.Number).Distinct().Count());
        foreach (var word in now)
            Assert.Null(_new.Ask(new RevokeAuthorization(word.Number, word.Holder, null, false)).Refusal);
        Assert.All(_new.State.Consent.Authorizations, word => Assert.NotNull(word.RevokedAt));
        _new.Permit(Cast.Gp);
        Assert.DoesNotContain(now, word => word.Number == _new.State.Consent.Authorizations[^1].Number);
        foreach (var delegation in _new.State.Delegations.All.ToList())
            Assert.Null(_new.End(delegation.Number).Refusal);
        Assert.All(_new.State.Delegations.All, one => Assert.True(one.RevokedAt is not null || one.Answer == InvitationAnswer.Refused));
    }

    [Fact]
    public void Nobody_acts_for_the_patient_whom_either_record_has_ended_and_nobody_twice()
    {
        var ends = _old.Now.AddDays(9);
        _old.Help("ended");
        _old.End(1);
        _new.Help("ended");
        _old.Help("both", ends);
        _new.Help("both");
        _old.Help("carer");
        Merge(_old, Old, _new, New);
        Assert.NotNull(_new.Ask(new GetRecord(Cast.Delegate("ended"))).Refusal);
        Assert.Null(_new.Ask(new GetRecord(Cast.Carer)).Refusal);
        var both = Assert.Single(_new.State.Delegations.All, one => one.Subject == "both" && one.RevokedAt is null);
        Assert.Equal(ends, both.End);
        _new.End(both.Number);
        Assert.NotNull(_new.Ask(new GetRecord(Cast.Delegate("both"))).Refusal);
    }

    [Fact]
    public void The_same_document_is_one_under_either_id_and_the_stricter()
    {
        var inOld = _old.Submit("same");
        var newer = _old.Submit("newer", replaces: "same");
        var inNew = _new.Submit("same", ConfidentialityLabels.MaskedFromProfessionals);
        var gone = _old.Submit("gone");
        _new.Submit("gone");
        _old.Withdraw("gone");
        var merged = Merge(_old, Old, _new, New);
        Assert.Equal((3, 2, 0), (merged.Documents, merged.Same, merged.Apart));
        Assert.Equal(3, _new.State.Index.Count);
        var one = _new.State.Index.Find(inOld)!;
        Assert.Equal((inNew, newer, DocumentStatus.Deprecated), (one.Id, one.ReplacedBy, one.Status));
        Assert.True(one.IsMasked);
        Assert.Equal(newer, _new.State.Index.HeadOf(one).Id);
        Assert.Equal(inNew, _new.State.Index.Find(newer)!.Replaces);
        Assert.Equal(DocumentStatus.Deleted, _new.State.Index.Find(gone)!.Status);

        // Sent again under either number it is the same; its producer finds it, and the news name what there is.
        Assert.True(_new.Ask(_new.Submission("same")).Value.AlreadyKnown);
        Assert.Equal(inNew, _new.Ask(new TrackDocument(TestRecord.Unique("same"), Cast.HospitalSystem)).Value.Entry.Id);
        Assert.DoesNotContain(_new.Changes(Actor.Patient).Value.Changes, change => change.Item.Document == inOld);
    }

    [Fact]
    public void Chains_that_contradict_each_other_do_not_close_on_themselves()
    {
        _old.Submit("a");
        _old.Submit("b", replaces: "a");
        _new.Submit("b");
        _new.Submit("a", replaces: "b");
        Merge(_old, Old, _new, New);
        foreach (var entry in _new.State.Index.Entries)
            Assert.Null(_new.State.Index.HeadOf(entry).ReplacedBy);
        foreach (var entry in _new.State.Index.Entries)
        {
            var steps = 0;
            for (var id = entry.Replaces; id is { } older && steps < 10; id = _new.State.Index.Find(older)?.Replaces)
                steps++;
            Assert.InRange(steps, 0, 2);
        }
    }

    [Fact]
    public void One_unique_id_with_other_bytes_stays_two_documents_and_either_is_sent_again_and_withdrawn()
    {
        var inOld = _old.Accept(_old.Submission("id", content: "old bytes"));
        var inNew = _new.Accept(_new.Submission("id", content: "new bytes"));
        Assert.Equal(1, Merge(_old, Old, _new, New).Apart);
        Assert.Equal(2, _new.List(Actor.Patient).Value.Documents.Count);
        Assert.Equal(inOld, _new.AskQuietly(_new.Submission("id", content: "old bytes")).Value.DocumentId);
        Assert.Equal(inNew, _new.AskQuietly(_new.Submission("id", content: "new bytes")).Value.DocumentId);
        Assert.Equal(RefusalCode.UniqueIdReused, _new.AskInVain(_new.Submission("id", content: "third")).Code);
        foreach (var id in new[] { inOld, inNew })
        {
            Assert.Equal(
                id, _new.Ask(new TrackDocument(TestRecord.Unique("id"), Cast.HospitalSystem) { Named = id }).Value.Entry.Id);
        }

        Assert.Null(_new.Withdraw("id").Refusal);
        Assert.All(_new.State.Index.Entries, entry => Assert.Equal(DocumentStatus.Deleted, entry.Status));
        Assert.True(_new.Withdraw("id").Value.AlreadyWithdrawn);
    }

    [Fact]
    public void What_was_deposited_under_the_old_number_is_replaced_and_labelled_under_the_new_one()
    {
        var first = _old.Submit("one");
        Merge(_old, Old, _new, New);
        var second = _new.Submit("two", replaces: "one");
        Assert.Equal(second, _new.State.Index.Find(first)!.ReplacedBy);
        Assert.Null(_new.Withdraw("two").Refusal);
    }

    [Fact]
    public void Cursors_of_either_number_lose_and_skip_nothing()
    {
        for (var i = 0; i < 3; i++)
            _old.Submit("old " + i);
        for (var i = 0; i < 2; i++)
            _new.Submit("new " + i);
        var third = Person(3_000);
        third.Submit("third");
        var thirdId = PatientId.Parse("1.2.250.1.213.1.4.10^180127512345642");
        Merge(_old, Old, _new, New);
        _new.Submit("after");
        Merge(_new, New, third, thirdId);
        third.Submit("last");
        Assert.Equal(["third", "new 0", "new 1", "old 0", "old 1", "old 2", "after", "last"], Told());
        Assert.Equal(["new 0", "new 1", "old 0", "old 1", "old 2", "after", "third", "last"], Told(New));
        Assert.Equal(["old 0", "old 1", "old 2", "new 0", "new 1", "after", "third", "last"], Told(Old, New));

        // An alias of a number counts as that number does.
        Assert.Equal(Told(Old, New), Told(Number(7), Old, New));
        Assert.NotNull(third.Ask(new ChangesSince(9, 10, Actor.Patient)).Refusal);

        List<string> Told(params PatientId[] through)
        {
            var titles = new List<string>();
            for (var cursor = 0L; ;)
            {
                var page = third.Ask(new ChangesSince(cursor, 3, Actor.Patient) { Through = through }).Value;
                if (page.Changes.Count == 0)
                    return titles;
                foreach (var change in page.Changes)
                {
                    Assert.Equal(++cursor, change.Item.Sequence);
                    titles.Add(change.Document!.Entry.Metadata.Title);
                }
            }
        }
    }

    [Fact]
    public void An_export_that_broke_before_goes_on_with_what_it_lacks_under_either_number()
    {
        for (var i = 0; i < 3; i++)
        {
            _old.Submit("old " + i);
            _new.Submit("new " + i);
        }

        _old.Submit("both");
        _new.Submit("both");
        var (brokenOld, brokenNew) = (_old.State.Index.Entries[1].Id, _new.State.Index.Entries[1].Id);
        var lastOfOld = _old.State.Index.Entries[^1].Id;
        Merge(_old, Old, _new, New);
        _new.Submit("after");
        Assert.Equal(["old 2", "both", "new 0", "new 1", "new 2", "after"], Exported(brokenOld, Old));
        Assert.Equal(["new 0", "new 1", "new 2", "after"], Exported(lastOfOld, Old));
        Assert.Equal(["new 2", "both", "old 0", "old 1", "old 2", "after"], Exported(brokenNew));
        Assert.Equal(8, Exported(null).Count);
        Assert.Equal(8, Exported(null, Old).Count);

        List<string> Exported(DocumentId? after, params PatientId[] through)
        {
            var titles = new List<string>();
            while (true)
            {
                var page = _new.Ask(new ExportDocuments(after, 2, Actor.Patient) { Through = through }).Value;
                titles.AddRange(page.Documents.Select(view => view.Entry.Metadata.Title));
                if (!page.HasMore)
                    return titles;
                after = page.Documents[^1].Entry.Id;
            }
        }
    }

    [Fact]
    public void Pages_that_were_begun_before_are_told_to_begin_again()
    {
        for (var i = 0; i < 4; i++)
        {
            _old.Submit("old " + i);
            _new.Submit("new " + i);
            _old.Read(Cast.Gp, _old.State.Index.Entries[^1].Id);
            _new.Read(Cast.Gp, _new.State.Index.Entries[^1].Id);
        }

        foreach (var record in new[] { _old, _new })
        {
            record.Permit(Cast.Gp);
            record.List(Cast.Gp);
        }

        var places = new[] { _old, _new }.Select(r => r.Ask(new ListDocuments(new(), null, 2, Actor.Patient)).Value.Next).ToList();
        var traces = new[] { _old, _new }.Select(r => r.Ask(new ListAccesses(null, null, null, 2)).Value.Next).ToList();
        Merge(_old, Old, _new, New);
        foreach (var place in places)
        {
            Assert.NotNull(place);
            Assert.Equal(RefusalCode.CursorExpired, _new.AskInVain(new ListDocuments(new(), place, 2, Actor.Patient)).Code);
            Assert.Equal(RefusalCode.CursorExpired, _new.AskInVain(new ListDocuments(new(), place, 2, Cast.Gp)).Code);
        }

        foreach (var trace in traces)
        {
            Assert.NotNull(trace);
            Assert.Equal(RefusalCode.CursorExpired, _new.AskInVain(new ListAccesses(null, null, trace, 2)).Code);
        }

        var (documents, seen) = (new HashSet<DocumentId>(), 0);
        for (PagePlace? next = null; seen == 0 || next is not null; seen++)
        {
            var page = _new.Ask(new ListDocuments(new(), next, 3, Actor.Patient)).Value;
            documents.UnionWith(page.Documents.Select(view => view.Entry.Id));
            next = page.Next;
        }

        Assert.Equal((8, 3), (documents.Count, seen));
        var accesses = new List<int>();
        int? before = null;
        do
        {
            var page = _new.Ask(new ListAccesses(null, null, before, 3)).Value;
            accesses.AddRange(page.Accesses.Select(access => access.Sequence));
            before = page.Next;
        }
        while (before is not null);
        Assert.Equal(Enumerable.Range(1, accesses.Count).Reverse(), accesses);
        Assert.Equal(_new.State.PatientAccesses.Count, accesses.Count);
    }

    [Fact]
    public void What_waits_for_an_announcement_goes_on_waiting_and_becomes_visible_in_the_one_record()
    {
        _old.Policy = _new.Policy = DomainPolicy.Default with { InvisiblePatientMax = TimeSpan.FromDays(30) };
        var hidden = _old.Submit("hidden", ConfidentialityLabels.HiddenFromPatient);
        Merge(_old, Old, _new, New);
        Assert.NotNull(_new.Read(Actor.Patient, hidden).Refusal);
        _old.Pass(TimeSpan.FromDays(31));
        _new.Pass(TimeSpan.FromDays(31));
        Assert.Equal(New, _old.AskQuietly(new PerformDuties()).Value.Elsewhere);
        _new.Ask(new PerformDuties());
        Assert.Null(_new.Read(Actor.Patient, hidden).Refusal);
    }

    [Fact]
    public void A_record_is_made_of_so_many_others_and_not_one_more()
    {
        var to = Person(50_000);
        for (var i = 0; i <= MergeBook.MergedMax; i++)
        {
            var from = Person(1_000 * (i + 1));
            from.Submit("of " + i);
            var number = Number(i);
            var attempt = Begin(from, New);
            Take(from, number, to, attempt);
            var progress = to.Ask(new MergeRecord(number, attempt)).Value;
            Assert.Equal(i < MergeBook.MergedMax ? null : RefusalCode.Overloaded, progress.Refused);
        }

        Assert.Equal(MergeBook.MergedMax, to.State.Index.Count);
    }

    [Fact]
    public void A_destroyed_record_names_where_its_contents_are_and_still_says_whom_it_took_in()
    {
        _old.Submit("one");
        Merge(_old, Old, _new, New);
        _new.Close(deletionRequested: true);
        var done = _new.Ask(new PerformDuties()).Value;
        Assert.True(done.ErasesContents);
        Assert.Equal([Old], done.AlsoErases);
        Assert.NotNull(_new.AskQuietly(new MergeRecord(Old, 4)).Value.Merged);
    }

    private static TestRecord Person(int documents)
    {
        var record = new TestRecord { DocumentsFrom = documents };
        record.Ask(new OpenRecord());
        return record;
    }
}
