using HealthGrains.Domain.Notifications;
using HealthGrains.Rpc;
using HealthGrains.Services.Calls;

namespace HealthGrains.Services.Consents;

internal sealed partial class ConsentsService
{
    /// <summary>What the person wants in general.</summary>
    private async Task<Wire.GetPreferencesResponse> GetPreferencesAsync(
        Wire.GetPreferencesRequest request, RpcCall call, CancellationToken ct)
    {
        var target = RecordTarget.Of(CallerSession.Of(call), request.Patient, null, context.Identity);
        var view = await context.AskAsync(
            target.Journal, new SetNotificationPreferences(new Dictionary<NotificationCategory, bool>()) { By = target.By }, ct);
        return new Wire.GetPreferencesResponse
        {
            Notifications = ToWire(view.Notifications),
            FutureDocuments = view.MasksFuture ? Wire.Decision.Deny : Wire.Decision.Permit,
        };
    }

    /// <summary>Mutes kinds of notifications, or lets them be heard again.</summary>
    private async Task<Wire.SetPreferencesResponse> SetPreferencesAsync(
        Wire.SetPreferencesRequest request, RpcCall call, CancellationToken ct)
    {
        var target = RecordTarget.Of(CallerSession.Of(call), request.Patient, null, context.Identity);
        var wanted = request.Notifications ?? new Wire.NotificationPreferences();
        var changes = new Dictionary<NotificationCategory, bool>();
        Read(NotificationCategory.Message, wanted.Message, "notifications.message");
        Read(NotificationCategory.Document, wanted.Document, "notifications.document");
        Read(NotificationCategory.Appointment, wanted.Appointment, "notifications.appointment");
        Read(NotificationCategory.Screening, wanted.Screening, "notifications.screening");
        Read(NotificationCategory.SynchronisedService, wanted.SynchronisedService, "notifications.synchronised_service");
        var view = await context.AskAsync(target.Journal, new SetNotificationPreferences(changes) { By = target.By }, ct);
        return new Wire.SetPreferencesResponse { Notifications = ToWire(view.Notifications) };

        void Read(NotificationCategory category, Wire.Decision decision, string field)
        {
            if (ReadDecision(decision, field) is { } alerts)
                changes[category] = !alerts;
        }
    }

    private static Wire.NotificationPreferences ToWire(NotificationPreferences preferences) => new()
    {
        Message = Of(preferences, NotificationCategory.Message),
        Document = Of(preferences, NotificationCategory.Document),
        Appointment = Of(preferences, NotificationCategory.Appointment),
        Screening = Of(preferences, NotificationCategory.Screening),
        SynchronisedService = Of(preferences, NotificationCategory.SynchronisedService),
    };

    private static Wire.Decision Of(NotificationPreferences preferences, NotificationCategory category) =>
        preferences.Mutes(category) ? Wire.Decision.Deny : Wire.Decision.Permit;
}
