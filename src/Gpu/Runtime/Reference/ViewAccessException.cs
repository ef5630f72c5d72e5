namespace Dalle2.Gpu.Runtime.Reference;

/// <summary>A kernel reached outside of a view.</summary>
sealed class ViewAccessException(string message) : Exception(message);
