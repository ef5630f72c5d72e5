namespace Dalle2.Data;

/// <summary>
/// Something a person gave cannot be used: a flag, a file, a caption, a checkpoint, a prompt, a device.
/// The message is shown as it is, so it says what was wrong, where, and what to do. Exit code 2.
/// </summary>
public sealed class UserInputException(string message, Exception? inner = null) : Exception(message, inner);
