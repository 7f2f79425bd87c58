using HealthGrains.Domain.Patients;
using HealthGrains.Domain.Turns;
using Xunit;

namespace HealthGrains.EndToEnd.Tests.House;

/// <summary>The cluster engine is not built by default; what it must know of each command is held here all the same.</summary>
public sealed class ClusterCommandTests
{
    private const string Catalogue = "src/HealthGrains.Orleans/Calls/ProductCommands.cs";
    private const string Contracts = "src/HealthGrains.Orleans/Calls/WireJson.cs";

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

    private static bool IsCommand(Type type)
    {
        for (var at = type.BaseType; at is not null; at = at.BaseType)
        {
            if (at.IsGenericType && at.GetGenericTypeDefinition() == typeof(Command<,,>))
                return true;
        }

        return false;
    }
}
