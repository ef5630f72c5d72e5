namespace Dalle2.Training.Ranks.Mpi;

/// <summary>The two binary interfaces that MPI libraries have.</summary>
public enum MpiFlavor
{
    /// <summary>That of MPICH, Intel MPI, MVAPICH, Cray MPICH and MS-MPI: handles are 32-bit numbers.</summary>
    Mpich,

    /// <summary>That of Open MPI: handles are addresses.</summary>
    OpenMpi,
}
