using Dalle2.Export.Graphs;
using Dalle2.Tests.Data;
using Microsoft.ML.OnnxRuntime;

namespace Dalle2.Tests.Export;

/// <summary>Runs an ONNX model by ONNX Runtime.</summary>
static class OnnxSession
{
    public static Dictionary<string, float[]> Run(Graph graph, params (string Name, Array Values, int[] Extents)[] inputs)
    {
        using var folder = new TemporaryFolder();
        string file = folder["graph.onnx"];
        graph.Save(file, "test");
        return Run(file, inputs);
    }

    public static Dictionary<string, float[]> Run(string file, params (string Name, Array Values, int[] Extents)[] inputs)
    {
        using var session = new InferenceSession(file);
        Assert.That(session.InputNames, Is.EqualTo(inputs.Select(input => input.Name)));
        Dictionary<string, OrtValue> values = inputs.ToDictionary(input => input.Name, input =>
        {
            long[] extents = [.. input.Extents.Select(extent => (long)extent)];
            return input.Values is float[] floats ? OrtValue.CreateTensorValueFromMemory(floats, extents)
                : OrtValue.CreateTensorValueFromMemory((long[])input.Values, extents);
        });
        using var options = new RunOptions();
        using IDisposableReadOnlyCollection<OrtValue> results = session.Run(options, values, session.OutputNames);
        var outputs = session.OutputNames.Zip(results)
            .ToDictionary(pair => pair.First, pair => pair.Second.GetTensorDataAsSpan<float>().ToArray());
        foreach (OrtValue value in values.Values)
            value.Dispose();
        return outputs;
    }
}
