namespace HealthGrains.Orleans.Calls;

/// <summary>Called by Orleans' serializer when a call leaves the silo or comes into it; within a silo it is not.</summary>
[global::Orleans.RegisterConverter]
internal sealed class CallConverter(CommandCatalog catalog) : global::Orleans.IConverter<CallMessage, CallOnWire>
{
    public CallMessage ConvertFromSurrogate(in CallOnWire surrogate) => catalog.Decode(surrogate);

    public CallOnWire ConvertToSurrogate(in CallMessage value) => catalog.Encode(value);
}

/// <inheritdoc cref="CallConverter"/>
[global::Orleans.RegisterConverter]
internal sealed class AnswerConverter(CommandCatalog catalog) : global::Orleans.IConverter<AnswerMessage, AnswerOnWire>
{
    public AnswerMessage ConvertFromSurrogate(in AnswerOnWire surrogate) => new(catalog.Decode(surrogate));

    public AnswerOnWire ConvertToSurrogate(in AnswerMessage value) => value.Answer is CallFailure failure
        ? WireFailure.Encode(failure.Failure)
        : catalog.Encode(value.Answer, value.Answer.Command);
}
