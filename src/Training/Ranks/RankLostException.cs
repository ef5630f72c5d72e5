namespace Dalle2.Training.Ranks;

/// <summary>A rank is gone, and what is waited for never comes.</summary>
public sealed class RankLostException(string message) : Exception(message);
