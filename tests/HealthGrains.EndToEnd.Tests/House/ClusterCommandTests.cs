using HealthGrains.Domain.Actors;
using HealthGrains.Domain.Delegates;
using HealthGrains.Domain.Patients;
using HealthGrains.Domain.Turns;
using Xunit;

namespace HealthGrains.EndToEnd.Tests.House;

/// <summary>The cluster engine is not built by default; what it must know of each command is held here all the same.</summary>
public sealed class ClusterCommandTests
{
    private const string Catalogue = "src/HealthGrains.Orleans/Calls/ProductCommands.cs";
    private const string Contracts = "src/HealthGrains.Orleans/Calls/WireJson.cs";

    private const string Converters = "src/HealthGrains.Orleans/Calls/WireText.cs";

    private static readonly Dictionary<string, string> Pairs = new(StringComparer.Ordinal)
    {
        [typeof(KeyValuePair<string, DateTimeOffset>).ToString()] = "BlockText",
        [typeof(KeyValuePair<string, Actor>).ToString()] = "BlockerText",
        [typeof((Delegation, DelegationStatus)).ToString()] = "DelegationText",
    };

    public static TheoryData<string> Commands => [.. typeof(PatientState).Assembly.GetTypes()
        .Where(type => !type.IsAbstract && IsCommand(type)).Select(type => type.Name).Order(StringComparer.Ordinal)];

    [Theory]
    [MemberData(nameof(Commands))]
    public void Every_command_can_cross_silos(string command)
    {
        // Twice would end the start of every silo.
        Assert.Equal(2, Pages.Read(Catalogue).Split($" {command}>(").Length);
        Assert.Equal(2, Pages.Read(Contracts).Split($"[JsonSerializable(typeof({command}))]").Length);
    }

    /// <summary>What crosses machines is data: a delegate or a stream in a command would work until the patient lives on another
    /// silo.</summary>
    [Theory]
    [MemberData(nameof(Commands))]
    public void Every_command_is_plain_data(string command)
    {
        var type = typeof(PatientState).Assembly.GetTypes().Single(type => type.Name == command && IsCommand(type));
        Assert.DoesNotContain(type.GetProperties(), property =>
            property.PropertyType.IsSubclassOf(typeof(Delegate)) || property.PropertyType.IsSubclassOf(typeof(Stream)));
    }

    /// <summary>What has fields alone, or properties that nobody can set, is written empty between silos unless a converter writes
    /// it: each pair and tuple in a command or an answer has one.</summary>
    [Fact]
    public void Every_pair_that_crosses_silos_has_a_converter()
    {
        var seen = new HashSet<Type>();
        foreach (var command in typeof(PatientState).Assembly.GetTypes().Where(type => !type.IsAbstract && IsCommand(type)))
        {
            Walk(command, seen);
            Walk(AnswerOf(command)!, seen); // ! it is a command
        }

        Assert.Equal(Pairs.Keys.Order(StringComparer.Ordinal), seen.Where(IsPair).Select(type => type.ToString()).Order(StringComparer.Ordinal));
        var converters = Pages.Read(Converters);
        var used = Pages.Read(Contracts);
        Assert.All(Pairs.Values, converter =>
        {
            Assert.Contains($"class {converter} : JsonConverter<", converters, StringComparison.Ordinal);
            Assert.Contains($"typeof({converter})", used, StringComparison.Ordinal);
        });
    }

    private static void Walk(Type type, HashSet<Type> seen)
    {
        if (type.Namespace is not { } space || type.IsEnum || !seen.Add(type))
            return;
        foreach (var argument in type.GetGenericArguments())
            Walk(argument, seen);
        if (type.GetElementType() is { } element)
            Walk(element, seen);
        if (!space.StartsWith("HealthGrains", StringComparison.Ordinal))
            return;
        foreach (var property in type.GetProperties().Where(property => property.SetMethod is not null))
            Walk(property.PropertyType, seen);
    }

    private static bool IsPair(Type type) => type.IsGenericType
        && (type.Name.StartsWith("ValueTuple`", StringComparison.Ordinal) || type.GetGenericTypeDefinition() == typeof(KeyValuePair<,>));

    private static bool IsCommand(Type type) => AnswerOf(type) is not null;

    private static Type? AnswerOf(Type type)
    {
        for (var at = type.BaseType; at is not null; at = at.BaseType)
        {
            if (at.IsGenericType && at.GetGenericTypeDefinition() == typeof(Command<,,>))
                return at.GetGenericArguments()[2];
        }

        return null;
    }
}
