namespace Dalle2.Data.Pictures;

/// <summary>A file is not the picture it says it is. The message says what is wrong, without the path: the caller knows it.</summary>
public sealed class ImageFormatException(string message, Exception? inner = null) : Exception(message, inner);
