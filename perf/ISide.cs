using System.Text.Json.Nodes;

namespace Dalle2.Perf;

/// <summary>One side of a comparison: answers requests, one at a time. <c>peers/torch_peer.py</c> lists them.</summary>
interface ISide : IDisposable
{
    /// <summary>The answer to a request.</summary>
    /// <exception cref="SideFailedException">The side cannot do it; the message says why.</exception>
    JsonObject Ask(JsonObject request);
}

/// <summary>A side of a comparison failed, or cannot be had.</summary>
sealed class SideFailedException(string message) : Exception(message);
