using Dalle2.Training.Ranks.Mpi;

namespace Dalle2.Tests.Ranks;

public class MpiLauncherTests
{
    [TestCase("PMI_RANK=2 PMI_SIZE=4 PMI_FD=8 MPI_LOCALRANKID=2", "Mpich", 2, 4)]
    [TestCase("OMPI_COMM_WORLD_RANK=1 OMPI_COMM_WORLD_SIZE=3 PMIX_RANK=1", "OpenMpi", 1, 3)]
    [TestCase("SLURM_PROCID=5 SLURM_STEP_NUM_TASKS=8 PMI_RANK=5 PMI_SIZE=8 PMI_FD=3", "Mpich OpenMpi", 5, 8)]
    [TestCase("SLURM_PROCID=5 SLURM_STEP_NUM_TASKS=8 PMIX_RANK=5", "OpenMpi Mpich", 5, 8)]
    [TestCase("SLURM_PROCID=5 SLURM_STEP_NUM_TASKS=8", "Mpich OpenMpi", 5, 8)]
    public void Is_known_by_what_it_leaves_in_the_environment(string variables, string flavors, int rank, int size)
    {
        MpiLauncher launcher = Find(variables)!;
        Assert.That(string.Join(' ', launcher.Flavors), Is.EqualTo(flavors));
        Assert.That((launcher.Rank, launcher.Size), Is.EqualTo(((int?)rank, (int?)size)));
    }

    [TestCase("PATH=/bin")]
    [TestCase("SLURM_PROCID=0 SLURM_NTASKS=8")]
    public void Is_none_where_nothing_was_launched(string variables) => Assert.That(Find(variables), Is.Null);

    [TestCase("MPICH Version:\t4.0.2\nMPICH Release date:\tThu Apr  7", "MPICH 4.0.2")]
    [TestCase("Open MPI v4.1.4, package: Debian OpenMPI, ident: 4.1.4", "Open MPI 4.1.4")]
    [TestCase("Intel(R) MPI Library 2021.9 for Linux* OS\n\0", "Intel(R) MPI Library 2021.9 for Linux* OS")]
    public void A_library_is_described_in_a_few_words(string version, string words) =>
        Assert.That(MpiLibrary.Describe(version), Is.EqualTo(words));

    static MpiLauncher? Find(string variables)
    {
        var read = variables.Split(' ').Select(entry => entry.Split('=')).ToDictionary(entry => entry[0], entry => entry[1]);
        return MpiLauncher.Find(read.GetValueOrDefault);
    }
}
