namespace HealthGrains.Campaigns.Linear;

/// <summary>What was asked of one record.</summary>
internal enum CallKind
{
    Submit,
    Replace,
    Withdraw,
    Grant,
    Revoke,
    Read,
    List,
}

/// <summary>What was answered.</summary>
internal enum Said
{
    /// <summary>It was done, or shown.</summary>
    Done,

    /// <summary>It was so already, and nothing was done.</summary>
    Already,

    /// <summary>Shown, as an older version.</summary>
    ShownReplaced,

    /// <summary>CONSENT_REQUIRED.</summary>
    NotPermitted,

    /// <summary>DOCUMENT_NOT_FOUND or TARGET_NOT_FOUND.</summary>
    NotFound,

    /// <summary>STALE_VERSION.</summary>
    Stale,

    /// <summary>An answer that the model has no word for.</summary>
    Strange,
}

/// <summary>An answer, with the set of documents of a list: bit n stands for document n.</summary>
internal readonly record struct RecordAnswer(Said Said, ulong Documents = 0);

/// <summary>One call on one record, as its client saw it.</summary>
/// <param name="Kind">What was asked.</param>
/// <param name="Professional">Who reads, or whose right it is; counted from 0. <see cref="ThePatient"/> for the person.</param>
/// <param name="Document">The document, from 0 to 63; of a replacement, the new one.</param>
/// <param name="Target">Of a replacement, the old one.</param>
/// <param name="Start">A timestamp before the call was sent.</param>
/// <param name="End">One after its answer was read, or the last moment at which it can have taken effect.</param>
/// <param name="Answer">Null if it never came: the call took effect between start and end, or never.</param>
internal sealed record RecordCall(
    CallKind Kind, int Professional, int Document, int Target, long Start, long End, RecordAnswer? Answer)
{
    public const int ThePatient = -1;

    /// <summary>Bits of one set.</summary>
    public const int DocumentsMax = 64;

    public static RecordCall Of(CallKind kind, int professional = ThePatient, int document = 0, int target = 0) =>
        new(kind, professional, document, target, 0, 0, null);
}
