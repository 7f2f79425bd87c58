using System.ComponentModel;
using Xunit;
using Xunit.Abstractions;
using Xunit.Sdk;

namespace HealthGrains.Testing;

/// <summary>A fact of a suite. It runs once for each class that enrols; where the class wants an environment that is not
/// there (<see cref="RequiresEnvironmentAttribute"/>) it is a skipped row with its reason.</summary>
[XunitTestCaseDiscoverer("HealthGrains.Testing.SuiteFactDiscoverer", "HealthGrains.Testing")]
[AttributeUsage(AttributeTargets.Method)]
public sealed class SuiteFactAttribute : FactAttribute;

/// <summary>Says which environment variable an enrolment needs. In continuous integration (<c>CI</c> is set) a missing one
/// is no excuse: the tests run, and fail.</summary>
[AttributeUsage(AttributeTargets.Class)]
public sealed class RequiresEnvironmentAttribute(string variable) : Attribute
{
    public string Variable { get; } = variable;

    /// <summary>A program that serves instead, if it is there; one folder of its path may be <c>*</c>. Null for none.</summary>
    public string? OrProgram { get; set; }
}

/// <summary>Makes the test cases of <see cref="SuiteFactAttribute"/>.</summary>
public sealed class SuiteFactDiscoverer(IMessageSink diagnosticMessages) : IXunitTestCaseDiscoverer
{
    public IEnumerable<IXunitTestCase> Discover(
        ITestFrameworkDiscoveryOptions discoveryOptions, ITestMethod testMethod, IAttributeInfo factAttribute) =>
        [
            new SuiteTestCase(
                diagnosticMessages,
                discoveryOptions.MethodDisplayOrDefault(),
                discoveryOptions.MethodDisplayOptionsOrDefault(),
                testMethod),
        ];
}

/// <summary>A fact that is skipped by what its class asks for.</summary>
public sealed class SuiteTestCase : XunitTestCase
{
    [EditorBrowsable(EditorBrowsableState.Never)]
    [Obsolete("For the test framework, which makes it again from its serialized form.")]
    public SuiteTestCase()
    {
    }

    public SuiteTestCase(
        IMessageSink diagnosticMessages, TestMethodDisplay display, TestMethodDisplayOptions options, ITestMethod method)
        : base(diagnosticMessages, display, options, method)
    {
    }

    protected override string? GetSkipReason(IAttributeInfo factAttribute)
    {
        var required = TestMethod.TestClass.Class.GetCustomAttributes(typeof(RequiresEnvironmentAttribute)).SingleOrDefault();
        var variable = required?.GetNamedArgument<string>(nameof(RequiresEnvironmentAttribute.Variable));
        var program = required?.GetNamedArgument<string>(nameof(RequiresEnvironmentAttribute.OrProgram));
        return variable is null || IsSet(variable) || IsSet("CI") || InstalledProgram.Find(program) is not null
            ? base.GetSkipReason(factAttribute)
            : $"The environment variable {variable} is not set.";
    }

    private static bool IsSet(string variable) => !string.IsNullOrEmpty(Environment.GetEnvironmentVariable(variable));
}
