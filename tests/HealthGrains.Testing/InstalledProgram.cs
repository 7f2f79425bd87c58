namespace HealthGrains.Testing;

/// <summary>Finds programs that a distribution keeps in a folder for each version.</summary>
public static class InstalledProgram
{
    /// <param name="path">As in <c>/usr/lib/postgresql/*/bin/initdb</c>; at most one folder is <c>*</c>.</param>
    /// <returns>The path of the last one in the order of the folders' names, null if there is none.</returns>
    public static string? Find(string? path)
    {
        if (path is null)
            return null;
        if (path.Split("/*/") is not [var above, var below])
            return File.Exists(path) ? path : null;
        return Directory.Exists(above)
            ? Directory.GetDirectories(above).Order(StringComparer.Ordinal).Select(folder => Path.Combine(folder, below))
                .LastOrDefault(File.Exists)
            : null;
    }
}
