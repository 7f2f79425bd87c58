namespace HealthGrains.PostgreSql.Migrating;

/// <summary>One step of the schema. A released one is never edited: a change is a further number.</summary>
/// <param name="Number">From 1, dense.</param>
/// <param name="What">A few words for the table <c>migration</c> and for a dry run.</param>
/// <param name="Text">Statements, run in one transaction with everything else that is missing.</param>
public sealed record Migration(int Number, string What, string Text);
