namespace Dalle2.Training.Runs;

/// <summary>Marks a setting that names a file or a folder.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class FilePathAttribute : Attribute;
