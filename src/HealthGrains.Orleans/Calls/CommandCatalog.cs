using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using HealthGrains.Domain.Refusals;
using HealthGrains.Domain.Turns;
using HealthGrains.Grains;

namespace HealthGrains.Orleans.Calls;

/// <summary>How each command, and its answer, crosses from one silo to another: the one place that knows.</summary>
/// <remarks>
/// <para>C1. A command that is not in here cannot be asked, on its own silo neither: it would work until its patient moves.</para>
/// <para>C2. Names and properties are the format. A newer silo reads what an older one sent, and the other way round: a
/// property that is not known is passed over; one that is missing is null or zero, whatever its record would give it. So a new
/// property of a command is never <c>required</c>, and its null or zero means what was meant before there was one.</para>
/// <para>C3. JSON by contracts that the compiler generates: nothing is looked up by reflection. A document's bytes are no part of
/// it: see <see cref="CallOnWire.Content"/>.</para>
/// </remarks>
public sealed class CommandCatalog
{
    private readonly Dictionary<string, Contract> _contracts;

    private CommandCatalog(Dictionary<string, Contract> contracts) => _contracts = contracts;

    /// <summary>The names of the commands.</summary>
    public IReadOnlyCollection<string> Names => _contracts.Keys;

    internal bool Has(string name) => _contracts.ContainsKey(name);

    internal CallOnWire Encode(CallMessage message) => Of(message.Call.Name).Encode(message);

    internal CallMessage Decode(in CallOnWire wire) => new(
        wire.Number, Grains.Journal.JournalId.Parse(wire.Grain), Of(wire.Command).Decode(wire));

    internal AnswerOnWire Encode(CallAnswer answer, string command) => Of(command).Encode(answer);

    internal CallAnswer Decode(in AnswerOnWire wire) => wire.Kind > 1
        ? new CallFailure(WireFailure.Decode(wire))
        : Of(wire.Command ?? "").Decode(wire);

    private Contract Of(string name) => _contracts.TryGetValue(name, out var contract)
        ? contract
        : throw new InvariantException("Each command that is asked in a cluster is in the catalogue.");

    /// <summary>Collects the contracts.</summary>
    public sealed class Builder
    {
        private readonly Dictionary<string, Contract> _contracts = new(StringComparer.Ordinal);

        /// <param name="command">How the command is written.</param>
        /// <param name="answer">How its answer is.</param>
        /// <param name="bytes">The part of a command that travels apart, if it has one.</param>
        /// <param name="with">Puts that part in, or takes it out.</param>
        /// <exception cref="ArgumentException">There is a command of this name already.</exception>
        public Builder Add<TState, TEvent, TAnswer, TCommand>(
            JsonTypeInfo<TCommand> command,
            JsonTypeInfo<TAnswer> answer,
            Func<TCommand, ReadOnlyMemory<byte>>? bytes = null,
            Func<TCommand, ReadOnlyMemory<byte>, TCommand>? with = null)
            where TState : class
            where TEvent : class
            where TCommand : Command<TState, TEvent, TAnswer>
        {
            _contracts.Add(typeof(TCommand).Name, new Contract<TState, TEvent, TAnswer, TCommand>(command, answer, bytes, with));
            return this;
        }

        public CommandCatalog Build() => new(_contracts);
    }

    internal abstract class Contract
    {
        public abstract CallOnWire Encode(CallMessage message);

        public abstract CommandCall Decode(in CallOnWire wire);

        public abstract AnswerOnWire Encode(CallAnswer answer);

        public abstract CallAnswer Decode(in AnswerOnWire wire);
    }

    private sealed class Contract<TState, TEvent, TAnswer, TCommand>(
        JsonTypeInfo<TCommand> command,
        JsonTypeInfo<TAnswer> answer,
        Func<TCommand, ReadOnlyMemory<byte>>? bytes,
        Func<TCommand, ReadOnlyMemory<byte>, TCommand>? with) : Contract
        where TState : class
        where TEvent : class
        where TCommand : Command<TState, TEvent, TAnswer>
    {
        private const int Answered = 0;
        private const int Refused = 1;

        public override CallOnWire Encode(CallMessage message)
        {
            var call = (CommandCall<TState, TEvent, TAnswer>)message.Call;
            var what = (TCommand)call.Command;
            var content = bytes?.Invoke(what);
            if (content is not null && with is not null)
                what = with(what, default);
            return new CallOnWire
            {
                Number = message.Number,
                Grain = message.Grain.Value,
                Command = call.Name,
                Body = JsonSerializer.SerializeToUtf8Bytes(what, command),
                Content = content is { } memory ? Whole(memory) : null,
            };
        }

        public override CommandCall Decode(in CallOnWire wire)
        {
            var what = JsonSerializer.Deserialize(wire.Body, command)
                ?? throw new FormatException("A call between silos holds a command.");
            if (wire.Content is { } content && with is not null)
                what = with(what, content);
            return new CommandCall<TState, TEvent, TAnswer>(what);
        }

        public override AnswerOnWire Encode(CallAnswer sent)
        {
            var result = ((CallAnswer<TAnswer>)sent).Result;
            return result.Refusal is { } refusal
                ? Make(Refused, JsonSerializer.SerializeToUtf8Bytes(refusal, WireJson.Default.Refusal))
                : Make(Answered, JsonSerializer.SerializeToUtf8Bytes(result.Answer!, answer)); // ! no refusal means an answer
        }

        public override CallAnswer Decode(in AnswerOnWire wire) => new CallAnswer<TAnswer>(
            typeof(TCommand).Name,
            wire.Kind == Refused
                ? new TurnResult<TAnswer>(default, JsonSerializer.Deserialize(wire.Body, WireJson.Default.Refusal))
                : new TurnResult<TAnswer>(JsonSerializer.Deserialize(wire.Body, answer), null));

        private static AnswerOnWire Make(int kind, byte[] body) =>
            new() { Kind = kind, Command = typeof(TCommand).Name, Body = body };

        private static byte[] Whole(ReadOnlyMemory<byte> bytes) =>
            System.Runtime.InteropServices.MemoryMarshal.TryGetArray(bytes, out var array)
            && array.Array is { } whole && array.Offset == 0 && array.Count == whole.Length
                ? whole
                : bytes.ToArray();
    }
}
