using HealthGrains.Domain.Access;
using HealthGrains.Domain.Agendas;
using HealthGrains.Domain.Aliases;
using HealthGrains.Domain.Caregivers;
using HealthGrains.Domain.Consent;
using HealthGrains.Domain.Delegates;
using HealthGrains.Domain.Documents;
using HealthGrains.Domain.Duties;
using HealthGrains.Domain.Inboxes;
using HealthGrains.Domain.Notifications;
using HealthGrains.Domain.Patients;
using HealthGrains.Domain.Records;
using HealthGrains.Domain.Routing;
using HealthGrains.Domain.Senders;

namespace HealthGrains.Orleans.Calls;

/// <summary>Every command of the product. A new one is a line here and a line in <see cref="WireJson"/>; a test of the default
/// build says so when they are missing.</summary>
public static class ProductCommands
{
    /// <summary>How they cross silos.</summary>
    public static CommandCatalog Catalog { get; } = new CommandCatalog.Builder()
        .Add<PatientState, PatientEvent, SubmissionReceipt, SubmitDocument>(
            WireJson.Default.SubmitDocument,
            WireJson.Default.SubmissionReceipt,
            submit => submit.Content.Bytes,
            (submit, bytes) => submit with { Content = submit.Content with { Bytes = bytes } })
        .Add<PatientState, PatientEvent, WithdrawnDocument, WithdrawDocument>(
            WireJson.Default.WithdrawDocument, WireJson.Default.WithdrawnDocument)
        .Add<PatientState, PatientEvent, DocumentView, SetConfidentiality>(
            WireJson.Default.SetConfidentiality, WireJson.Default.DocumentView)
        .Add<PatientState, PatientEvent, DocumentView, ReadDocument>(WireJson.Default.ReadDocument, WireJson.Default.DocumentView)
        .Add<PatientState, PatientEvent, DocumentPage, ListDocuments>(WireJson.Default.ListDocuments, WireJson.Default.DocumentPage)
        .Add<PatientState, PatientEvent, AccessPage, ListAccesses>(WireJson.Default.ListAccesses, WireJson.Default.AccessPage)
        .Add<PatientState, PatientEvent, ExportPage, ExportDocuments>(
            WireJson.Default.ExportDocuments, WireJson.Default.ExportPage)
        .Add<PatientState, PatientEvent, bool, MayExport>(WireJson.Default.MayExport, WireJson.Default.Boolean)
        .Add<PatientState, PatientEvent, AccessPage, ExportAccesses>(
            WireJson.Default.ExportAccesses, WireJson.Default.AccessPage)
        .Add<PatientState, PatientEvent, ConsentChange, OpenRecord>(WireJson.Default.OpenRecord, WireJson.Default.ConsentChange)
        .Add<PatientState, PatientEvent, ConsentChange, CloseRecord>(WireJson.Default.CloseRecord, WireJson.Default.ConsentChange)
        .Add<PatientState, PatientEvent, RecordView, GetRecord>(WireJson.Default.GetRecord, WireJson.Default.RecordView)
        .Add<PatientState, PatientEvent, ConsentChange, AuthorizeProfessional>(
            WireJson.Default.AuthorizeProfessional, WireJson.Default.ConsentChange)
        .Add<PatientState, PatientEvent, ConsentChange, AuthorizeOneself>(
            WireJson.Default.AuthorizeOneself, WireJson.Default.ConsentChange)
        .Add<PatientState, PatientEvent, ConsentChange, RevokeAuthorization>(
            WireJson.Default.RevokeAuthorization, WireJson.Default.ConsentChange)
        .Add<PatientState, PatientEvent, ConsentChange, BlockProfessional>(
            WireJson.Default.BlockProfessional, WireJson.Default.ConsentChange)
        .Add<PatientState, PatientEvent, ConsentChange, UnblockProfessional>(
            WireJson.Default.UnblockProfessional, WireJson.Default.ConsentChange)
        .Add<PatientState, PatientEvent, ConsentChange, SetEmergencyAccess>(
            WireJson.Default.SetEmergencyAccess, WireJson.Default.ConsentChange)
        .Add<PatientState, PatientEvent, ConsentChange, SetPurposeConsent>(
            WireJson.Default.SetPurposeConsent, WireJson.Default.ConsentChange)
        .Add<PatientState, PatientEvent, ConsentChange, SetAdministrator>(
            WireJson.Default.SetAdministrator, WireJson.Default.ConsentChange)
        .Add<PatientState, PatientEvent, ConsentChange, SetAttendingPhysician>(
            WireJson.Default.SetAttendingPhysician, WireJson.Default.ConsentChange)
        .Add<PatientState, PatientEvent, DelegateAnswer, AddDelegate>(
            WireJson.Default.AddDelegate, WireJson.Default.DelegateAnswer)
        .Add<PatientState, PatientEvent, DelegateAnswer, AnswerDelegation>(
            WireJson.Default.AnswerDelegation, WireJson.Default.DelegateAnswer)
        .Add<PatientState, PatientEvent, DelegateAnswer, RevokeDelegate>(
            WireJson.Default.RevokeDelegate, WireJson.Default.DelegateAnswer)
        .Add<PatientState, PatientEvent, AnnouncedRecord, AnnounceRecord>(
            WireJson.Default.AnnounceRecord, WireJson.Default.AnnouncedRecord)
        .Add<PatientState, PatientEvent, bool, TraceSupport>(WireJson.Default.TraceSupport, WireJson.Default.Boolean)
        .Add<PatientState, PatientEvent, int, FindInvitation>(WireJson.Default.FindInvitation, WireJson.Default.Int32)
        .Add<PatientState, PatientEvent, bool, HelpsOrMay>(WireJson.Default.HelpsOrMay, WireJson.Default.Boolean)
        .Add<CaregiverState, CaregiverEvent, PlaceAnswer, TakePlace>(WireJson.Default.TakePlace, WireJson.Default.PlaceAnswer)
        .Add<PatientState, PatientEvent, bool, MayDelegateStillSee>(
            WireJson.Default.MayDelegateStillSee, WireJson.Default.Boolean)
        .Add<PatientState, PatientEvent, TrackedDocument, TrackDocument>(
            WireJson.Default.TrackDocument, WireJson.Default.TrackedDocument)
        .Add<PatientState, PatientEvent, MaskingChange, SetMasking>(WireJson.Default.SetMasking, WireJson.Default.MaskingChange)
        .Add<PatientState, PatientEvent, PreferencesView, SetNotificationPreferences>(
            WireJson.Default.SetNotificationPreferences, WireJson.Default.PreferencesView)
        .Add<PatientState, PatientEvent, ConsentView, GetConsents>(WireJson.Default.GetConsents, WireJson.Default.ConsentView)
        .Add<PatientState, PatientEvent, AccessExplanation, ExplainAccess>(
            WireJson.Default.ExplainAccess, WireJson.Default.AccessExplanation)
        .Add<PatientState, PatientEvent, FollowAnswer, FollowPatient>(WireJson.Default.FollowPatient, WireJson.Default.FollowAnswer)
        .Add<PatientState, PatientEvent, FollowAnswer, UnfollowPatient>(
            WireJson.Default.UnfollowPatient, WireJson.Default.FollowAnswer)
        .Add<PatientState, PatientEvent, IReadOnlyList<bool>, MayKnow>(WireJson.Default.MayKnow, WireJson.Default.Booleans)
        .Add<PatientState, PatientEvent, bool, MayStillSee>(WireJson.Default.MayStillSee, WireJson.Default.Boolean)
        .Add<PatientState, PatientEvent, ChangePage, ChangesSince>(WireJson.Default.ChangesSince, WireJson.Default.ChangePage)
        .Add<InboxState, InboxEvent, InboxTrack, TrackInInbox>(WireJson.Default.TrackInInbox, WireJson.Default.InboxTrack)
        .Add<LedgerState, LedgerEvent, bool, TrackInLedger>(WireJson.Default.TrackInLedger, WireJson.Default.Boolean)
        .Add<PatientState, PatientEvent, UploadFate, DiscardUpload>(
            WireJson.Default.DiscardUpload, WireJson.Default.UploadFate)
        .Add<PatientState, PatientEvent, RecordPlace, LocateRecord>(WireJson.Default.LocateRecord, WireJson.Default.RecordPlace)
        .Add<PatientState, PatientEvent, MoveOutcome, MoveRecord>(WireJson.Default.MoveRecord, WireJson.Default.MoveOutcome)
        .Add<PatientState, PatientEvent, BegunMerge, BeginMerge>(WireJson.Default.BeginMerge, WireJson.Default.BegunMerge)
        .Add<PatientState, PatientEvent, MergeProgress, TakeRecordPage>(
            WireJson.Default.TakeRecordPage, WireJson.Default.MergeProgress)
        .Add<PatientState, PatientEvent, MergeProgress, MergeRecord>(WireJson.Default.MergeRecord, WireJson.Default.MergeProgress)
        .Add<PatientState, PatientEvent, bool, CompleteMove>(WireJson.Default.CompleteMove, WireJson.Default.Boolean)
        .Add<PatientState, PatientEvent, bool, CancelMove>(WireJson.Default.CancelMove, WireJson.Default.Boolean)
        .Add<PatientState, PatientEvent, DutiesPerformed, PerformDuties>(
            WireJson.Default.PerformDuties, WireJson.Default.DutiesPerformed)
        .Add<PatientState, PatientEvent, bool, ConfirmErasure>(WireJson.Default.ConfirmErasure, WireJson.Default.Boolean)
        .Add<AgendaState, AgendaEvent, int, TakeIntoAgenda>(WireJson.Default.TakeIntoAgenda, WireJson.Default.Int32)
        .Add<AgendaState, AgendaEvent, AgendaPage, WhatIsDue>(WireJson.Default.WhatIsDue, WireJson.Default.AgendaPage)
        .Add<AgendaState, AgendaEvent, int, SettleAgenda>(WireJson.Default.SettleAgenda, WireJson.Default.Int32)
        .Add<AgendaState, AgendaEvent, SetAside, SetDeliveryAside>(
            WireJson.Default.SetDeliveryAside, WireJson.Default.SetAside)
        .Add<AgendaState, AgendaEvent, AsideNote, NoteDelivery>(WireJson.Default.NoteDelivery, WireJson.Default.AsideNote)
        .Add<AgendaState, AgendaEvent, IReadOnlyList<AsideTicket>, ClaimStalled>(
            WireJson.Default.ClaimStalled, WireJson.Default.AsideTickets)
        .Add<AgendaState, AgendaEvent, bool, ResumeDelivery>(WireJson.Default.ResumeDelivery, WireJson.Default.Boolean)
        .Add<AgendaState, AgendaEvent, int, NoteMisroutings>(WireJson.Default.NoteMisroutings, WireJson.Default.Int32)
        .Add<AgendaState, AgendaEvent, bool, SettleMisrouting>(WireJson.Default.SettleMisrouting, WireJson.Default.Boolean)
        .Add<AgendaState, AgendaEvent, StalledPage, ListStalled>(WireJson.Default.ListStalled, WireJson.Default.StalledPage)
        .Add<AgendaState, AgendaEvent, FoundStalled, FindStalled>(
            WireJson.Default.FindStalled, WireJson.Default.FoundStalled)
        .Add<PatientState, PatientEvent, bool, IsApproved>(WireJson.Default.IsApproved, WireJson.Default.Boolean)
        .Add<InboxState, InboxEvent, long, DeliverToInbox>(WireJson.Default.DeliverToInbox, WireJson.Default.Int64)
        .Add<InboxState, InboxEvent, InboxPage, ReadInbox>(WireJson.Default.ReadInbox, WireJson.Default.InboxPage)
        .Add<InboxState, InboxEvent, long, AcknowledgeInbox>(WireJson.Default.AcknowledgeInbox, WireJson.Default.Int64)
        .Add<LedgerState, LedgerEvent, IReadOnlyList<MisroutingSuspected>, RecordSubmissions>(
            WireJson.Default.RecordSubmissions, WireJson.Default.Misroutings)
        .Add<LedgerState, LedgerEvent, LedgerView, GetLedger>(WireJson.Default.GetLedger, WireJson.Default.LedgerView)
        .Build();
}
