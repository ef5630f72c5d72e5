namespace Dalle2.Export.Graphs;

/// <summary>What flows along an edge of a graph. Values of four axes are maps and have the order <c>[batch, channels, height, width]</c> of ONNX's convolutions.</summary>
/// <param name="Name">Its name, which no other value of the graph has.</param>
/// <param name="Rank">Its axes.</param>
readonly record struct Value(string Name, int Rank);
