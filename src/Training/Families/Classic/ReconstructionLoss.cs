namespace Dalle2.Training.Families.Classic;

/// <summary>How a drawn picture is compared with the true one.</summary>
public enum ReconstructionLoss
{
    /// <summary>Binary cross-entropy of each channel's logit.</summary>
    BinaryCrossEntropy,

    /// <summary>Squared error of each channel.</summary>
    SquaredError,
}
