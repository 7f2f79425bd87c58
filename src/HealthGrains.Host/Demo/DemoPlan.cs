using HealthGrains.Synthetic;

namespace HealthGrains.Host.Demo;

/// <summary>Who takes part in a demonstration, who follows whom, and what is sent: all of it drawn from a seed.</summary>
internal sealed class DemoPlan
{
    private const int Organizations = 5;
    private const int FollowersOfOneMax = 3;

    private DemoPlan(SyntheticDocuments documents, int patients, int professionals, int count)
    {
        Documents = [.. Enumerable.Range(0, count).Select(i => documents.Generate(i))];
        Patients = [.. Enumerable.Range(0, patients).Select(documents.Population.Person)];
        Professionals = [.. Enumerable.Range(0, professionals).Select(documents.Population.Professional)];

        // One to three followers each, so that nobody is told everything and somebody is told of everybody.
        Followers = [.. Patients.Select(patient => Enumerable.Range(0, 1 + (patient.Index % FollowersOfOneMax))
            .Select(i => (patient.Index + (i * 7)) % professionals).Distinct().ToArray())];
    }

    public IReadOnlyList<SyntheticDocument> Documents { get; }

    public IReadOnlyList<SyntheticPerson> Patients { get; }

    public IReadOnlyList<SyntheticProfessional> Professionals { get; }

    /// <summary>By patient: the indices of the professionals who follow.</summary>
    public IReadOnlyList<int[]> Followers { get; }

    /// <summary>What must be told in all: each document to its patient and to each follower.</summary>
    public int Deliveries => Documents.Sum(document => 1 + Followers[document.Person.Index].Length);

    public static DemoPlan Make(ulong seed, int patients, int professionals, int documents) => new(
        new SyntheticDocuments(new SyntheticOptions { Seed = seed, Patients = patients, Organizations = Organizations }),
        patients, professionals, documents);
}
