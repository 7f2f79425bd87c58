using System.Text.Json.Serialization;
using HealthGrains.Domain.Access;
using HealthGrains.Domain.Actors;
using HealthGrains.Domain.Agendas;
using HealthGrains.Domain.Aliases;
using HealthGrains.Domain.Caregivers;
using HealthGrains.Domain.Consent;
using HealthGrains.Domain.Delegates;
using HealthGrains.Domain.Documents;
using HealthGrains.Domain.Duties;
using HealthGrains.Domain.Inboxes;
using HealthGrains.Domain.Notifications;
using HealthGrains.Domain.Records;
using HealthGrains.Domain.Refusals;
using HealthGrains.Domain.Routing;
using HealthGrains.Domain.Senders;

namespace HealthGrains.Orleans.Calls;

/// <summary>The contracts of the product's commands and answers, as the compiler generates them.</summary>
/// <remarks>What is computed from other properties is not written; a pair, which has nothing else, has a converter of its own.</remarks>
[JsonSourceGenerationOptions(
    GenerationMode = JsonSourceGenerationMode.Metadata,
    IgnoreReadOnlyProperties = true,
    Converters =
    [
        typeof(PatientIdText), typeof(ProfessionalIdText), typeof(StructureIdText), typeof(ProfessionCodeText),
        typeof(DocumentIdText), typeof(UniqueIdText), typeof(UploadIdText), typeof(Sha256Text),
        typeof(BlockText), typeof(BlockerText), typeof(DelegationText), typeof(PreferencesText), typeof(TakenEntryText),
    ])]
[JsonSerializable(typeof(SubmitDocument))]
[JsonSerializable(typeof(SubmissionReceipt))]
[JsonSerializable(typeof(WithdrawDocument))]
[JsonSerializable(typeof(WithdrawnDocument))]
[JsonSerializable(typeof(SetConfidentiality))]
[JsonSerializable(typeof(ReadDocument))]
[JsonSerializable(typeof(DocumentView))]
[JsonSerializable(typeof(ListDocuments))]
[JsonSerializable(typeof(DocumentPage))]
[JsonSerializable(typeof(ListAccesses))]
[JsonSerializable(typeof(AccessPage))]
[JsonSerializable(typeof(ExportDocuments))]
[JsonSerializable(typeof(ExportPage))]
[JsonSerializable(typeof(MayExport))]
[JsonSerializable(typeof(ExportAccesses))]
[JsonSerializable(typeof(OpenRecord))]
[JsonSerializable(typeof(CloseRecord))]
[JsonSerializable(typeof(GetRecord))]
[JsonSerializable(typeof(RecordView))]
[JsonSerializable(typeof(AuthorizeProfessional))]
[JsonSerializable(typeof(AuthorizeOneself))]
[JsonSerializable(typeof(RevokeAuthorization))]
[JsonSerializable(typeof(BlockProfessional))]
[JsonSerializable(typeof(UnblockProfessional))]
[JsonSerializable(typeof(SetEmergencyAccess))]
[JsonSerializable(typeof(ConsentChange))]
[JsonSerializable(typeof(SetMasking))]
[JsonSerializable(typeof(MaskingChange))]
[JsonSerializable(typeof(SetNotificationPreferences))]
[JsonSerializable(typeof(PreferencesView))]
[JsonSerializable(typeof(GetConsents))]
[JsonSerializable(typeof(ConsentView))]
[JsonSerializable(typeof(ExplainAccess))]
[JsonSerializable(typeof(AccessExplanation))]
[JsonSerializable(typeof(FollowPatient))]
[JsonSerializable(typeof(UnfollowPatient))]
[JsonSerializable(typeof(FollowAnswer))]
[JsonSerializable(typeof(MayKnow))]
[JsonSerializable(typeof(MayStillSee))]
[JsonSerializable(typeof(ChangesSince))]
[JsonSerializable(typeof(ChangePage))]
[JsonSerializable(typeof(TrackDocument))]
[JsonSerializable(typeof(TrackedDocument))]
[JsonSerializable(typeof(TrackInInbox))]
[JsonSerializable(typeof(InboxTrack))]
[JsonSerializable(typeof(TrackInLedger))]
[JsonSerializable(typeof(DiscardUpload))]
[JsonSerializable(typeof(UploadFate))]
[JsonSerializable(typeof(LocateRecord))]
[JsonSerializable(typeof(RecordPlace))]
[JsonSerializable(typeof(MoveRecord))]
[JsonSerializable(typeof(MoveOutcome))]
[JsonSerializable(typeof(BeginMerge))]
[JsonSerializable(typeof(BegunMerge))]
[JsonSerializable(typeof(TakeRecordPage))]
[JsonSerializable(typeof(MergeRecord))]
[JsonSerializable(typeof(MergeProgress))]
[JsonSerializable(typeof(CompleteMove))]
[JsonSerializable(typeof(CancelMove))]
[JsonSerializable(typeof(SetPurposeConsent))]
[JsonSerializable(typeof(SetAdministrator))]
[JsonSerializable(typeof(SetAttendingPhysician))]
[JsonSerializable(typeof(AddDelegate))]
[JsonSerializable(typeof(AnswerDelegation))]
[JsonSerializable(typeof(RevokeDelegate))]
[JsonSerializable(typeof(DelegateAnswer))]
[JsonSerializable(typeof(MayDelegateStillSee))]
[JsonSerializable(typeof(PerformDuties))]
[JsonSerializable(typeof(DutiesPerformed))]
[JsonSerializable(typeof(ConfirmErasure))]
[JsonSerializable(typeof(AnnounceRecord))]
[JsonSerializable(typeof(AnnouncedRecord))]
[JsonSerializable(typeof(TraceSupport))]
[JsonSerializable(typeof(FindInvitation))]
[JsonSerializable(typeof(HelpsOrMay))]
[JsonSerializable(typeof(TakePlace))]
[JsonSerializable(typeof(PlaceAnswer))]
[JsonSerializable(typeof(TakeIntoAgenda))]
[JsonSerializable(typeof(WhatIsDue))]
[JsonSerializable(typeof(AgendaPage))]
[JsonSerializable(typeof(SettleAgenda))]
[JsonSerializable(typeof(SetDeliveryAside))]
[JsonSerializable(typeof(SetAside))]
[JsonSerializable(typeof(NoteDelivery))]
[JsonSerializable(typeof(AsideNote))]
[JsonSerializable(typeof(ClaimStalled))]
[JsonSerializable(typeof(IReadOnlyList<AsideTicket>), TypeInfoPropertyName = "AsideTickets")]
[JsonSerializable(typeof(ResumeDelivery))]
[JsonSerializable(typeof(NoteMisroutings))]
[JsonSerializable(typeof(SettleMisrouting))]
[JsonSerializable(typeof(ListStalled))]
[JsonSerializable(typeof(StalledPage))]
[JsonSerializable(typeof(FindStalled))]
[JsonSerializable(typeof(FoundStalled))]
[JsonSerializable(typeof(IsApproved))]
[JsonSerializable(typeof(int))]
[JsonSerializable(typeof(DeliverToInbox))]
[JsonSerializable(typeof(ReadInbox))]
[JsonSerializable(typeof(InboxPage))]
[JsonSerializable(typeof(AcknowledgeInbox))]
[JsonSerializable(typeof(RecordSubmissions))]
[JsonSerializable(typeof(GetLedger))]
[JsonSerializable(typeof(LedgerView))]
[JsonSerializable(typeof(IReadOnlyList<MisroutingSuspected>), TypeInfoPropertyName = "Misroutings")]
[JsonSerializable(typeof(IReadOnlyList<bool>), TypeInfoPropertyName = "Booleans")]
[JsonSerializable(typeof(bool))]
[JsonSerializable(typeof(long))]
[JsonSerializable(typeof(Actor))]
[JsonSerializable(typeof(Delegation))]
[JsonSerializable(typeof(Refusal))]
internal sealed partial class WireJson : JsonSerializerContext;
