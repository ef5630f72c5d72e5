using System.Globalization;

namespace Dalle2.Training.Ranks.Mpi;

/// <summary>What started this process as one of several ranks, as the environment tells before MPI is loaded.</summary>
/// <param name="Flavors">The kinds of library that can find the other ranks then, the likeliest first.</param>
/// <param name="Rank">The number of this rank; null if it is not told.</param>
/// <param name="Size">How many ranks there are; null if it is not told.</param>
public sealed record MpiLauncher(IReadOnlyList<MpiFlavor> Flavors, int? Rank, int? Size)
{
    /// <summary>The launcher; null if the process was started without one.</summary>
    public static MpiLauncher? Find() => Find(Environment.GetEnvironmentVariable);

    internal static MpiLauncher? Find(Func<string, string?> read)
    {
        bool Has(string name) => !string.IsNullOrEmpty(read(name));
        int? Number(string name) => int.TryParse(read(name), NumberStyles.None, CultureInfo.InvariantCulture, out int value) ? value : null;
        if (Has("OMPI_COMM_WORLD_SIZE"))
            return new MpiLauncher([MpiFlavor.OpenMpi], Number("OMPI_COMM_WORLD_RANK"), Number("OMPI_COMM_WORLD_SIZE"));
        bool slurm = Has("SLURM_PROCID");
        if (Has("PMI_RANK") || Has("PMI_FD") || Has("PMI_SIZE") || Has("MPI_LOCALRANKID"))
        {
            // Of Slurm's own launcher both kinds of library understand this.
            MpiFlavor[] flavors = slurm ? [MpiFlavor.Mpich, MpiFlavor.OpenMpi] : [MpiFlavor.Mpich];
            return new MpiLauncher(flavors, Number("PMI_RANK"), Number("PMI_SIZE"));
        }

        // A Slurm script runs with its variables too, but is a step of one task.
        int? tasks = slurm ? Number("SLURM_STEP_NUM_TASKS") : null;
        if (Has("PMIX_RANK"))
            return new MpiLauncher([MpiFlavor.OpenMpi, MpiFlavor.Mpich], Number("PMIX_RANK"), tasks);
        return tasks > 1 ? new MpiLauncher([MpiFlavor.Mpich, MpiFlavor.OpenMpi], Number("SLURM_PROCID"), tasks) : null;
    }
}
